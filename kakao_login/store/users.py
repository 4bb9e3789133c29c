"""The host's users: found, and watched, so that who is disabled or deleted has no session after the host's commit.

The host's transaction is only watched.  Who was touched in it is noted, savepoints and all; when it is over and
its connection free again, the database is asked afresh, so a rollback ends nobody's sessions.  What is kept about
a deleted user goes in the host's own transaction: foreign keys alone do not see to that, for SQLite enforces none
unless told to and gives the key of a deleted row to the next one, who must not inherit an account.  The row of a
session stays, without anything about the person, until every process has learnt of its end.

A change that passes the ORM by, such as a bulk UPDATE, is not seen: then call ``end_all_sessions``, or leave it to
the next refresh, which refuses a disabled user, and to the foreign keys.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, bindparam, delete, event, select, update
from sqlalchemy.orm import Session, SessionTransaction, object_session

from ..errors import DatabaseUnavailable
from ..signals import EndReason
from .database import reaching_database
from .models import Models, is_active
from .sessions import Sessions
from .shared import Store

logger = logging.getLogger("kakao_login.store")

_DISABLED = "kakao_login_disabled_users"
_ORPHANED = "kakao_login_sessions_of_deleted_users"


class Users:
    """The users of one app."""

    def __init__(self, store: Store, sessions: Sessions) -> None:
        self._store = store
        self._sessions = sessions

    @cached_property
    def _of_session(self) -> Any:
        # Made when first needed: the host may still be declaring its models when it makes its KakaoLogin.
        models = self._store.models
        row = models.login_session
        return select(models.user).join(row, row.user_id == models.user_key).where(row.id == bindparam("sid"))

    def find(self, key: Any) -> Any:
        """Give the User with this primary key, or None."""
        with self._store.database.read() as session:
            return session.get(self._store.models.user, key)

    def of_session(self, sid: str) -> Any:
        """Give the User of a login session in the host's own ``db.session``, where it can be changed; or None."""
        with reaching_database():
            return self._store.database.of_host.scalars(self._of_session, {"sid": sid}).first()

    def claims_of(self, user_id: Any) -> Mapping[str, Any]:
        """Give the host's additional claims for a user.

        The hook gets its User in the host's own session, where it can follow relationships.
        """
        hook = self._store.hooks.additional_claims
        if hook is None:
            return {}
        with reaching_database():
            user = self._store.database.of_host.get(self._store.models.user, user_id)
            return {} if user is None else hook(user)

    def end_disabled(self, user_id: Any) -> None:
        """End the sessions of a user whom the database calls disabled; one that is away is left to the refresh."""
        try:
            if not is_active(self.find(user_id)):
                self._sessions.end_all(user_id, EndReason.USER_DISABLED)
        except DatabaseUnavailable:
            # The host's commit stands; raising would tell it otherwise.
            logger.warning("The sessions of disabled user %s did not end; their next refresh does it.", user_id)

    def end_orphan(self, sid: str) -> None:
        """End a session if it has no user any more, which it still has when the deletion was rolled back."""
        try:
            row = self._sessions.find(sid)
            if row is not None and row.user_id is None:
                self._sessions.end(sid, EndReason.USER_DELETED)
        except DatabaseUnavailable:
            logger.warning("The session of a deleted user did not end; its next refresh does it.")


def watch_users(db: SQLAlchemy, models: Models, present_users: Callable[[], Users | None]) -> None:
    """Listen to the host's ``db.session`` from now on, for every app that shares ``db``.

    ``present_users`` gives the ``Users`` of the present app: not each app on one ``db`` need have Kakao login.
    """

    def note_disabled(session: Session, _context: object) -> None:
        disabled = [user for user in session.dirty if isinstance(user, models.user) and not is_active(user)]
        if disabled:
            session.info.setdefault(_DISABLED, set()).update(models.key_of(user) for user in disabled)

    def forget(_mapper: object, connection: Connection, user: Any) -> None:
        sids = _forget(connection, models, models.key_of(user))
        session = object_session(user)
        if session is not None:
            session.info.setdefault(_ORPHANED, set()).update(sids)

    def end(session: Session, transaction: SessionTransaction) -> None:
        if transaction.parent is not None:
            return
        disabled, orphaned = session.info.pop(_DISABLED, ()), session.info.pop(_ORPHANED, ())
        users = present_users() if disabled or orphaned else None
        if users is not None:
            for user_id in disabled:
                users.end_disabled(user_id)
            for sid in orphaned:
                users.end_orphan(sid)

    event.listen(db.session, "after_flush", note_disabled)
    event.listen(models.user, "before_delete", forget, propagate=True)
    event.listen(db.session, "after_transaction_end", end)


def _forget(connection: Connection, models: Models, user_id: Any) -> list[str]:
    """Forget a person in the transaction that deletes it, and give the ids of the sessions that are left over."""
    account, row = models.kakao_account.__table__, models.login_session.__table__
    # Who starts a session locks the user first, too, so that neither waits for the other for ever.
    connection.execute(select(models.user_key).where(models.user_key == user_id).with_for_update())
    sids = list(connection.scalars(select(row.c.id).where(row.c.user_id == user_id)))
    connection.execute(update(row).where(row.c.user_id == user_id).values(**models.forgotten()))
    connection.execute(delete(account).where(account.c.user_id == user_id))
    return sids
