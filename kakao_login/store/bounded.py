"""Asking a database that may have gone silent: where the other end of a connection is gone, no answer ever comes.

Not every driver knows a bound on time, so a thread of its own does the asking, and the request waits for it no
longer than it may.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate

from ..errors import DatabaseUnavailable

logger = logging.getLogger("kakao_login.store")

LONGEST_WAIT = 2.0
"""Seconds that a request waits for an answer of the database."""
_REST = 5.0


class Bounded:
    """Calls ``call``, which asks the database, and waits ``LONGEST_WAIT`` seconds at most."""

    def __init__(self, call: Callable[[], None], *, wait: float = LONGEST_WAIT) -> None:
        self._call = call
        self._wait = wait
        self._rests_until = 0.0

    def __call__(self) -> None:
        """Raise ``DatabaseUnavailable`` where the answer comes too late, and at once for a few seconds after that.

        Whoever was waited for in vain may hang for minutes; there must not be one more of them with every request.
        """
        if time.monotonic() < self._rests_until:
            raise DatabaseUnavailable
        answer: Future[None] = Future()
        threading.Thread(target=_settle, args=(answer, self._call), name="kakao-login-ask", daemon=True).start()
        try:
            answer.result(self._wait)
        except TooLate:
            self._rests_until = time.monotonic() + _REST
            logger.warning("The database has not answered within %g seconds.", self._wait)
            raise DatabaseUnavailable from None


def _settle(answer: Future[None], call: Callable[[], None]) -> None:
    try:
        call()
        answer.set_result(None)
    except Exception as error:  # noqa: BLE001
        # Whatever it is, it belongs to the one who waits.
        answer.set_exception(error)
