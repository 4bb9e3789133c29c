"""Users whom the host deletes: what we keep about them goes in the host's own transaction.

Foreign keys alone do not see to that: SQLite enforces none unless told to, and gives the integer key of a deleted
row to the next one, so that an account left behind would sign its owner in as somebody else.  A deletion that
passes the ORM by, such as a bulk DELETE, is left to the foreign keys.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from flask import current_app, has_app_context
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, delete, event, select
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
        connection.execute(delete(login_session).where(theirs))
        connection.execute(delete(account).where(account.c.user_id == models.key_of(user)))
        session = object_session(user)
        if session is not None:
            session.info.setdefault(_NOTED, set()).update(sids)

    def refuse(session: Session, transaction: SessionTransaction) -> None:
        if transaction.parent is None:
            _refuse(session.info.pop(_NOTED, ()))

    event.listen(models.user, "before_delete", forget, propagate=True)
    event.listen(db.session, "after_transaction_end", refuse)


def _refuse(sids: Iterable[str]) -> None:
    """Refuse the access tokens of sessions that went, if the transaction was committed."""
    state = current_app.extensions.get(EXTENSION) if has_app_context() else None
    if state is None:
        return
    try:
        state.revocations.add([sid for sid in sids if state.sessions.find(sid) is None])
    except DatabaseUnavailable:
        # The host's commit stands; raising would tell it otherwise.
        logger.warning("The access tokens of deleted users could not be refused; they run out by themselves.")
