"""What a logged-in client asks: who am I, and log me out."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request
from werkzeug.wrappers import Response as BaseResponse

from ..cookies import Cookies
from ..csrf import make_csrf_token
from ..errors import LoginRequired, SessionEnded
from ..guards import current_user, login_required
from ..identity import Login, authenticate, identify
from ..pages import is_navigation
from ..session_info import describe_session
from ..state import State, current_state
from .body import read_json
from .navigation import next_path, redirect_to_next


@login_required
def me() -> Response:
    """Answer the user, the session, the claims of the access token and the CSRF token."""
    state, login = current_state(), authenticate()
    return jsonify(
        user=_describe_user(state),
        session=_describe_session(state, login),
        claims=dict(login.token.claims),
        csrf_token=make_csrf_token(state.keys, login.token.sid),
    )


def logout() -> BaseResponse:
    """End this session, or with ``everywhere`` all of the user's; an expired access token says whose, too."""
    state = current_state()
    wishes: dict[str, Any] = request.form.to_dict() or ({} if request.form else read_json())
    try:
        login = identify(state)
    except (LoginRequired, SessionEnded):
        return _logged_out()
    _end(state, login, everywhere=str(wishes.get("everywhere", "")).lower() in ("1", "true", "on", "yes"))
    if login.by_cookie:
        Cookies(request, state.settings).clear_pair()
    return _logged_out()


def _end(state: State, login: Login, *, everywhere: bool) -> None:
    row = state.sessions.find(login.token.sid) if everywhere else None
    if row is not None:
        state.sessions.end_all(row.user_id, "logout_everywhere")
    state.sessions.end(login.token.sid, "logout")


def _logged_out() -> BaseResponse:
    return redirect_to_next(next_path()) if is_navigation(request) else jsonify(logged_out=True)


def _describe_user(state: State) -> dict[str, Any]:
    key = state.models.key_of(current_user)
    account = state.accounts.account_of(key)
    # A host may sign in users of its own making, whom no Kakao account points at.
    profile = {name: getattr(account, name, None) for name in ("nickname", "email", "profile_image_url")}
    return {"id": key if isinstance(key, int) else str(key), **profile}


def _describe_session(state: State, login: Login) -> dict[str, Any]:
    row = state.sessions.find(login.token.sid)
    if row is None:
        return {"id": login.token.sid}
    return describe_session(row, current_sid=row.id).as_json()
