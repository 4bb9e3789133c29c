"""Work that may hang, done by a thread of its own, so that whoever needs the outcome can stop waiting for it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def start(work: Callable[[], T], name: str) -> Future[T]:
    """Start ``work`` in a thread called ``name`` and give what will be its outcome.

    The thread is a daemon: a worker that is told to end waits for none.  An executor's threads are no daemons.
    """
    outcome: Future[T] = Future()
    Thread(target=_settle, args=(outcome, work), name=name, daemon=True).start()
    return outcome


def _settle(outcome: Future[T], work: Callable[[], T]) -> None:
    try:
        outcome.set_result(work())
    except BaseException as error:  # noqa: BLE001
        # Nothing is swallowed: it is raised where the outcome is asked for, and kept here it would leave that one
        # waiting for ever.
        outcome.set_exception(error)
