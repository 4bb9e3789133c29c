"""Work that may hang, done by a thread of its own, so that whoever needs the outcome can stop waiting for it.

The threads are daemons: a worker that is told to end waits for none of them, as it would for those of an executor.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")
_IDLE = 30.0
"""Seconds after which a thread that nobody needs ends."""


def start(work: Callable[[], T], name: str) -> Future[T]:
    """Start ``work`` in a thread called ``name`` and give what will be its outcome."""
    outcome: Future[T] = Future()
    Thread(target=_settle, args=(outcome, work), name=name, daemon=True).start()
    return outcome


class Helpers:
    """As many threads as there is work at a time, each used again: a new one costs a TLS call half a millisecond.

    They belong to the process that made them, and a child must make its own.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._idle: list[SimpleQueue[Callable[[], None]]] = []

    def start(self, work: Callable[[], T]) -> Future[T]:
        """Have ``work`` done and give what will be its outcome."""
        outcome: Future[T] = Future()
        self._give(lambda: _settle(outcome, work))
        return outcome

    def _give(self, job: Callable[[], None]) -> None:
        try:
            # Taking and putting back at the end are each one step, so that no two can get the same.
            jobs = self._idle.pop()
        except IndexError:
            jobs = SimpleQueue()
            Thread(target=self._serve, args=(jobs,), name=self._name, daemon=True).start()
        jobs.put(job)

    def _serve(self, jobs: SimpleQueue[Callable[[], None]]) -> None:
        while (job := self._next(jobs)) is not None:
            job()
            # What it holds, a code or a token perhaps, must not outlive it while the thread is idle.
            del job
            self._idle.append(jobs)

    def _next(self, jobs: SimpleQueue[Callable[[], None]]) -> Callable[[], None] | None:
        try:
            return jobs.get(timeout=_IDLE)
        except Empty:
            return None if self._leaves(jobs) else jobs.get()

    def _leaves(self, jobs: SimpleQueue[Callable[[], None]]) -> bool:
        """Tell whether this thread can go; not if somebody has just taken it to give it work."""
        try:
            self._idle.remove(jobs)
        except ValueError:
            return False
        return True


def _settle(outcome: Future[Any], work: Callable[[], Any]) -> None:
    try:
        outcome.set_result(work())
    except BaseException as error:  # noqa: BLE001
        # Nothing is swallowed: it is raised where the outcome is asked for, and kept here it would leave that one
        # waiting for ever.
        outcome.set_exception(error)
