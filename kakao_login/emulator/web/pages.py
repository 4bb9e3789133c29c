"""What every page shares: its language, its words and its headers."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, request

from ..texts.console import CONSOLE
from ..texts.names import item_name, persona_note
from ..texts.pages import PAGES
from ..texts.text import ENGLISH, KOREAN, LANGUAGES, in_language

# Where a form may lead is left open: after it, Kakao redirects to whatever URI the app registered.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self';"
    " img-src 'self' http: https:; base-uri 'none'; frame-ancestors 'none'"
)
CACHEABLE = frozenset({"kauth.jwks", "kauth.discovery", "pictures.picture", "static"})


def page_language() -> str:
    """Give `ko` or `en`: as `lang` in the query says, else as the browser prefers, else Korean."""
    asked = request.args.get("lang")
    if asked in LANGUAGES:
        return asked
    return request.accept_languages.best_match(LANGUAGES, default=KOREAN)


def page_texts() -> dict[str, str]:
    """Give the words of the page's language."""
    return in_language(PAGES, page_language())


def url_in_other_language() -> str:
    """Give a link to this page with the language switched and everything else kept."""
    other = KOREAN if page_language() == ENGLISH else ENGLISH
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
    # Only a query, for a path such as `//evil.example` would lead to another site.
    return f"?{urlencode([*kept, ('lang', other)])}"


def is_kapi_path() -> bool:
    """Say whether the request is for kapi, which answers in JSON whatever happens."""
    return request.path.startswith(("/v1/", "/v2/", "/emulator/"))


def _for_templates() -> dict[str, Any]:
    return {
        "t": page_texts(),
        "c": in_language(CONSOLE, page_language()),
        "lang": page_language(),
        "url_in_other_language": url_in_other_language,
        "item_name": item_name,
        "persona_note": persona_note,
    }


def _protect(response: Response) -> Response:
    if request.endpoint not in CACHEABLE:
        response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    if response.mimetype == "text/html":
        response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    return response


def prepare_pages(app: Flask) -> None:
    """Give the templates their words and every answer its headers."""
    app.context_processor(_for_templates)
    app.after_request(_protect)
