"""The end of sessions: for whatever reason one ends, it is written here, numbered, and told.

The numbers are what lets other processes learn of an end without trusting anybody's clock (see ``revocations``).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from . import signals
from .models import LoginSession, Models
from .revocations import Revocations

logger = logging.getLogger("kakao_login.endings")


class Endings:
    """Ends the sessions of one app; ``sender`` is who the signals come from."""

    def __init__(
        self, models: Models, revocations: Revocations, *, clock: Callable[[], float], sender: object
    ) -> None:
        self._row = models.login_session
        self._counter = models.end_counter
        self._revocations = revocations
        self._clock = clock
        self._sender = sender

    def write(self, session: Session, rows: Sequence[Any], reason: str) -> list[LoginSession]:
        """End ``rows``, which the caller has locked, in the caller's transaction; gives them back."""
        if not rows:
            return []
        number = self._reserve(session, len(rows))
        for offset, row in enumerate(rows):
            row.ended_at, row.end_reason, row.end_number = self._clock(), reason, number + offset
        return list(rows)

    def announce(self, ended: Sequence[LoginSession], *, known: Iterable[str] = ()) -> None:
        """Refuse what has ended from now on and send the signals, after the commit.

        ``known`` are sessions that had ended before: this process may not have polled since.
        """
        self._revocations.add([*known, *(row.id for row in ended)])
        for row in ended:
            signals.session_ended.send(self._sender, sid=row.id, user_id=row.user_id, reason=row.end_reason)

    def _reserve(self, session: Session, count: int) -> int:
        """Give the first of ``count`` end numbers; the counter's row stays locked until the commit."""
        advance = update(self._counter).values(number=self._counter.number + count)
        if session.connection().execute(advance).rowcount == 0:
            self._make_counter(session)
            session.execute(advance)
        last: int = session.scalars(select(self._counter.number)).one()
        return last - count + 1

    def _make_counter(self, session: Session) -> None:
        # Ends may be there already if the counter's table alone was lost.
        highest = select(func.coalesce(func.max(self._row.end_number), 0)).scalar_subquery()
        try:
            with session.begin_nested():
                session.execute(insert(self._counter).values(id=1, number=highest))
        except IntegrityError:
            logger.debug("Another process made the counter at the same moment.")
