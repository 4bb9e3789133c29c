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
``emulator/``            a local Kakao; imports nothing of ours
"""

from .errors import KakaoLoginError, SettingsError
from .extension import KakaoLogin
from .guards import current_user, login_optional, login_required
from .identity import csrf_token
from .kakao.responses import KakaoUser
from .session_info import SessionInfo
from .signals import (
    refresh_replayed,
    refresh_token_reused,
    session_ended,
    session_refreshed,
    user_logged_in,
    user_signed_up,
)

__all__ = [
    "KakaoLogin",
    "KakaoLoginError",
    "KakaoUser",
    "SessionInfo",
    "SettingsError",
    "csrf_token",
    "current_user",
    "login_optional",
    "login_required",
    "refresh_replayed",
    "refresh_token_reused",
    "session_ended",
    "session_refreshed",
    "user_logged_in",
    "user_signed_up",
]
