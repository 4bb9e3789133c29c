"""Login sessions in SQL: start, rotate, end, end all."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from . import signals
from .database import Database
from .endings import Endings
from .errors import AccountDisabled, RefreshTokenReused, SessionEnded
from .models import LoginSession, Models
from .rotation import Row, Step, judge
from .settings import SessionSettings
from .tokens import new_id

logger = logging.getLogger("kakao_login.sessions")


class Sessions:
    """The login sessions of one app; ``sender`` is who the signals come from."""

    def __init__(
        self,
        database: Database,
        models: Models,
        endings: Endings,
        settings: SessionSettings,
        *,
        clock: Callable[[], float],
        sender: object,
    ) -> None:
        self._database = database
        self._model = models.login_session
        self._endings = endings
        self._settings = settings
        self._clock = clock
        self._sender = sender

    def start(self, user_id: Any, *, user_agent: str, ip: str) -> LoginSession:
        """Add the row of a new login; beyond the most a user may have, the oldest session ends.

        Raises ``AccountDisabled`` when the user has been deleted since it was found.
        """
        try:
            return self._start(user_id, user_agent, ip)
        except IntegrityError:
            raise AccountDisabled from None

    def _start(self, user_id: Any, user_agent: str, ip: str) -> LoginSession:
        now = self._clock()
        with self._database.write() as session:
            row: LoginSession = self._model(
                id=new_id(),
                user_id=user_id,
                generation=0,
                confirmed=False,
                created_at=now,
                last_active_at=now,
                idle_expires_at=now + self._settings.idle_lifetime,
                expires_at=now + self._settings.lifetime,
                user_agent=user_agent[:256],
                ip=ip[:64],
            )
            session.add(row)
            session.flush()
            # The new one never ends here, not even when the clock has gone back since the others began.
            others = self._lock_alive(session, *self._living(user_id), self._model.id != row.id)
            last_first = sorted(others, key=lambda other: other.created_at, reverse=True)
            ended = self._endings.write(session, last_first[self._settings.max_per_user - 1 :], "too_many")
            session.refresh(row, ["user"])
        self._endings.announce(ended)
        return row

    def rotate(self, sid: str, generation: int, *, token_expired: bool = False) -> LoginSession:
        """Take one step of the session's life for a refresh token of ``generation`` and give the row after it.

        Most answers need no write and so no lock; a step is judged again under the lock before it is written.
        Raises ``SessionEnded`` and ``RefreshTokenReused``; both only after the end has been committed.
        """
        row = self.find(sid)
        step = self._judge(row, generation)
        # A token that ran out says nothing against the session that others may still hold.
        if row is None or (token_expired and step is not Step.EXPIRED):
            raise SessionEnded
        if step.writes:
            row, step = self._write_step(sid, generation)
        return self._answer(row, step, generation)

    def end(self, sid: str, reason: str, *, user_id: Any = None) -> bool:
        """End one session, of ``user_id`` if given; tells whether there was one to end."""
        with self._database.write() as session:
            row = session.get(self._model, sid, with_for_update=True)
            if row is None or (user_id is not None and row.user_id != user_id):
                return False
            ended = self._endings.write(session, [row] if row.ended_at is None else [], reason)
        self._endings.announce(ended, known=[sid])
        return bool(ended)

    def end_all(self, user_id: Any, reason: str, *, keep: str | None = None) -> int:
        """End all sessions of a user, but ``keep`` if given; gives how many."""
        with self._database.write() as session:
            rows = [row for row in self._lock_alive(session, self._model.user_id == user_id) if row.id != keep]
            ended = self._endings.write(session, rows, reason)
        self._endings.announce(ended)
        return len(ended)

    def end_everybodys(self, reason: str, *, batch: int = 1000) -> Iterator[int]:
        """End the sessions of all users, a batch a transaction; gives the size of each once it is committed."""
        last = ""
        while True:
            with self._database.write() as session:
                rows = self._lock_alive(session, self._model.id > last, limit=batch)
                ended = self._endings.write(session, rows, reason)
            if not ended:
                return
            self._endings.announce(ended)
            last = ended[-1].id
            yield len(ended)

    def of_user(self, user_id: Any) -> Sequence[LoginSession]:
        """Give the living sessions of a user, the one active last first."""
        row = self._model
        query = select(row).where(row.ended_at.is_(None), *self._living(user_id))
        with self._database.read() as session:
            return session.scalars(query.order_by(row.last_active_at.desc(), row.created_at.desc(), row.id)).all()

    def find(self, sid: str) -> LoginSession | None:
        """Give the row with its user, or None."""
        with self._database.read() as session:
            with_user = joinedload(self._model.user)
            row: LoginSession | None = session.get(self._model, sid, options=[with_user])
            return row

    def _write_step(self, sid: str, generation: int) -> tuple[LoginSession, Step]:
        now = self._clock()
        ended: list[LoginSession] = []
        with self._database.write() as session:
            row = session.get(self._model, sid, with_for_update=True)
            # Deleted since it was read, by a prune or with its user.
            if row is None:
                raise SessionEnded
            step = self._judge(row, generation)
            if step in (Step.ROTATE, Step.CATCH_UP):
                row.generation = generation + (step is Step.ROTATE)
                row.confirmed = False
                row.rotated_at = now
                row.idle_expires_at = now + self._settings.idle_lifetime
            elif step is Step.REOPEN:
                row.rotated_at = now
            elif step.end_reason is not None:
                ended = self._endings.write(session, [row], step.end_reason)
        self._endings.announce(ended)
        return row, step

    def _judge(self, row: Any, generation: int) -> Step:
        if row is None:
            return Step.ENDED
        decisive = Row(
            generation=row.generation,
            confirmed=row.confirmed,
            rotated_at=row.rotated_at,
            idle_expires_at=row.idle_expires_at,
            expires_at=row.expires_at,
            ended=row.ended_at is not None,
            user_active=is_active(row.user),
        )
        return judge(decisive, generation, now=self._clock(), reuse_interval=self._settings.reuse_interval)

    def _answer(self, row: LoginSession, step: Step, generation: int) -> LoginSession:
        about = {"sid": row.id, "user_id": row.user_id}
        if step is Step.REUSE:
            logger.warning(
                "Refresh token of generation %d reused at %d: session %s ended.",
                generation,
                row.generation,
                row.id,
            )
            signals.refresh_token_reused.send(self._sender, **about)
            raise RefreshTokenReused
        if step in (Step.ENDED, Step.EXPIRED, Step.DISABLED):
            raise SessionEnded
        if step is Step.CATCH_UP:
            logger.warning(
                "Session %s is behind its own token, as after a restored database; it caught up.", row.id
            )
        signal = signals.session_refreshed if step is Step.ROTATE else signals.refresh_replayed
        signal.send(self._sender, **about)
        return row

    def _living(self, user_id: Any) -> tuple[ColumnElement[bool], ...]:
        row, now = self._model, self._clock()
        return row.user_id == user_id, row.idle_expires_at > now, row.expires_at > now

    def _lock_alive(
        self, session: Session, *which: ColumnElement[bool], limit: int | None = None
    ) -> Sequence[Any]:
        row = self._model
        query = select(row).where(row.ended_at.is_(None), *which).limit(limit)
        # Everybody locks rows in the order of their ids, so that no two can wait for each other.
        return session.scalars(query.order_by(row.id).with_for_update()).all()


def is_active(user: Any) -> bool:
    """Tell whether the user may have a session: it exists and its ``is_active``, if it has one, is true."""
    return user is not None and bool(getattr(user, "is_active", True))
