"""How an error looks: as JSON to a program, as a page in the host's layout to a person."""

from __future__ import annotations

import logging
from typing import Any

from flask import Response, jsonify, make_response, render_template, request
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from ..errors import KakaoLoginError, Language, LoginRequired, NotReady
from .visit import LONGEST_WISH, current_visit

logger = logging.getLogger("kakao_login.web")


def browser_language() -> Language:
    """Give the language the browser asks for, Korean unless English is preferred."""
    wished = parse_accept_header(request.headers.get("Accept-Language", "")[:LONGEST_WISH], LanguageAccept)
    return "en" if wished.best_match(["ko", "en"], "ko") == "en" else "ko"


def render_error(error: KakaoLoginError) -> Response:
    """Give the answer for an error raised anywhere in a request."""
    visit = current_visit()
    visit.ask_no_user()
    # The endpoint and not the path, which may hold what a person has typed.
    logger.log(error.log_level, "%s %s: %d %s", request.method, request.endpoint, error.status, error.code)
    if isinstance(error, NotReady) and visit.services.settings.development:
        error.detail = error.cure
    language = visit.services.locale_selector()
    as_page = visit.is_navigation or request.endpoint == "kakao_login.callback"
    response = _error_page(error, language) if as_page else _error_json(error, language)
    response.status_code = error.status
    response.headers["Cache-Control"] = "no-store"
    if error.status == 401:
        response.headers["WWW-Authenticate"] = _challenge(error)
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def render_page(name: str, language: Language, **values: Any) -> Response:
    """Render one of this package's pages, which a host may override by a template of the same name."""
    return make_response(render_template(f"kakao_login/{name}.html", language=language, **values))


def _error_page(error: KakaoLoginError, language: Language) -> Response:
    return render_page(
        "error",
        language,
        error=error,
        next_path=error.next_path,
        message=error.describe(language),
        remedy=error.remedy.in_language(language),
    )


def _error_json(error: KakaoLoginError, language: Language) -> Response:
    return jsonify(error=error.code, error_description=error.describe(language))


def _challenge(error: KakaoLoginError) -> str:
    # RFC 6750 section 3: no error code for a request that carried no credential.
    if isinstance(error, LoginRequired):
        return "Bearer"
    return f'Bearer error="invalid_token", error_description="{error.describe("en")}"'
