"""What a logged-in client asks: who am I, which devices have I, and end one or log me out."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, jsonify, request
from werkzeug.wrappers import Response as BaseResponse

from ..errors import CsrfFailed, LoginRequired, NotFound, SessionEnded
from ..signals import EndReason
from ..store.models import is_id
from .body import read_json
from .guards import login_required
from .next_path import judged_path, redirect_to_next
from .refresh import refresh_cookies
from .session_info import describe_session
from .visit import Login, Visit, current_visit


@login_required
def me() -> Response:
    """Answer the user, the session, the claims of the access token and the CSRF token."""
    visit = current_visit()
    login = visit.login()
    return jsonify(
        user=_describe_user(visit),
        session=_describe_session(visit, login),
        claims=json.loads(json.dumps(dict(login.claims), default=dict)),
        csrf_token=visit.csrf_token,
    )


@login_required
def list_sessions() -> Response:
    """Answer the user's living sessions, the one active last first."""
    visit = current_visit()
    rows = visit.services.sessions.of_user(_user_id(visit))
    return jsonify(sessions=[describe_session(row, current_sid=visit.login().sid).as_json() for row in rows])


@login_required
def end_session(sid: str) -> Response:
    """End one session of the user; one that is over, somebody else's or nobody's is 404 alike."""
    visit = current_visit()
    login, user_id = visit.login(), _user_id(visit)
    if not is_id(sid) or not visit.services.sessions.end(sid, EndReason.ENDED_BY_USER, user_id=user_id):
        raise NotFound
    if login.by_cookie and sid == login.sid:
        visit.leave()
    return Response(status=204)


def logout() -> BaseResponse:
    """End this session, or with ``everywhere`` all of the user's; an expired access token says whose, too."""
    visit = current_visit()
    sids = _sessions_to_end(visit)
    wishes: dict[str, Any] = request.form.to_dict() or ({} if request.form else read_json())
    everywhere = str(wishes.get("everywhere", "")).lower() in ("1", "true", "on", "yes")
    for sid in sids:
        _end(visit, sid, everywhere=everywhere)
    if sids and visit.bearer is None:
        visit.leave()
    if not visit.is_navigation:
        return jsonify(logged_out=True)
    wanted = wishes.get("next") or request.args.get("next")
    return redirect_to_next(judged_path(wanted if isinstance(wanted, str) else None))


def _sessions_to_end(visit: Visit) -> list[str]:
    """Give the session of this login, or without an access token those of the refresh cookies."""
    try:
        return [visit.living_login().sid]
    except SessionEnded:
        visit.cookies.say_logged_out()
        return []
    except LoginRequired:
        tokens = refresh_cookies(visit)
    if not tokens:
        return []
    visit.check_origin()
    # A sibling subdomain may have planted some of its own, so all of them end.
    meant = [sid for sid in {token.sid for token in tokens} if visit.is_meant(sid)]
    if not meant:
        raise CsrfFailed
    return meant


def _end(visit: Visit, sid: str, *, everywhere: bool) -> None:
    sessions = visit.services.sessions
    row = sessions.find(sid) if everywhere else None
    if row is not None:
        sessions.end_all(row.user_id, EndReason.LOGOUT_EVERYWHERE)
    sessions.end(sid, EndReason.LOGOUT)


def _user_id(visit: Visit) -> Any:
    return visit.services.models.key_of(visit.user)


def _describe_user(visit: Visit) -> dict[str, Any]:
    key = _user_id(visit)
    account = visit.services.accounts.account_of(key)
    # A host may sign in users of its own making, whom no Kakao account points at.
    profile = {name: getattr(account, name, None) for name in ("nickname", "email", "profile_image_url")}
    return {"id": key if isinstance(key, int) else str(key), **profile}


def _describe_session(visit: Visit, login: Login) -> dict[str, Any]:
    row = visit.services.sessions.find(login.sid)
    return {"id": login.sid} if row is None else describe_session(row, current_sid=row.id).as_json()
