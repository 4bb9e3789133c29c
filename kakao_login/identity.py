"""Who sends this request, by ``Authorization: Bearer`` or else by cookie (RFC 6750 section 2.1).

The order matters.  Where a cookie is the credential, the request's origin is checked before the cookie's
authority is read; the CSRF token is bound to the session, so it comes after the signature; the expiry is last,
because only a request that would have been served may be sent to be renewed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import Request, Response, after_this_request, has_request_context, request

from .cookies import Cookies
from .csrf import FIELD, HEADER, SAFE_METHODS, check_csrf_token, check_origin, make_csrf_token
from .errors import DatabaseUnavailable, InvalidRequest, KakaoLoginError, LoginRequired, SessionEnded
from .state import State, current_state
from .tokens import Token
from .urls import origin

_BEARER = re.compile(r"(?:^|,)\s*bearer(?![\w!#$%&'*+.^`|~-])\s*", re.IGNORECASE)
_LOGIN = "kakao_login.login"
_NO_STORE = "kakao_login.no_store"


@dataclass(frozen=True)
class Login:
    """A proved credential and how it came."""

    token: Token
    by_cookie: bool


def authenticate() -> Login:
    """Give the login of the present request; raises the ``KakaoLoginError`` that says what is wrong with it."""
    known: Login | None = request.environ.get(_LOGIN)
    return known or _authenticate()


def _authenticate() -> Login:
    # Whatever asks who is there depends on the answer, also when it is that nobody is.
    no_store()
    state = current_state()
    require_https(request, state)
    login = identify(state)
    login.token.check_expiry(state.clock())
    state.heartbeat.start()
    state.activity.note(login.token.sid, login.token.generation)
    # Kept with the request and not in g, which outlives it inside an app context of somebody else.
    request.environ[_LOGIN] = login
    return login


def no_store() -> None:
    """Keep the answer to this request out of every cache, whatever it turns out to be."""
    if _NO_STORE in request.environ:
        return
    request.environ[_NO_STORE] = True

    @after_this_request
    def add_headers(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        response.vary.add("Cookie")
        return response


def presented_login(state: State) -> Login:
    """Give the login that the request's access token is of, even if the token ran out or the session is over."""
    unverified_bearer = bearer_token(request)
    if unverified_bearer is None:
        return _login_of_cookie(state)
    return Login(state.codec.decode("access", unverified_bearer, now=state.clock()), by_cookie=False)


def identify(state: State) -> Login:
    """Give the living login of the present request, even if its access token ran out."""
    login = presented_login(state)
    if state.revocations.has_ended(login.token.sid):
        raise ended(login, state)
    if login.by_cookie and request.method not in SAFE_METHODS:
        check_csrf_token(state.keys, login.token.sid, _unverified_csrf_token())
    return login


def ended(login: Login, state: State) -> SessionEnded:
    """Give the error of a session that is surely over, its cookies being deleted with the answer.

    Not those of a session that a new login of the same browser has replaced: the cookies are the new login's by
    now, and a late answer to a request that was under way would delete them.
    """
    if login.by_cookie and not _was_replaced(login, state):
        Cookies(request, state.settings).clear_pair()
    return SessionEnded()


def _was_replaced(login: Login, state: State) -> bool:
    try:
        row = state.sessions.find(login.token.sid)
    except DatabaseUnavailable:
        return True
    return row is not None and row.end_reason == "replaced"


def bearer_token(request: Request) -> str | None:
    """Give the unverified token of ``Authorization: Bearer``, or None if another scheme or none was sent."""
    header = request.headers.get("Authorization", "")
    found = _BEARER.search(header)
    # Anything that names the scheme is taken for it, so that no odd spelling falls back to the cookies.
    return header[found.end() :].strip() if found else None


def require_https(request: Request, state: State) -> None:
    """Raise ``InvalidRequest`` on plain http outside debug and testing."""
    if not request.is_secure and not state.settings.development:
        raise InvalidRequest("HTTPS is required; behind a proxy, set PROXY_HOPS")


def csrf_token() -> str:
    """Give the CSRF token of the present login for a form, or an empty text without one."""
    try:
        login = authenticate()
    except KakaoLoginError:
        return ""
    return make_csrf_token(current_state().keys, login.token.sid)


def access_token_expires_in() -> int:
    """Give the seconds the access token of the present login still lives, 0 without one."""
    try:
        login = authenticate()
    except KakaoLoginError:
        return 0
    return max(login.token.expires_at - int(current_state().clock()), 0)


def present_sid() -> str | None:
    """Give the id of the present login's session, or None without a login or outside a request."""
    if not has_request_context():
        return None
    try:
        return authenticate().token.sid
    except KakaoLoginError:
        return None


def own_origins(request: Request, state: State) -> set[str]:
    """Give the origins that are this site's: the request's own and that of the registered redirect URI."""
    return {origin(f"{request.scheme}://{request.host}"), origin(state.settings.kakao.redirect_uri)}


def _login_of_cookie(state: State) -> Login:
    unverified_token = Cookies(request, state.settings).access_token
    if unverified_token is None:
        raise LoginRequired
    if request.method not in SAFE_METHODS:
        check_origin(request.headers, own_origins(request, state))
    return Login(state.codec.decode("access", unverified_token, now=state.clock()), by_cookie=True)


def _unverified_csrf_token() -> str | None:
    return request.headers.get(HEADER) or request.form.get(FIELD)
