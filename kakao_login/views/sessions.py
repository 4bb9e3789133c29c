"""The user's devices: ``GET /auth/sessions`` and ``DELETE /auth/sessions/<id>``."""

from __future__ import annotations

from flask import Response, jsonify, request

from ..cookies import Cookies
from ..errors import NotFound
from ..guards import current_user, login_required
from ..identity import authenticate
from ..session_info import describe_session
from ..state import current_state
from ..tokens import is_id


@login_required
def list_sessions() -> Response:
    """Answer the user's living sessions, the one active last first."""
    state, current_sid = current_state(), authenticate().token.sid
    rows = state.sessions.of_user(state.models.key_of(current_user))
    return jsonify(sessions=[describe_session(row, current_sid=current_sid).as_json() for row in rows])


@login_required
def end_session(sid: str) -> Response:
    """End one session of the user; one that is over, somebody else's or nobody's is 404 alike."""
    state, login = current_state(), authenticate()
    user_id = state.models.key_of(current_user)
    if not is_id(sid) or not state.sessions.end(sid, "ended_by_user", user_id=user_id):
        raise NotFound
    if login.by_cookie and sid == login.token.sid:
        Cookies(request, state.settings).clear_pair()
    return Response(status=204)
