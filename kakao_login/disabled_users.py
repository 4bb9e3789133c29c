"""Users whom the host disables: their sessions end with the host's own commit, without its calling anything.

The host's transaction is only watched.  What was touched in it is noted by key, savepoints and all; when it is
over and its connection free again, the database is asked afresh who is disabled, so a rollback ends nobody's
sessions.  A change that passes the ORM by, such as a bulk UPDATE, is not seen: then call ``end_all_sessions``,
or leave it to the next refresh, which refuses a disabled user.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from flask import current_app, has_app_context
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from .accounts import Accounts
from .errors import DatabaseUnavailable
from .models import Models
from .sessions import Sessions, is_active
from .state import EXTENSION

logger = logging.getLogger("kakao_login.disabled_users")

_NOTED = "kakao_login_disabled_users"


def watch_disabled_users(db: SQLAlchemy, models: Models) -> None:
    """Listen to the host's ``db.session`` from now on, for every app that shares ``db``."""

    def note(session: Session, _context: object) -> None:
        disabled = [user for user in session.dirty if isinstance(user, models.user) and not is_active(user)]
        if disabled:
            session.info.setdefault(_NOTED, set()).update(models.key_of(user) for user in disabled)

    def end(session: Session, transaction: SessionTransaction) -> None:
        if transaction.parent is None:
            _end_sessions(session.info.pop(_NOTED, ()))

    event.listen(db.session, "after_flush", note)
    event.listen(db.session, "after_transaction_end", end)


def _end_sessions(user_ids: Iterable[Any]) -> None:
    # One db may serve several apps, and not each of them need have Kakao login.
    state = current_app.extensions.get(EXTENSION) if has_app_context() else None
    if state is None:
        return
    for user_id in user_ids:
        _end_sessions_of(user_id, state.accounts, state.sessions)


def _end_sessions_of(user_id: Any, accounts: Accounts, sessions: Sessions) -> None:
    try:
        if accounts.is_disabled(user_id):
            sessions.end_all(user_id, "user_disabled")
    except DatabaseUnavailable:
        # The host's commit stands; raising would tell it otherwise.
        logger.warning("The sessions of disabled user %s could not be ended; their next refresh does.", user_id)
