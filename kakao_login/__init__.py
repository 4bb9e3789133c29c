"""Kakao login for Flask.

The rooms, from the top; imports only point down:

``extension``            ``KakaoLogin``: wires the rooms, state per app
``cli`` ``views/``       flask kakao …; the routes under ``/auth``
``guards``               ``login_required``, ``login_optional``, ``current_user``
``pages``                an error as JSON or as a page
``identity``             who sends this request: Bearer or cookie, CSRF, expiry
``disabled_users``       their sessions end with the host's commit
``deleted_users``        what we keep about them goes in the host's transaction
``session_info``         a session as its user sees it; ``devices`` puts User-Agents into words
``cookies`` ``csrf``     what the browser carries, and whether it was meant
``state``                what one app holds
``login_state``          one login on its way to Kakao and back; ``safe_next``
``accounts``             Kakao user to local account
``sessions``             start, rotate, end; ``rotation`` judges, ``endings`` ends
``pruning``              deletes what is long over, in batches
``revocations``          the ended sessions, in memory
``activity``             which sessions were used, written in batches; ``heartbeat`` beats
``pair`` ``tokens``      the access and the refresh JWT; ``keys`` signs
``models`` ``database``  the tables and the transactions
``kakao/``               speaks Kakao, knows neither Flask nor SQL
``loading`` ``source``   settings, read once; the environment in one room
``settings`` ``urls``    what each setting means; what a URL tells
``signals`` ``errors``   what a host can listen to; what can go wrong
``pytest_plugin``        the fixture ``kakao_emulator``
``emulator/``            a local Kakao; imports nothing of ours
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import KakaoLoginError as KakaoLoginError
    from .errors import SettingsError as SettingsError
    from .extension import KakaoLogin as KakaoLogin
    from .guards import current_user as current_user
    from .guards import login_optional as login_optional
    from .guards import login_required as login_required
    from .identity import csrf_token as csrf_token
    from .kakao.responses import KakaoUser as KakaoUser
    from .session_info import SessionInfo as SessionInfo
    from .signals import refresh_replayed as refresh_replayed
    from .signals import refresh_token_reused as refresh_token_reused
    from .signals import session_ended as session_ended
    from .signals import session_refreshed as session_refreshed
    from .signals import user_logged_in as user_logged_in
    from .signals import user_signed_up as user_signed_up

_ROOM_OF = {
    "KakaoLogin": "extension",
    "KakaoLoginError": "errors",
    "KakaoUser": "kakao.responses",
    "SessionInfo": "session_info",
    "SettingsError": "errors",
    "csrf_token": "identity",
    "current_user": "guards",
    "login_optional": "guards",
    "login_required": "guards",
    "refresh_replayed": "signals",
    "refresh_token_reused": "signals",
    "session_ended": "signals",
    "session_refreshed": "signals",
    "user_logged_in": "signals",
    "user_signed_up": "signals",
}
__all__ = list(_ROOM_OF)


# Type checkers know every name from above and must not believe that there are others.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """Import a public name when it is first asked for (PEP 562).

        The emulator and the pytest plugin live in this package too and must not wait for Flask-SQLAlchemy.
        """
        if name not in _ROOM_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f".{_ROOM_OF[name]}", __name__), name)

    def __dir__() -> list[str]:
        """Give all names, also the public ones that nobody asked for yet."""
        return sorted({*globals(), *__all__})
