"""``/auth/refresh``: renew the cookies, or answer a new pair to a client that keeps its tokens itself."""

from __future__ import annotations

from typing import Any

from flask import jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ..errors import DuplicateCookie, InvalidToken, LoginRequired, SessionEnded
from ..tokens.codec import Token
from ..tokens.pair import TokenPair
from .body import read_json
from .next_path import next_path, redirect_to_next, required_next_path
from .visit import Visit, current_visit


def refresh() -> BaseResponse:
    """Renew: GET is the hop of a page, POST with ``next`` that of a form, any other POST an API call."""
    visit = current_visit()
    if request.method == "GET":
        return _hop_of_page(visit)
    if "next" in request.args and visit.is_navigation:
        path = required_next_path()
        _renew_cookies(visit)
        return redirect_to_next(path, 307)
    body = read_json()
    if "refresh_token" in body:
        pair, _ = _rotate(visit, _decode(visit, body["refresh_token"]))
        return jsonify(pair.as_json())
    pair = _renew_cookies(visit)
    return jsonify(expires_in=pair.expires_in, refresh_expires_in=pair.refresh_expires_in)


def _hop_of_page(visit: Visit) -> BaseResponse:
    path = next_path()
    try:
        _renew_cookies(visit)
    except SessionEnded:
        if "optional" in request.args:
            return redirect_to_next(path)
        return redirect(url_for("kakao_login.login", next=path), 303)
    except DuplicateCookie:
        raise
    except LoginRequired:
        if "optional" not in request.args:
            return redirect(url_for("kakao_login.login", next=path), 303)
        visit.cookies.clear_access()
    except InvalidToken:
        return redirect(url_for("kakao_login.login", next=path), 303)
    return redirect_to_next(path)


def _renew_cookies(visit: Visit) -> TokenPair:
    """Renew by cookie: the refresh token counts only beside an access token of its own session.

    A sibling subdomain can plant a refresh cookie, but never the access cookie, whose name it may not set.
    """
    if visit.bearer is not None:
        raise LoginRequired
    login = visit.living_login()
    unverified_refresh = visit.cookies.refresh_token
    if unverified_refresh is None:
        raise LoginRequired
    token = _decode(visit, unverified_refresh)
    if token.sid != login.sid:
        raise InvalidToken
    try:
        pair, generation = _rotate(visit, token)
    except SessionEnded:
        visit.forget(login)
        raise
    if generation == token.generation:
        visit.cookies.set_access(pair)
    else:
        visit.cookies.set_pair(pair)
    return pair


def _decode(visit: Visit, unverified_refresh: Any) -> Token:
    if not isinstance(unverified_refresh, str):
        raise InvalidToken
    return visit.services.codec.decode("refresh", unverified_refresh, now=visit.services.clock())


def _rotate(visit: Visit, token: Token) -> tuple[TokenPair, int]:
    """Take the token's step; gives the pair and its generation."""
    services = visit.services
    expired = token.expires_at <= services.clock()
    row = services.renewals.rotate(token.sid, token.generation, token_expired=expired)
    return services.pairs.make(row), row.generation
