"""``/auth/refresh``: renew the cookies, or answer a new pair to a client that keeps its tokens itself."""

from __future__ import annotations

from contextlib import suppress
from operator import attrgetter
from typing import Any

from flask import jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ..errors import DuplicateCookie, InvalidToken, LoginRequired, SessionEnded
from ..tokens.codec import Token
from ..tokens.pair import TokenPair, Use
from .body import is_hop_of_form, pass_over_body, read_json
from .next_path import next_path, redirect_to_next, required_next_path
from .visit import Login, Visit, current_visit


def refresh() -> BaseResponse:
    """Renew: GET is the hop of a page, POST with ``next`` that of a form, any other POST an API call."""
    visit = current_visit()
    if request.method == "GET":
        return _hop_of_page(visit)
    if is_hop_of_form():
        return _hop_of_form(visit)
    body = read_json()
    if "refresh_token" in body:
        pair, _ = _rotate(visit, _decode(visit, body["refresh_token"], "json"), "json")
        return jsonify(pair.as_json())
    pair = _renew_cookies(visit)
    return jsonify(expires_in=pair.expires_in, refresh_expires_in=pair.refresh_expires_in)


def _hop_of_form(visit: Visit) -> BaseResponse:
    """Lead a posted form on; its body is the host's, and so is the CSRF token that may be in there."""
    path = required_next_path()
    visit.excuse_csrf_token()
    _renew_cookies(visit)
    pass_over_body()
    return redirect_to_next(path, 307)


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
    token = _refresh_token_of(visit, login)
    try:
        pair, generation = _rotate(visit, token, "cookie")
    except SessionEnded:
        visit.forget(login)
        raise
    if generation == token.generation:
        visit.cookies.set_access(pair)
    else:
        visit.cookies.set_pair(pair)
    return pair


def _refresh_token_of(visit: Visit, login: Login) -> Token:
    """Give the newest refresh cookie of the login's own session; any other was planted, or is left over."""
    tokens = refresh_cookies(visit)
    if not tokens and not visit.cookies.refresh_tokens:
        raise LoginRequired
    own = [token for token in tokens if token.sid == login.sid]
    if not own:
        raise InvalidToken
    return max(own, key=attrgetter("generation"))


def refresh_cookies(visit: Visit) -> list[Token]:
    """Give the proved refresh tokens that came as cookies, of whatever session."""
    tokens = []
    for unverified_refresh in visit.cookies.refresh_tokens:
        with suppress(InvalidToken):
            tokens.append(_decode(visit, unverified_refresh, "cookie"))
    return tokens


def _decode(visit: Visit, unverified_refresh: Any, use: Use) -> Token:
    """Prove a refresh token, taken back only as it was handed out, so that a stolen cookie is no API key."""
    if not isinstance(unverified_refresh, str):
        raise InvalidToken
    token = visit.services.codec.decode("refresh", unverified_refresh, now=visit.services.clock())
    if token.claims["use"] != use:
        raise InvalidToken
    return token


def _rotate(visit: Visit, token: Token, use: Use) -> tuple[TokenPair, int]:
    """Take the token's step; gives the pair and its generation."""
    services = visit.services
    expired = token.expires_at <= services.clock()
    row = services.renewals.rotate(token.sid, token.generation, token_expired=expired)
    return services.pair_of(row, use), row.generation
