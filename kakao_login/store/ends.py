"""The ends of sessions: written with a number, remembered by each process, and told.

A guarded request asks only the memory, which a poll keeps fresh.  Every end has a number, given under a lock and
so in the order of the commits: a poll that has seen number n misses nothing by asking for what is above n,
whatever the hosts' clocks say and however late a transaction commits.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple, TypeVar

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from .. import signals
from ..errors import DatabaseUnavailable
from ..settings.values import LEEWAY
from ..signals import EndReason
from .bounded import Bounded
from .models import LoginSession
from .shared import Store

T = TypeVar("T")

logger = logging.getLogger("kakao_login.store")

# Hosts may disagree on the time by so many seconds before a restarted worker could overlook an end.
CLOCK_SKEW = 300
# Intervals after which a request asks for itself: the thread that should have, has got no time or no answer.
_LATE = 2
# Intervals after which the memory is trusted no more.
_TRUSTED = 5


class _Newest(NamedTuple):
    """The end with the highest number; its session is None before the first end, or once its row is deleted."""

    number: int
    sid: str | None


class Ending:
    """A transaction in which sessions end; ``session`` is SQLAlchemy's."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.ended: list[LoginSession] = []
        self.known: list[str] = []

    def end(self, row: LoginSession, reason: EndReason) -> None:
        """End ``row``, which the caller has locked; one that is over already stays as it is."""
        if row.ended_at is None:
            row.end_reason = reason.value
            self.ended.append(row)
        else:
            # This process may not have polled since.
            self.known.append(row.id)


class Ends:
    """The ended sessions that one process of an app knows of."""

    def __init__(
        self, store: Store, *, access_lifetime: int, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """``monotonic`` gives seconds of a clock that nobody sets: one that is set could forget every end."""
        self._store = store
        self._row = store.models.login_session
        self._counter = store.models.end_counter
        self.remembers = access_lifetime + LEEWAY + CLOCK_SKEW
        """Seconds for which an end must be known: until the last access token of the session is over, too."""
        self._forget_at: dict[str, float] = {}
        self._forget_next: deque[tuple[float, str]] = deque()
        self._last: _Newest | None = None
        self._polled_at = 0.0
        self._is_told = False
        self._monotonic = monotonic
        self._learning = threading.Lock()
        self._bounded = Bounded(store.database.renew_aside)

    def __len__(self) -> int:
        return len(self._forget_at)

    def has_ended(self, sid: str) -> bool:
        """Tell whether the session is known to be over.

        The database is asked by the first call of a process, by each with an interval of 0, and where no poll has
        come through lately.  Raises ``DatabaseUnavailable``, after ``bounded.LONGEST_WAIT`` seconds at most.
        """
        interval = self._store.settings.poll_interval
        age = self._monotonic() - self._polled_at
        if self._last is None:
            self._ask_in_time(self.poll)
        elif age >= _TRUSTED * interval:
            self._tell(age)
            self._ask_in_time(self.poll)
        elif age >= _LATE * interval:
            with suppress(DatabaseUnavailable):
                self._ask_in_time(self.poll)
        return sid in self._forget_at

    def reason_of(self, sid: str) -> str | None:
        """Give why a session ended, or None; raises ``DatabaseUnavailable`` as ``has_ended`` does."""
        row = self._row.__table__.c
        why = select(row.end_reason).where(row.id == sid)
        return next(
            (reason for (reason,) in self._ask_in_time(lambda: self._store.database.execute_aside(why))), None
        )

    def _tell(self, age: float) -> None:
        if not self._is_told and self._store.settings.poll_interval:
            self._is_told = True
            logger.warning("No poll of ended sessions for %.0f s: a silent database, or threads get no time.", age)

    def _ask_in_time(self, ask: Callable[[], T]) -> T:
        # A file does not go silent, and the one connection of an in-memory database is this thread's now.
        return ask() if self._store.database.is_local else self._bounded(ask)

    def poll(self) -> None:
        """Learn what ended elsewhere since the last poll; raises ``DatabaseUnavailable``."""
        began_at = self._monotonic()
        # Asked before the lock is taken: an answer that never comes must keep nobody else waiting.
        newest, sids = self._fetch(self._last)
        with self._learning:
            self._remember(sids)
            self._last, self._polled_at = newest, max(began_at, self._polled_at)
            self._is_told = False
            self._forget()

    @contextmanager
    def transaction(self) -> Iterator[Ending]:
        """Open a transaction in which sessions may end; once it has committed, the ends in it are told.

        From then on this process refuses the sessions.  Raises ``DatabaseUnavailable``.
        """
        with self._store.database.write() as session:
            ending = Ending(session)
            yield ending
            self._number(session, ending.ended)
        self._remember([*ending.known, *(row.id for row in ending.ended)])
        for row in ending.ended:
            reason = EndReason(row.end_reason)
            signals.session_ended.send(self._store.sender, sid=row.id, user_id=row.user_id, reason=reason)

    def _remember(self, sids: Iterable[str]) -> None:
        forget_at = self._monotonic() + self.remembers
        for sid in sids:
            self._forget_at[sid] = forget_at
            self._forget_next.append((forget_at, sid))

    def _forget(self) -> None:
        # In the order of forgetting, so that a poll never walks through what is still to be known.
        now = self._monotonic()
        while self._forget_next and self._forget_next[0][0] <= now:
            _, sid = self._forget_next.popleft()
            if self._forget_at.get(sid, now + 1) <= now:
                del self._forget_at[sid]

    def _fetch(self, last: _Newest | None) -> tuple[_Newest, list[str]]:
        counter, row, ask = self._counter.__table__.c, self._row.__table__.c, self._store.database.execute_aside
        by_number = select(counter.number, row.id).outerjoin_from(
            self._counter.__table__, self._row.__table__, row.end_number == counter.number
        )
        newest = next((_Newest(*answer) for answer in ask(by_number)), _Newest(0, None))
        if newest == last:
            return newest, []
        # Ends that were committed since the number was read come along, and once more with the next poll.
        if last is not None and newest.number > last.number:
            later = ask(select(row.end_number, row.id).where(row.end_number >= last.number))
            if last.sid is None or last in later:
                return newest, [end[1] for end in later if end[0] > last.number]
        # An older database was restored, or another took over that had lost some ends: nothing is known any more.
        since = row.ended_at > self._store.clock() - self.remembers
        return newest, [sid for (sid,) in ask(select(row.id).where(since))]

    def _number(self, session: Session, ended: list[LoginSession]) -> None:
        if not ended:
            return
        first, now = self._reserve(session, len(ended)), self._store.clock()
        for number, row in enumerate(ended, first):
            row.ended_at, row.end_number = now, number

    def _reserve(self, session: Session, count: int) -> int:
        """Give the first of ``count`` end numbers; the counter's row stays locked until the commit."""
        connection = session.connection()
        last = self._advance(connection, count)
        if last is None:
            self._make_counter(session)
            last = self._advance(connection, count) or count
        return last - count + 1

    def _advance(self, connection: Connection, count: int) -> int | None:
        advance = update(self._counter).values(number=self._counter.number + count)
        if connection.dialect.update_returning:
            advanced: int | None = connection.scalar(advance.returning(self._counter.number))
            return advanced
        connection.execute(advance)
        return connection.scalar(select(self._counter.__table__.c.number))

    def _make_counter(self, session: Session) -> None:
        # Ends may be there already if the counter's table alone was lost.
        highest = select(func.coalesce(func.max(self._row.end_number), 0)).scalar_subquery()
        try:
            with session.begin_nested():
                session.execute(insert(self._counter).values(id=1, number=highest))
        except IntegrityError:
            logger.debug("Another process made the counter at the same moment.")
