"""Deleting what is long over: sessions and used logins, a batch a transaction, so that nobody waits for long."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, select

from .ends import Ends
from .shared import Store

BATCH = 1000
# Seconds after which a used login can go: its cookie lives ten minutes, a reload of its callback comes sooner yet.
_LOGIN_KEPT = 60 * 60
_SWEEP_EVERY = 10


class Pruning:
    """The old rows of one app's tables."""

    def __init__(self, store: Store, ends: Ends) -> None:
        self._store = store
        self._ends = ends
        self._sweep_at = 0.0

    def count(self, older_than: int) -> int:
        """Give how many rows ``delete`` would delete now."""
        with self._store.database.read() as session:
            counts = [
                session.scalar(select(func.count()).select_from(model).where(old)) or 0
                for model, _key, old in self._old(older_than)
            ]
        return sum(counts)

    def delete(self, older_than: int) -> Iterator[int]:
        """Delete sessions that are over for more than ``older_than`` seconds, and logins used over an hour ago.

        Gives the size of each batch once it is committed.  A session is kept as long as an access token of it may
        live or another process may still have to learn of its end, however small ``older_than`` is.
        """
        for model, key, old in self._old(older_than):
            yield from self._delete(model, key, old)

    def sweep(self) -> None:
        """Delete a batch of used logins every few seconds, so that nobody can fill the table by starting logins.

        Raises ``DatabaseUnavailable``.
        """
        now = self._store.clock()
        if now < self._sweep_at:
            return
        self._sweep_at = now + _SWEEP_EVERY
        used = self._store.models.used_login_state
        old = (
            select(used.state_hash).where(used.used_at < now - _LOGIN_KEPT).limit(_SWEEP_EVERY * BATCH).subquery()
        )
        self._store.database.execute_aside(
            delete(used.__table__).where(used.state_hash.in_(select(old.c.state_hash)))
        )

    def _old(self, older_than: int) -> list[tuple[Any, Any, ColumnElement[bool]]]:
        now, row, used = self._store.clock(), self._store.models.login_session, self._store.models.used_login_state
        since = now - max(older_than, self._ends.remembers)
        over = or_(row.ended_at < since, row.idle_expires_at < since, row.expires_at < since)
        return [(row, row.id, over), (used, used.state_hash, used.used_at < now - _LOGIN_KEPT)]

    def _delete(self, model: Any, key: Any, old: ColumnElement[bool]) -> Iterator[int]:
        last = ""
        while True:
            # Going on behind the last key reads each row once; asking anew would pass all the living ones again.
            with self._store.database.write() as session:
                batch = select(key).where(key > last, old).order_by(key).limit(BATCH).with_for_update()
                keys = session.scalars(batch).all()
                session.execute(delete(model).where(key.in_(keys)))
            if not keys:
                return
            last = keys[-1]
            yield len(keys)
