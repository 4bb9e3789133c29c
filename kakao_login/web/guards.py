"""What stands before a host's views, and what they may ask about the present login."""

from __future__ import annotations

import functools
from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any, ParamSpec, TypeVar
from urllib.parse import quote

from flask import Flask, Request, current_app, has_request_context, redirect, url_for
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


class _Nobody:
    """What ``current_user`` is without a login: false, and not authenticated."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "<nobody>"

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"Nobody is logged in, so there is no {name!r}: ask `if current_user` first.")


class _CurrentUser(LocalProxy[Any]):
    """The present user, who can be asked for ``is_authenticated`` as with Flask-Login."""

    @property
    def is_authenticated(self) -> bool:
        """Whether somebody is logged in, unless the host's own User has its say."""
        user = self._get_current_object()
        return False if user is _NOBODY else bool(getattr(user, "is_authenticated", True))


_NOBODY = _Nobody()


def _user_or_nobody() -> Any:
    user = current_visit().user
    return _NOBODY if user is None else user


current_user: Any = _CurrentUser(_user_or_nobody)
"""The User of the present login, loaded from SQL when first touched; false without a login."""

current_login: Any = LocalProxy(lambda: current_visit().login_or_none)
"""The present ``Login``, known without SQL: ``sid``, ``claims``, ``user_id``, ``auth_time``; false without one."""


def _guard(view: Callable[P, R], *, optional: bool) -> Callable[P, R | BaseResponse]:
    is_async = iscoroutinefunction(view)

    @functools.wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R | BaseResponse:
        visit = current_visit()
        # A preflight carries no credentials, and its answer tells nothing that is guarded (Fetch standard, CORS).
        if visit.request.method != "OPTIONS":
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
    """Give the answer to a visit without a login, None if it may pass."""
    leads_on = visit.is_navigation and visit.bearer is None
    if isinstance(error, TokenExpired) and leads_on:
        return _renew(visit.request, optional)
    if optional and isinstance(error, (LoginRequired, InvalidToken, SessionEnded)):
        return None
    # Two cookies of one name cannot be mended by a login, which would only lead here again.
    can_log_in = isinstance(error, (LoginRequired, InvalidToken)) and not isinstance(error, DuplicateCookie)
    if can_log_in and leads_on and visit.request.method == "GET":
        return redirect(url_for("kakao_login.login", next=_here(visit.request)), 303)
    return _handled(visit.services.app, error)


def _handled(app: Flask, error: KakaoLoginError) -> BaseResponse:
    """Let the app's own error handlers answer, which may be the host's.

    The app is asked past whatever an extension has put before it: those for REST make a 500 of every error that
    they do not know.
    """
    return app.make_response(type(app).handle_user_exception(app, error))


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
