"""What a refresh token does to its session: the common step in one statement, everything else read and judged."""

from __future__ import annotations

import logging
from functools import cached_property
from typing import Any

from sqlalchemy import Boolean, Double, bindparam, exists, or_, true, update
from sqlalchemy import inspect as inspect_mapping
from sqlalchemy.orm import ColumnProperty

from .. import signals
from ..errors import RefreshTokenReused, SessionEnded
from .database import NotWritable
from .ends import Ends
from .models import LoginSession, Models, is_active
from .rotation import Row, Step, judge
from .sessions import Sessions
from .shared import Store

_TIMES = ("created_at", "rotated_at", "idle_expires_at", "expires_at")

logger = logging.getLogger("kakao_login.store")


class Renewals:
    """The renewals of one app's sessions."""

    def __init__(self, store: Store, sessions: Sessions, ends: Ends) -> None:
        self._store = store
        self._model = store.models.login_session
        self._sessions = sessions
        self._ends = ends

    @cached_property
    def _common_step(self) -> Any:
        # Made when first needed, as the one in ``users``.
        return _common_step(self._store.models)

    def rotate(self, sid: str, generation: int, *, token_expired: bool = False) -> Any:
        """Take one step of the session's life for a refresh token of ``generation`` and give the row after it.

        The common step is one statement, which changes nothing unless all that ``judge`` asks holds.  For anything
        else the row is read and judged; most such answers need no write and so no lock, and a step is judged again
        under the lock before it is written.
        Raises ``SessionEnded`` and ``RefreshTokenReused``; both only after the end has been committed.
        """
        row = None if token_expired else self._take_common_step(sid, generation)
        if row is not None:
            return self._answer(row, Step.ROTATE, generation)
        row = self._sessions.find(sid)
        step = self._judge(row, generation)
        # A token that ran out says nothing against the session that others may still hold.
        if row is None or (token_expired and step is not Step.EXPIRED):
            raise SessionEnded
        if step.writes:
            row, step = self._write_step(sid, generation)
        return self._answer(row, step, generation)

    def _take_common_step(self, sid: str, generation: int) -> Any:
        """Go one generation further in one statement, if everything is as it mostly is; else give None."""
        if self._common_step is None or not self._store.database.can_return:
            return None
        now, settings = self._store.clock(), self._store.settings
        values = {
            "sid": sid,
            "presented": generation,
            "now": now,
            "window": settings.reuse_interval,
            "idle_end": now + settings.idle_lifetime,
        }
        try:
            return next(iter(self._store.database.execute(self._common_step, values)), None)
        except NotWritable:
            # What needs no write is answered all the same, and what does will say so.
            return None

    def _write_step(self, sid: str, generation: int) -> tuple[LoginSession, Step]:
        now = self._store.clock()
        with self._ends.transaction() as ending:
            row = ending.session.get(self._model, sid, with_for_update=True)
            # Deleted since it was read, by a prune or with its user.
            if row is None:
                raise SessionEnded
            step = self._judge(row, generation)
            if step in (Step.ROTATE, Step.CATCH_UP):
                row.generation = generation + (step is Step.ROTATE)
                row.confirmed = False
                row.rotated_at = now
                row.idle_expires_at = now + self._store.settings.idle_lifetime
            elif step is Step.REOPEN:
                late_after = self._store.settings.late_after
                row.late_generation, row.late_in_a_row = _decisive(row).asked_again(now, late_after)
                row.rotated_at = now
            elif step.end_reason is not None:
                ending.end(row, step.end_reason)
        return row, step

    def _judge(self, row: Any, generation: int) -> Step:
        if row is None:
            return Step.ENDED
        settings = self._store.settings
        return judge(
            _decisive(row),
            generation,
            now=self._store.clock(),
            reuse_interval=settings.reuse_interval,
            late_after=settings.late_after,
        )

    def _answer(self, row: Any, step: Step, generation: int) -> Any:
        about = {"sid": row.id, "user_id": row.user_id}
        if step is Step.REUSE:
            logger.warning(
                "Refresh token of generation %d reused at %d: session %s ended.",
                generation,
                row.generation,
                row.id,
            )
            signals.refresh_token_reused.send(self._store.sender, **about)
            raise RefreshTokenReused
        if step in (Step.ENDED, Step.EXPIRED, Step.DISABLED):
            raise SessionEnded
        if step is Step.CATCH_UP:
            logger.warning(
                "Session %s is behind its own token, as after a restored database; it caught up.", row.id
            )
        signal = signals.session_refreshed if step is Step.ROTATE else signals.refresh_replayed
        signal.send(self._store.sender, **about)
        return row


def _decisive(row: Any) -> Row:
    return Row(
        generation=row.generation,
        confirmed=row.confirmed,
        rotated_at=row.rotated_at,
        idle_expires_at=row.idle_expires_at,
        expires_at=row.expires_at,
        ended=row.ended_at is not None,
        user_active=is_active(row.user),
        late_generation=row.late_generation,
        late_in_a_row=row.late_in_a_row,
    )


def _common_step(models: Models) -> Any:
    """Give ``Step.ROTATE`` as one UPDATE, whose condition is what ``judge`` asks; None where SQL cannot ask it.

    That is with a User whose ``is_active`` is no yes-or-no column beside its key: only Python knows what it means.
    """
    active = _active_column(models)
    if active is None:
        return None
    row, now = models.login_session.__table__.c, bindparam("now", type_=Double)
    after = {"generation": row.generation + 1, "confirmed": False, "rotated_at": now}
    return (
        update(models.login_session.__table__)
        .where(
            row.id == bindparam("sid"),
            row.generation == bindparam("presented"),
            row.ended_at.is_(None),
            row.idle_expires_at > now,
            row.expires_at > now,
            or_(row.rotated_at.is_(None), now - row.rotated_at >= bindparam("window")),
            exists().where(models.user_key == row.user_id, active),
        )
        .values(**after, idle_expires_at=bindparam("idle_end"))
        .returning(row.id, row.user_id, row.generation, *(row[name] for name in _TIMES))
    )


def _active_column(models: Models) -> Any:
    attributes = inspect_mapping(models.user).all_orm_descriptors
    if "is_active" not in attributes:
        return None if hasattr(models.user, "is_active") else true()
    column = getattr(attributes["is_active"], "property", None)
    key = inspect_mapping(models.user).primary_key[0]
    if not isinstance(column, ColumnProperty) or not isinstance(column.columns[0].type, Boolean):
        return None
    return models.user.is_active if getattr(column.columns[0], "table", None) is key.table else None
