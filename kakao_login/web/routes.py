"""The addresses under ``/auth``, and what holds for each of them."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge

from ..errors import InvalidRequest, TooLarge
from . import account, login, refresh
from .answers import render_error
from .body import limit_body
from .headers import add_missing, keep_out_of_caches
from .visit import current_visit

_NO_HEAD = frozenset({"kakao_login.login", "kakao_login.callback", "kakao_login.refresh"})
_HEADERS = {
    # The callback's address holds the code; no page it leads to may see that.
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def make_blueprint(url_prefix: str) -> Blueprint:
    """Make the routes of one app."""
    blueprint = Blueprint(
        "kakao_login",
        __package__,
        url_prefix=url_prefix,
        root_path=None,
        template_folder="../templates",
        static_folder="../static",
    )
    blueprint.before_request(_check_request)
    blueprint.after_request(_add_headers)
    blueprint.register_error_handler(RequestEntityTooLarge, _refuse_large_body)
    blueprint.add_url_rule("/kakao/login", "login", login.login)
    blueprint.add_url_rule("/kakao/callback", "callback", login.callback)
    blueprint.add_url_rule("/refresh", "refresh", refresh.refresh, methods=["GET", "POST"])
    blueprint.add_url_rule("/logout", "logout", account.logout, methods=["POST"])
    blueprint.add_url_rule("/me", "me", account.me)
    blueprint.add_url_rule("/sessions", "sessions", account.list_sessions)
    blueprint.add_url_rule("/sessions/<sid>", "session", account.end_session, methods=["DELETE"])
    return blueprint


def _check_request() -> None:
    # These change something although they are GET, and whoever asks for HEAD means to change nothing.
    if request.method == "HEAD" and request.endpoint in _NO_HEAD:
        abort(405)
    limit_body()
    current_visit().require_https()
    _check_single(request.args)


def _refuse_large_body(_: RequestEntityTooLarge) -> Response:
    return render_error(TooLarge())


def _check_single(parameters: MultiDict[str, str]) -> None:
    # RFC 6749 section 3.1: no parameter may come twice; which of the two counts is anybody's guess.
    twice = [name for name, values in parameters.lists() if len(values) > 1]
    if twice:
        raise InvalidRequest("a parameter was sent twice")


def _add_headers(response: Response) -> Response:
    if request.endpoint != "kakao_login.static":
        add_missing(response, _HEADERS)
        keep_out_of_caches(response)
    return response
