"""Users whom the host deletes: their Kakao account goes in the host's own transaction, and their sessions end.

Foreign keys alone do not see to that: SQLite enforces none unless told to, and gives the integer key of a deleted
row to the next one, so that an account left behind would sign its owner in as somebody else.  The row of a session
stays, without anything about the person, until every process has learnt of its end.  A deletion that passes the
ORM by, such as a bulk DELETE, is left to the foreign keys.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from flask import current_app, has_app_context
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, delete, event, select, update
from sqlalchemy.orm import Session, SessionTransaction, object_session

from .errors import DatabaseUnavailable
from .models import Models
from .state import EXTENSION

logger = logging.getLogger("kakao_login.deleted_users")

_NOTED = "kakao_login_deleted_users"


def watch_deleted_users(db: SQLAlchemy, models: Models) -> None:
    """Listen to the deletions of Users from now on, for every app that shares ``db``."""
    account, login_session = models.kakao_account.__table__, models.login_session.__table__

    def forget(_mapper: object, connection: Connection, user: Any) -> None:
        theirs = login_session.c.user_id == models.key_of(user)
        sids = connection.scalars(select(login_session.c.id).where(theirs)).all()
        connection.execute(update(login_session).where(theirs).values(user_id=None, user_agent="", ip=""))
        connection.execute(delete(account).where(account.c.user_id == models.key_of(user)))
        session = object_session(user)
        if session is not None:
            session.info.setdefault(_NOTED, set()).update(sids)

    def end(session: Session, transaction: SessionTransaction) -> None:
        if transaction.parent is None:
            _end_orphans(session.info.pop(_NOTED, ()))

    event.listen(models.user, "before_delete", forget, propagate=True)
    event.listen(db.session, "after_transaction_end", end)


def _end_orphans(sids: Iterable[str]) -> None:
    """End those of the sessions that have no user any more; all of them, unless the deletion was rolled back."""
    state = current_app.extensions.get(EXTENSION) if has_app_context() else None
    if state is None:
        return
    try:
        for sid in sids:
            row = state.sessions.find(sid)
            if row is not None and row.user_id is None:
                state.sessions.end(sid, "user_deleted")
    except DatabaseUnavailable:
        # The host's commit stands; raising would tell it otherwise.
        logger.warning("The sessions of a deleted user could not be ended; their next refresh does.")
