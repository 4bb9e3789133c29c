"""The sessions that ended while their access tokens still live: in memory, kept fresh from SQL.

A guarded request asks only the memory.  Every end has a number, given under a lock and so in the order of the
commits: a poll that has seen number n misses nothing by asking for what is above n, whatever the hosts' clocks
say and however late a transaction commits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from sqlalchemy import select

from .database import Database
from .models import Models
from .tokens import LEEWAY

# Hosts may disagree on the time by so many seconds before a restarted worker could overlook an end.
CLOCK_SKEW = 300


class Revocations:
    """The ended sessions one process knows of."""

    def __init__(
        self,
        database: Database,
        models: Models,
        *,
        access_lifetime: int,
        poll_always: bool,
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self._models = models
        self.remembers = access_lifetime + LEEWAY + CLOCK_SKEW
        """Seconds for which an end must be known: until the last access token of the session is over, too."""
        self._poll_always = poll_always
        self._clock = clock
        self._forget_at: dict[str, float] = {}
        self._last_number: int | None = None
        self._polling = threading.Lock()

    def __len__(self) -> int:
        return len(self._forget_at)

    def has_ended(self, sid: str) -> bool:
        """Tell whether the session is known to be over; only the first call of a process asks the database.

        With an interval of 0 every call does.  Raises ``DatabaseUnavailable``.
        """
        if self._poll_always or self._last_number is None:
            self.poll()
        return sid in self._forget_at

    def add(self, sids: Iterable[str]) -> None:
        """Note ends that this process has just committed, so that it refuses them at once."""
        forget_at = self._clock() + self.remembers
        self._forget_at.update(dict.fromkeys(sids, forget_at))

    def poll(self) -> None:
        """Learn what ended elsewhere since the last poll; raises ``DatabaseUnavailable``."""
        with self._polling:
            number, sids = self._fetch(self._last_number)
            self.add(sids)
            self._last_number = number
            self._forget()

    def _fetch(self, last_number: int | None) -> tuple[int, list[str]]:
        counter, row = self._models.end_counter, self._models.login_session
        with self._database.read() as session:
            number = session.scalar(select(counter.number)) or 0
            if number == last_number:
                return number, []
            # A number below the last one means an older database was restored, so nothing is known any more.
            if last_number is None or number < last_number:
                since = row.ended_at > self._clock() - self.remembers
            else:
                since = row.end_number > last_number
            return number, list(session.scalars(select(row.id).where(since)))

    def _forget(self) -> None:
        now = self._clock()
        for sid in [sid for sid, forget_at in list(self._forget_at.items()) if forget_at <= now]:
            self._forget_at.pop(sid, None)
