"""Keeps apart what a parent process and its children hold, for servers that load the app and then fork."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class PerProcess(Generic[T]):
    """Makes a value once a process, for what must not outlive a fork: locks, connections, counts of threads.

    The process is told by its id when the value is used, since uWSGI calls nobody when it forks.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        """``make`` gives a new value; the first is made when it is asked for."""
        self._make = make
        self._made: dict[int, T] = {}

    def __call__(self) -> T:
        """Give this process's value."""
        pid = os.getpid()
        # What the parent made is kept and left alone: even to close it might wait for a lock that nobody releases.
        return self._made[pid] if pid in self._made else self._made.setdefault(pid, self._make())
