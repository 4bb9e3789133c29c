"""How many threads wait for Kakao: any number while it answers in its usual time, and four while it does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent import futures
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from threading import Lock
from time import monotonic
from typing import Any, ParamSpec, TypeVar

from ..errors import KakaoUnavailable
from ..threads import Helpers
from .processes import PerProcess

P = ParamSpec("P")
T = TypeVar("T")

USUAL = 1.0
"""Seconds within which Kakao answers."""
MOST_PATIENT = 4
TOO_MANY = "too many are waiting"
LAPSE = 5.0
"""Seconds after which nobody knows any more whether Kakao is still slow."""
GRACE = 0.25
"""Seconds that a call gets beyond its timeout to tell by itself how it ended."""


class Patience:
    """Runs calls and waits for them, but not with all threads of a worker; safe to share between threads.

    An endpoint is slow for a few seconds from the moment that a call there was given up, or until one is back in
    time.  A call that is only late says little: it may be this process that had no time to read the answer.
    """

    def __init__(self, timeout: float) -> None:
        """``timeout`` is the number of seconds after which a call ends by itself."""
        self._timeout = timeout
        self._queue = PerProcess(_Queue)

    def run(self, endpoint: str, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Give what ``call`` gives, or raise what it raises.

        Raises ``KakaoUnavailable`` if four wait already while ``endpoint`` is slow, or if ``call`` takes too long.
        A call that nobody waits for any more goes on until its own deadline, unheard.
        """
        queue = self._queue()
        with queue.place(endpoint):
            # A thread of its own is the one way to let go of a name look-up or a TLS handshake as well.
            future = queue.helpers.start(lambda: call(*args, **kwargs))
            if _ends_within(USUAL, future):
                queue.find_usual(endpoint)
            else:
                with queue.place_of_the_patient(endpoint):
                    if not _ends_within(self._timeout + GRACE - USUAL, future):
                        raise KakaoUnavailable("no answer in time")
                    return future.result()
        return future.result()


class _Queue:
    """The threads of one process that wait for Kakao."""

    def __init__(self) -> None:
        self.helpers = Helpers("kakao-call")
        self._lock = Lock()
        self._waiting: Counter[str] = Counter()
        self._patient: Counter[str] = Counter()
        self._slow_until: dict[str, float] = {}

    @contextmanager
    def place(self, endpoint: str) -> Iterator[None]:
        """Count among those who wait for ``endpoint``; raises ``KakaoUnavailable`` if that would be too many."""
        with self._lock:
            # Endpoints that are slow share the four, or together they would hold all threads.
            slow = [name for name, until in self._slow_until.items() if monotonic() < until]
            waiting = sum(map(self._waiting.__getitem__, slow)) if endpoint in slow else self._patient[endpoint]
            if waiting >= MOST_PATIENT:
                raise KakaoUnavailable(TOO_MANY)
            self._waiting[endpoint] += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiting[endpoint] -= 1

    @contextmanager
    def place_of_the_patient(self, endpoint: str) -> Iterator[None]:
        """Count among those who wait longer than usual; raises ``KakaoUnavailable`` if there are four."""
        with self._lock:
            if self._patient.total() >= MOST_PATIENT:
                self._slow_until[endpoint] = monotonic() + LAPSE
                raise KakaoUnavailable(TOO_MANY)
            self._patient[endpoint] += 1
        try:
            yield
        except KakaoUnavailable:
            with self._lock:
                self._slow_until[endpoint] = monotonic() + LAPSE
            raise
        finally:
            with self._lock:
                self._patient[endpoint] -= 1

    def find_usual(self, endpoint: str) -> None:
        """Take note that ``endpoint`` answered in time."""
        with self._lock:
            self._slow_until.pop(endpoint, None)


def _ends_within(seconds: float, future: Future[Any]) -> bool:
    with suppress(futures.TimeoutError):
        future.exception(seconds)
    return future.done()
