"""One daemon thread a process and app, for what must not cost a request: polling ends, writing activity."""

from __future__ import annotations

import atexit
import functools
import logging
import math
import os
import threading
import time
import weakref
from collections.abc import Callable, Sequence

from ..errors import DatabaseUnavailable, NotReady

logger = logging.getLogger("kakao_login.store")


# Seconds that a beat may take, at the end as well: a database that hangs must not hold up a shutdown.
_LONGEST_BEAT = 5
_INTERVALS_TO_HANG = 5


class Heartbeat:
    """Calls ``tasks`` every ``interval`` seconds from the first ``start`` on."""

    def __init__(self, interval: float, tasks: Sequence[Callable[[], None]]) -> None:
        self._interval = interval
        self._tasks = tuple(tasks)
        self._stop = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._pid: int | None = None
        self._failing = False
        self._overdue_at = math.inf
        """When the beat under way counts as hanging, by the monotonic clock."""
        self._at_exit: Callable[[], None] = functools.partial(_at_exit, weakref.WeakMethod(self.stop))

    def start(self) -> None:
        """Start the thread if this process has none: a forked worker does not inherit its parent's.

        One that hangs, as on a connection whose other end is gone, is given up.
        """
        if self._is_running():
            return
        with self._starting:
            if not self._is_running():
                self._run()

    def _is_running(self) -> bool:
        return self._pid == os.getpid() and time.monotonic() < self._overdue_at

    def stop(self) -> None:
        """End the thread and do the tasks a last time, so that a shutdown loses no note."""
        is_hanging = time.monotonic() >= self._overdue_at
        self._pid = None
        atexit.unregister(self._at_exit)
        self._stop.set()
        # A beat under way holds a connection, which whoever closes the database next would cut.
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(0 if is_hanging else _LONGEST_BEAT)
        # What hung once would hang here, too, and a note that gets lost costs nothing but a later one.
        if not is_hanging:
            self.beat()

    def beat(self) -> None:
        """Do every task once; a database that is away is told once and tried again at the next beat."""
        self._overdue_at = time.monotonic() + max(_LONGEST_BEAT, _INTERVALS_TO_HANG * self._interval)
        failing = False in [_succeeds(task) for task in self._tasks]
        if failing != self._failing:
            logger.warning("The database is %s for the background tasks.", "away" if failing else "back")
        self._failing = failing
        self._overdue_at = math.inf

    def _run(self) -> None:
        if self._pid == os.getpid():
            logger.warning("A background task hangs; it is given up, and another thread goes on.")
            self._stop.set()
        self._stop, self._overdue_at = threading.Event(), math.inf
        beat, interval, stop = weakref.WeakMethod(self.beat), self._interval, self._stop
        self._thread = threading.Thread(target=_loop, args=(beat, interval, stop), name="kakao-login", daemon=True)
        self._thread.start()
        self._pid = os.getpid()
        atexit.unregister(self._at_exit)
        atexit.register(self._at_exit)


def _succeeds(task: Callable[[], None]) -> bool:
    try:
        task()
    except (DatabaseUnavailable, NotReady):
        return False
    except Exception:
        # A bug in one task must not keep the others from being done: who stops polling misses every end.
        logger.exception("A background task failed.")
    return True


def _loop(beat: weakref.WeakMethod[Callable[[], None]], interval: float, stop: threading.Event) -> None:
    # Weakly held, so that an app that nobody uses any more takes its thread along.
    while not stop.wait(interval):
        call = beat()
        if call is None:
            return
        call()
        del call


def _at_exit(stop: weakref.WeakMethod[Callable[[], None]]) -> None:
    call = stop()
    if call is not None:
        call()
