"""``/auth/refresh``: renew the cookies, or answer a new pair to a client that keeps its tokens itself."""

from __future__ import annotations

from typing import Any

from flask import jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ..cookies import Cookies
from ..errors import DuplicateCookie, InvalidToken, LoginRequired, SessionEnded
from ..identity import bearer_token, ended, identify
from ..pages import is_navigation
from ..pair import TokenPair
from ..state import State, current_state
from ..tokens import Token
from .body import read_json
from .navigation import next_path, redirect_to_next, required_next_path


def refresh() -> BaseResponse:
    """Renew: GET is the hop of a page, POST with ``next`` that of a form, any other POST an API call."""
    if request.method == "GET":
        return _hop_of_page()
    state = current_state()
    if is_navigation(request) and "next" in request.args:
        path = required_next_path()
        _renew_cookies(state)
        return redirect_to_next(path, 307)
    body = read_json()
    if "refresh_token" in body:
        pair, _ = _rotate(state, _decode(state, body["refresh_token"]))
        return jsonify(pair.as_json())
    pair = _renew_cookies(state)
    return jsonify(expires_in=pair.expires_in, refresh_expires_in=pair.refresh_expires_in)


def _hop_of_page() -> BaseResponse:
    path = next_path()
    try:
        _renew_cookies(current_state())
    except SessionEnded:
        if "optional" in request.args:
            return redirect_to_next(path)
        return redirect(url_for("kakao_login.login", next=path), 303)
    except DuplicateCookie:
        raise
    except LoginRequired:
        if "optional" not in request.args:
            return redirect(url_for("kakao_login.login", next=path), 303)
        Cookies(request, current_state().settings).clear_access()
    except InvalidToken:
        return redirect(url_for("kakao_login.login", next=path), 303)
    return redirect_to_next(path)


def _renew_cookies(state: State) -> TokenPair:
    """Renew by cookie: the refresh token counts only beside an access token of its own session.

    A sibling subdomain can plant a refresh cookie, but never the access cookie, whose name it may not set.
    """
    if bearer_token(request) is not None:
        raise LoginRequired
    login = identify(state)
    unverified_refresh = Cookies(request, state.settings).refresh_token
    if unverified_refresh is None:
        raise LoginRequired
    token = _decode(state, unverified_refresh)
    if token.sid != login.token.sid:
        raise InvalidToken
    try:
        pair, generation = _rotate(state, token)
    except SessionEnded:
        ended(login, state)
        raise
    cookies = Cookies(request, state.settings)
    if generation == token.generation:
        cookies.set_access(pair)
    else:
        cookies.set_pair(pair)
    return pair


def _decode(state: State, unverified_refresh: Any) -> Token:
    if not isinstance(unverified_refresh, str):
        raise InvalidToken
    return state.codec.decode("refresh", unverified_refresh, now=state.clock())


def _rotate(state: State, token: Token) -> tuple[TokenPair, int]:
    """Take the token's step; gives the pair and its generation."""
    expired = token.expires_at <= state.clock()
    row = state.sessions.rotate(token.sid, token.generation, token_expired=expired)
    return state.pairs.make(row), row.generation
