"""What a host can listen to; every signal's sender is the Flask app and the rest comes as keyword arguments."""

from __future__ import annotations

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
"""A session ended for whatever reason: ``sid``, ``user_id``, ``reason``."""
