"""Kakao's errors, each rendered in one place: KOE pages and redirects of kauth, JSON of kauth and kapi."""

from __future__ import annotations

import string
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from flask import Flask, Response, g, jsonify, render_template, request
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from ..store.error_codes import KAPI_ERRORS, SETUP_ERRORS, TOKEN_ERRORS
from .pages import is_kapi_path, page_texts

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# The status of these pages is not documented; 400 is this emulator's choice.
KOE_PAGE_STATUS = 400


class KakaoPageError(Exception):
    """An error that Kakao shows to the visitor and never sends to the redirect URI, which cannot be trusted.

    `known` is what would have been right: the redirect URIs that are registered, the items that are set up.
    """

    def __init__(
        self, koe: str, detail: str = "", *, known: Iterable[str] | None = None, status: int = KOE_PAGE_STATUS
    ) -> None:
        super().__init__(koe)
        self.koe, self.detail, self.status = koe, detail, status
        self.known = None if known is None else tuple(known)


class RedirectedError(Exception):
    """An error that goes back to the redirect URI (RFC 6749 4.1.2.1)."""

    def __init__(self, redirect_uri: str, state: str | None, error: str, description: str) -> None:
        super().__init__(error)
        answer = {"error": error, "error_description": description}
        self.location = with_parameters(redirect_uri, answer | ({} if state is None else {"state": state}))
        self.error = error


class TokenError(Exception):
    """An error of the token endpoint (RFC 6749 5.2) with Kakao's own code."""

    def __init__(self, koe: str, detail: str = "", *, status: int | None = None) -> None:
        super().__init__(koe)
        error, usual, description = TOKEN_ERRORS[koe]
        self.status = status or usual
        self.body = {"error": error, "error_description": description.format(detail), "error_code": koe}


class ProofKeyError(TokenError):
    """A wrong, missing or uncalled-for code_verifier. Kakao's KOE code for it is not known, so none is given."""

    def __init__(self, description: str) -> None:
        Exception.__init__(self, "invalid_grant")
        self.status = 400
        self.body = {"error": "invalid_grant", "error_description": description}


class KapiError(Exception):
    """An error of kapi; `more` are further members of its JSON body."""

    def __init__(
        self,
        code: int,
        detail: str = "",
        *,
        scheme: str = "Bearer",
        msg: str | None = None,
        status: int | None = None,
        **more: Any,
    ) -> None:
        super().__init__(str(code))
        usual, message = KAPI_ERRORS[code]
        self.status = status or usual
        self.scheme = scheme
        self.body = {"msg": msg or message.format(detail), "code": code, **more}


def with_parameters(url: str, parameters: dict[str, str]) -> str:
    """Append parameters to the query that a URL may already have."""
    separator = "?" if "?" not in url else "" if url.endswith(("?", "&")) else "&"
    return f"{url}{separator}{urlencode(parameters)}"


class Found(Response):
    """A redirect to an address that is left as it was registered; Werkzeug would write it in its own way."""

    def __init__(self, location: str, status: int) -> None:
        super().__init__(status=status, content_type="text/html;charset=UTF-8")
        self._address = quote(location, safe=string.punctuation)

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        headers = super().get_wsgi_headers(environ)
        headers["Location"] = self._address
        return headers


def found(location: str, status: int = 302) -> Response:
    """Redirect with an empty body, as kauth does."""
    return Found(location, status)


def _show_page(error: KakaoPageError) -> tuple[str, int]:
    g.error = error.koe
    words, setup = page_texts(), error.koe in SETUP_ERRORS
    kind = words["setup_error" if setup else "bad_request"]
    why = words.get(f"why_{error.koe}", words["why_other"])
    page = render_template("koe.html", kind=kind, setup=setup, why=why, error=error)
    return page, error.status


def _send_back(error: RedirectedError) -> Response:
    g.error = error.error
    return found(error.location)


def _answer_token_error(error: TokenError) -> tuple[Response, int]:
    return jsonify(error.body), error.status


def _answer_kapi_error(error: KapiError) -> Response:
    response = jsonify(error.body)
    response.status_code = error.status
    if error.status == 401:
        response.headers["WWW-Authenticate"] = f"{error.scheme} error=invalid_token"
    return response


def _answer_http_error(error: HTTPException) -> tuple[Response | str, int, dict[str, str]]:
    """Answer an unknown path or method, or a body too large, in the manner of the host that would have it."""
    status, headers = error.code or 500, {}
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
    if is_kapi_path():
        return jsonify(msg=error.description or error.name, code=-2), status, headers
    if request.path in {"/oauth/token", "/oauth/tokeninfo"} and status != 405:
        return jsonify(TokenError("KOE001").body), status, headers
    return _show_page(KakaoPageError("KOE002", error.name))[0], status, headers


def register_error_handlers(app: Flask) -> None:
    """Teach the app to render every error of this room."""
    app.register_error_handler(KakaoPageError, _show_page)
    app.register_error_handler(RedirectedError, _send_back)
    app.register_error_handler(TokenError, _answer_token_error)
    app.register_error_handler(KapiError, _answer_kapi_error)
    app.register_error_handler(HTTPException, _answer_http_error)
