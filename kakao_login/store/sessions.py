"""Login sessions in SQL: start, find, end, end all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Double,
    Select,
    String,
    and_,
    bindparam,
    insert,
    select,
    union_all,
)
from sqlalchemy.orm import Session, joinedload, lazyload

from ..errors import AccountDisabled
from ..signals import EndReason
from .ends import Ends
from .models import LoginSession, is_active, new_id
from .shared import Store


class Sessions:
    """The login sessions of one app."""

    def __init__(self, store: Store, ends: Ends) -> None:
        self._store = store
        self._model = store.models.login_session
        self._ends = ends

    def start(self, user_id: Any, *, user_agent: str, ip: str, replaces: str | None = None) -> LoginSession:
        """Start a session in one transaction, which also ends what it displaces.

        That is the session ``replaces``, which this browser held before, and beyond the most a user may have the
        oldest.  Raises ``AccountDisabled`` for a user who is disabled or gone by now, and changes nothing then.
        """
        with self._ends.transaction() as ending:
            self._judge_user(ending.session, user_id)
            # The new one is not among them: it never ends here, not even when the clock has gone back.
            displaced = self._displaced(ending.session, user_id, replaces)
            row = self._new_row(user_id, user_agent[:256], ip[:64])
            ending.session.connection().execute(insert(self._model.__table__), row)
            for over in displaced:
                ending.end(over, EndReason.REPLACED if over.id == replaces else EndReason.TOO_MANY)
        started: LoginSession = self._model(**row)
        return started

    def end(self, sid: str, reason: EndReason, *, user_id: Any = None) -> bool:
        """End one session, of ``user_id`` if given; tells whether there was one to end."""
        with self._ends.transaction() as ending:
            row = ending.session.get(self._model, sid, with_for_update=True)
            if row is None or (user_id is not None and row.user_id != user_id):
                return False
            ending.end(row, reason)
        return bool(ending.ended)

    def end_all(self, user_id: Any, reason: EndReason, *, keep: str | None = None) -> int:
        """End all sessions of a user, but ``keep`` if given; gives how many."""
        with self._ends.transaction() as ending:
            for row in ending.session.scalars(self._alive(self._model.user_id == user_id)).all():
                if row.id != keep:
                    ending.end(row, reason)
        return len(ending.ended)

    def end_everybodys(self, reason: EndReason, *, batch: int = 1000) -> Iterator[int]:
        """End the sessions of all users, a batch a transaction; gives the size of each once it is committed."""
        last = ""
        while True:
            with self._ends.transaction() as ending:
                for row in ending.session.scalars(self._alive(self._model.id > last).limit(batch)).all():
                    ending.end(row, reason)
            if not ending.ended:
                return
            last = ending.ended[-1].id
            yield len(ending.ended)

    def of_user(self, user_id: Any) -> Sequence[LoginSession]:
        """Give the living sessions of a user, the one active last first."""
        row, values = self._model, {"user_id": user_id, "now": self._store.clock()}
        query = select(row).where(row.ended_at.is_(None), self._living)
        last_first = query.order_by(row.last_active_at.desc(), row.created_at.desc(), row.id)
        with self._store.database.read() as session:
            return session.scalars(last_first, values).all()

    def find(self, sid: str) -> LoginSession | None:
        """Give the row with its user, or None."""
        with self._store.database.read() as session:
            with_user = joinedload(self._model.user)
            row: LoginSession | None = session.get(self._model, sid, options=[with_user])
            return row

    def _new_row(self, user_id: Any, user_agent: str, ip: str) -> dict[str, Any]:
        now = self._store.clock()
        return {
            "id": new_id(),
            "user_id": user_id,
            "generation": 0,
            "confirmed": False,
            "late_in_a_row": 0,
            "created_at": now,
            "last_active_at": now,
            "idle_expires_at": now + self._store.settings.idle_lifetime,
            "expires_at": now + self._store.settings.lifetime,
            "user_agent": user_agent,
            "ip": ip,
        }

    def _judge_user(self, session: Session, user_id: Any) -> None:
        """Lock the user: who disables it meanwhile waits, and then finds this session to end."""
        user = self._store.models.user
        lock = {"key_share": True, "of": user}
        if not is_active(session.get(user, user_id, with_for_update=lock, options=[lazyload("*")])):
            raise AccountDisabled

    def _displaced(self, session: Session, user_id: Any, replaces: str | None) -> Sequence[Any]:
        """Lock and give what makes room for a new session: ``replaces``, and the oldest beyond the most."""
        values = {"user_id": user_id, "now": self._store.clock(), "replaces": replaces or ""}
        return session.scalars(self._displacing, values).all()

    @cached_property
    def _displacing(self) -> Select[Any]:
        row = self._model
        replaces: BindParameter[str] = bindparam("replaces", type_=String)
        others = select(row.id).where(row.ended_at.is_(None), row.id != replaces, self._living)
        newest_first = others.order_by(row.created_at.desc(), row.id)
        beyond = newest_first.offset(self._store.settings.max_per_user - 1).subquery()
        # One set of ids and no OR, for which PostgreSQL would read the whole table.
        return self._alive(row.id.in_(union_all(select(beyond.c.id), select(replaces))))

    @cached_property
    def _living(self) -> ColumnElement[bool]:
        row, now = self._model, bindparam("now", type_=Double)
        return and_(row.user_id == bindparam("user_id"), row.idle_expires_at > now, row.expires_at > now)

    def _alive(self, which: ColumnElement[bool]) -> Select[Any]:
        # Everybody locks rows in the order of their ids, so that no two can wait for each other.
        row = self._model
        return select(row).where(row.ended_at.is_(None), which).order_by(row.id).with_for_update()
