"""What stands before a host's views, and what they may ask about the present login."""

from __future__ import annotations

import functools
from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any, ParamSpec, TypeVar
from urllib.parse import quote

from flask import Request, current_app, has_request_context, redirect, url_for
from werkzeug.local import LocalProxy
from werkzeug.wrappers import Response as BaseResponse

from ..errors import DuplicateCookie, InvalidToken, KakaoLoginError, LoginRequired, SessionEnded, TokenExpired
from .body import pass_over_body
from .csrf import SAFE_METHODS
from .visit import Visit, current_visit

P = ParamSpec("P")
R = TypeVar("R")


def login_required(view: Callable[P, R]) -> Callable[P, R | BaseResponse]:
    """Let only logged-in users reach ``view``, by cookie or by ``Authorization: Bearer`` (RFC 6750 section 2.1).

    Everybody else gets 401 as JSON or, when navigating, is led to the login; a page or form whose access token ran
    out is renewed on the way, unnoticed.
    """
    return _guard(view, optional=False)


def login_optional(view: Callable[P, R]) -> Callable[P, R | BaseResponse]:
    """Let everybody reach ``view``; ``current_user`` is false for those who are not logged in.

    A login whose access token ran out is renewed first, so that nobody looks logged out who is not.
    """
    return _guard(view, optional=True)


def present_sid() -> str | None:
    """Give the id of the present login's session, or None without a login or outside a request."""
    login = current_visit().login_or_none if has_request_context() else None
    return login and login.sid


def present_client() -> dict[str, str]:
    """Give what a session remembers of the present request's client; nothing outside a request."""
    return current_visit().client if has_request_context() else {"user_agent": "", "ip": ""}


def csrf_token() -> str:
    """Give the CSRF token of the present login for a form, or an empty text without one."""
    return current_visit().csrf_token


def access_token_expires_in() -> int:
    """Give the seconds the access token of the present login still lives, 0 without one."""
    visit = current_visit()
    login = visit.login_or_none
    return max(login.token.expires_at - int(visit.services.clock()), 0) if login else 0


current_user: Any = LocalProxy(lambda: current_visit().user)
"""The User of the present login, loaded from SQL when first touched; false without a login."""

current_login: Any = LocalProxy(lambda: current_visit().login_or_none)
"""The present ``Login``, known without SQL: ``sid``, ``claims``, ``user_id``, ``auth_time``; false without one."""


def _guard(view: Callable[P, R], *, optional: bool) -> Callable[P, R | BaseResponse]:
    is_async = iscoroutinefunction(view)

    @functools.wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R | BaseResponse:
        visit = current_visit()
        try:
            visit.login()
        except KakaoLoginError as error:
            answer = _turn_away(visit, error, optional)
            if answer is not None:
                return answer
        called: Callable[P, R] = current_app.ensure_sync(view) if is_async else view
        return called(*args, **kwargs)

    return guarded


def _turn_away(visit: Visit, error: KakaoLoginError, optional: bool) -> BaseResponse | None:
    """Give where to send a visit without a login, None if it may pass; raises what has no such place."""
    leads_on = visit.is_navigation and visit.bearer is None
    if isinstance(error, TokenExpired) and leads_on:
        return _renew(visit.request, optional)
    if optional and isinstance(error, (LoginRequired, InvalidToken, SessionEnded)):
        return None
    # Two cookies of one name cannot be mended by a login, which would only lead here again.
    can_log_in = isinstance(error, (LoginRequired, InvalidToken)) and not isinstance(error, DuplicateCookie)
    if can_log_in and leads_on and visit.request.method == "GET":
        return redirect(url_for("kakao_login.login", next=_here(visit.request)), 303)
    raise error


def _renew(request: Request, optional: bool) -> BaseResponse:
    # 303 turns the next request into a GET; 307 keeps a posted form's method and body (RFC 9110 section 15.4).
    code = 303 if request.method in SAFE_METHODS else 307
    if code == 307:
        pass_over_body()
    return redirect(url_for("kakao_login.refresh", next=_here(request), optional=1 if optional else None), code)


def _here(request: Request) -> str:
    """Give the present address as it was sent: what was encoded in it must arrive encoded."""
    path = quote(request.path, safe="/:@!$&'()*+,;=~")
    query = request.query_string.decode("latin-1")
    return request.root_path + path + (f"?{query}" if query else "")
