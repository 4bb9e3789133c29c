"""What stands before a host's views: ``login_required``, ``login_optional``, ``current_user``."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar
from urllib.parse import quote

from flask import current_app, redirect, request, url_for
from werkzeug.local import LocalProxy
from werkzeug.wrappers import Response as BaseResponse

from .csrf import SAFE_METHODS
from .errors import DuplicateCookie, InvalidToken, KakaoLoginError, LoginRequired, SessionEnded, TokenExpired
from .identity import authenticate, bearer_token, ended, no_store
from .pages import USER, is_navigation
from .state import current_state

P = ParamSpec("P")
R = TypeVar("R")


def login_required(view: Callable[P, R]) -> Callable[P, R | BaseResponse]:
    """Let only logged-in users reach ``view``, by cookie or by ``Authorization: Bearer`` (RFC 6750 section 2.1).

    Everybody else gets 401 as JSON or, when navigating, is led to the login; a page or form whose access token ran
    out is renewed on the way, unnoticed.
    """

    @functools.wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R | BaseResponse:
        answer = _admit(optional=False)
        return current_app.ensure_sync(view)(*args, **kwargs) if answer is None else answer

    return guarded


def login_optional(view: Callable[P, R]) -> Callable[P, R | BaseResponse]:
    """Let everybody reach ``view``; ``current_user`` is false for those who are not logged in.

    A login whose access token ran out is renewed first, so that nobody looks logged out who is not.
    """

    @functools.wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R | BaseResponse:
        answer = _admit(optional=True)
        return current_app.ensure_sync(view)(*args, **kwargs) if answer is None else answer

    return guarded


def _admit(*, optional: bool) -> BaseResponse | None:
    """Give None for a request that may pass, else where to send it; raises what has no such place."""
    no_store()
    try:
        authenticate()
    except TokenExpired:
        if not is_navigation(request) or bearer_token(request) is not None:
            raise
        return _renew(optional)
    except (LoginRequired, InvalidToken, SessionEnded) as error:
        if optional:
            return None
        # Two cookies of one name cannot be mended by a login, which would only lead here again.
        if isinstance(error, (DuplicateCookie, SessionEnded)) or request.method != "GET":
            raise
        if not is_navigation(request) or bearer_token(request) is not None:
            raise
        return redirect(url_for("kakao_login.login", next=_here()), 303)
    return None


def _renew(optional: bool) -> BaseResponse:
    # 303 turns the next request into a GET; 307 keeps a posted form's method and body (RFC 9110 section 15.4).
    code = 303 if request.method in SAFE_METHODS else 307
    return redirect(url_for("kakao_login.refresh", next=_here(), optional=1 if optional else None), code)


def _here() -> str:
    """Give the present address as it was sent: what was encoded in it must arrive encoded."""
    path = quote(request.path, safe="/:@!$&'()*+,;=~")
    query = request.query_string.decode("latin-1")
    return request.root_path + path + (f"?{query}" if query else "")


def _load_user() -> Any:
    if USER not in request.environ:
        # Nobody, until it is known who: the page of an error that comes now may ask again.
        request.environ[USER] = None
        request.environ[USER] = _fetch_user()
    return request.environ[USER]


def _fetch_user() -> Any:
    try:
        login = authenticate()
    except KakaoLoginError:
        return None
    user = current_state().accounts.user_of(login.token.sid)
    if user is None:
        raise ended(login, current_state())
    return user


current_user: Any = LocalProxy(_load_user)
"""The User of the present login, loaded from SQL when first touched; false without a login."""
