"""Asking a database that may have gone silent: where the other end of a connection is gone, no answer ever comes.

Not every driver knows a bound on time, so a thread of its own does the asking, and the request waits for it no
longer than it may.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import TimeoutError as TooLate
from typing import TypeVar

from ..errors import DatabaseUnavailable
from ..threads import start

logger = logging.getLogger("kakao_login.store")

T = TypeVar("T")
LONGEST_WAIT = 2.0
"""Seconds that a request waits for an answer of the database."""
_REST = 5.0


class Bounded:
    """Asks the database and waits ``LONGEST_WAIT`` seconds at most.

    ``give_up`` is called when that was in vain, so that the next question gets a connection which does not hang.
    """

    def __init__(self, give_up: Callable[[], None]) -> None:
        self._give_up = give_up
        self._lock = threading.Lock()
        self._is_silent = False
        self._rests_until = 0.0

    def __call__(self, ask: Callable[[], T]) -> T:
        """Give what ``ask`` gives; raises ``DatabaseUnavailable`` where the answer comes too late.

        Whoever was waited for in vain may hang for minutes, and there must not be one more of them with every
        request: while the database is silent, one request tries every few seconds and the others fail at once.
        """
        self._take_turn()
        answer = start(ask, "kakao-login-ask")
        try:
            answer.exception(LONGEST_WAIT)
        except TooLate:
            self._find_silent()
            raise DatabaseUnavailable from None
        # An error that came in time is no silence either.
        self._is_silent, self._rests_until = False, 0.0
        return answer.result()

    def _take_turn(self) -> None:
        with self._lock:
            now = time.monotonic()
            if now < self._rests_until:
                raise DatabaseUnavailable
            if self._is_silent:
                self._rests_until = now + LONGEST_WAIT + _REST

    def _find_silent(self) -> None:
        with self._lock:
            is_news, self._is_silent = not self._is_silent, True
            self._rests_until = time.monotonic() + _REST
        self._give_up()
        if is_news:
            logger.warning("The database has not answered within %g seconds.", LONGEST_WAIT)
