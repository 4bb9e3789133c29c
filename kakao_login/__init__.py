"""Kakao login for Flask.

Four wings, one technology each.  Where does a line of code live?  The first yes decides.  Flask's request or
response: ``web``.  SQL: ``store``.  A token or key of ours: ``tokens``.  Kakao's words or the network: ``kakao``.
What an operator sets: ``settings``.  What a host sees stands in the open.  Imports only go down:

``extension`` ``cli`` > ``web`` > ``services`` > ``tokens`` > ``store`` > ``kakao`` > ``settings`` >
``errors`` ``signals`` ``threads``; ``emulator``, a local Kakao, and ``pytest_plugin``, which lends it, know
nothing of these.

Words: a *session* is a login on one device, a row; its *generation*, how often its *pair* of tokens was renewed;
*confirmed*, that the pair of this generation was used; its *end* has an ``EndReason``; the *hop*, the redirect
through ``/auth/refresh``; a *visit*, one request and whose it is; a *login*, a proved credential; a *Kakao login*,
the trip to Kakao and back.  Whatever is not in ``__all__`` may change.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import KakaoLoginError as KakaoLoginError
    from .errors import SettingsError as SettingsError
    from .extension import KakaoLogin as KakaoLogin
    from .kakao.responses import KakaoUser as KakaoUser
    from .signals import EndReason as EndReason
    from .signals import refresh_replayed as refresh_replayed
    from .signals import refresh_token_reused as refresh_token_reused
    from .signals import session_ended as session_ended
    from .signals import session_refreshed as session_refreshed
    from .signals import user_logged_in as user_logged_in
    from .signals import user_signed_up as user_signed_up
    from .web.guards import csrf_token as csrf_token
    from .web.guards import current_login as current_login
    from .web.guards import current_user as current_user
    from .web.guards import login_optional as login_optional
    from .web.guards import login_required as login_required
    from .web.next_path import safe_next as safe_next
    from .web.session_info import SessionInfo as SessionInfo

_HOME_OF = {
    "EndReason": "signals",
    "KakaoLogin": "extension",
    "KakaoLoginError": "errors",
    "KakaoUser": "kakao.responses",
    "SessionInfo": "web.session_info",
    "SettingsError": "errors",
    "csrf_token": "web.guards",
    "current_login": "web.guards",
    "current_user": "web.guards",
    "login_optional": "web.guards",
    "login_required": "web.guards",
    "refresh_replayed": "signals",
    "refresh_token_reused": "signals",
    "safe_next": "web.next_path",
    "session_ended": "signals",
    "session_refreshed": "signals",
    "user_logged_in": "signals",
    "user_signed_up": "signals",
}
__all__ = list(_HOME_OF)


# Type checkers know every name from above and must not believe that there are others.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """Import a public name when it is first asked for (PEP 562).

        The emulator and the pytest plugin live in this package too and must not wait for Flask-SQLAlchemy.
        """
        if name not in _HOME_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f".{_HOME_OF[name]}", __name__), name)

    def __dir__() -> list[str]:
        """Give all names, also the public ones that nobody asked for yet."""
        return sorted({*globals(), *__all__})
