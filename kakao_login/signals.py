"""What a host can listen to; every signal's sender is the Flask app and the rest comes as keyword arguments."""

from __future__ import annotations

import enum

from blinker import Namespace

_signals = Namespace()

user_signed_up = _signals.signal("user-signed-up")
"""A Kakao user came for the first time: ``user``, ``kakao_user``."""
user_logged_in = _signals.signal("user-logged-in")
"""A login succeeded: ``user``, ``kakao_user``, ``sid``."""
session_refreshed = _signals.signal("session-refreshed")
"""A session went one generation further: ``sid``, ``user_id``."""
refresh_replayed = _signals.signal("refresh-replayed")
"""A refresh token came again and got the same pair: ``sid``, ``user_id``."""
refresh_token_reused = _signals.signal("refresh-token-reused")
"""A session was ended because two parties held it: ``sid``, ``user_id``."""
session_ended = _signals.signal("session-ended")
"""A session ended for whatever reason: ``sid``, ``user_id``, ``reason`` (an ``EndReason``)."""


class EndReason(str, enum.Enum):
    """Why a session ended; the value is what stands in its row."""

    LOGOUT = "logout"
    LOGOUT_EVERYWHERE = "logout_everywhere"
    REPLACED = "replaced"
    """By the next login of the same browser."""
    TOO_MANY = "too_many"
    """It was the oldest of more than ``KAKAO_LOGIN_MAX_SESSIONS``."""
    ENDED_BY_USER = "ended_by_user"
    """From the list of devices."""
    ENDED_BY_HOST = "ended_by_host"
    ENDED_BY_OPERATOR = "ended_by_operator"
    """From the command line."""
    USER_DISABLED = "user_disabled"
    USER_DELETED = "user_deleted"
    REUSE = "reuse"
    """Two parties held it."""
    EXPIRED = "expired"
    """Nobody used it for too long, or its time was up."""
