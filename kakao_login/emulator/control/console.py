"""The console at `/emulator/`: what the control API does, by hand, with the requests as they come in."""

from __future__ import annotations

from collections.abc import Iterator
from queue import Empty
from typing import Any

from flask import Blueprint, Response, json, render_template, stream_with_context

from ..store.error_codes import KAPI_ERRORS, PAGE_ERRORS, TOKEN_ERRORS
from ..store.faults import CALL_FAULTS, ENDPOINTS, KAPI, PAGES, SIGNED, TOKEN_FAULTS, TOKENS
from ..store.recorder import Recorder
from ..texts.names import ITEMS, PERSONA_NOTES, item_name
from ..texts.reasons import REASONS
from ..texts.text import in_language
from ..web.context import current_state
from ..web.pages import page_language
from ..webhooks.leaving import REFERRER_TYPES, WITHDRAWN_TERMS
from ..webhooks.security_events import EVENT_TYPES
from .visitors import refuse_other_sites

# A line that is silent for longer may be cut by something between server and browser.
PING_SECONDS = 15.0
STATUS_FAULTS = ("http_429", "http_500", "http_503")
# Endpoints that fail with the same codes of Kakao's.
KINDS = {"pages": PAGES, "tokens": TOKENS, "kapi": KAPI}
MISSING_CLAIMS = tuple(
    f"no_{name}"
    for name in ["iss", "aud", "sub", "iat", "exp", "nonce", "email", "nickname", "jti", "events", "toe"]
)


def page() -> str:
    """Give the console; a script fills it from the control API."""
    return render_template(
        "console.html",
        endpoints=sorted(ENDPOINTS),
        kinds={name: kind for kind, names in KINDS.items() for name in names},
        codes={"pages": sorted(PAGE_ERRORS), "tokens": sorted(TOKEN_ERRORS), "kapi": list(KAPI_ERRORS)},
        signed=sorted(SIGNED),
        status_faults=STATUS_FAULTS,
        call_faults=sorted(CALL_FAULTS),
        token_faults=[*sorted(TOKEN_FAULTS), *MISSING_CLAIMS],
        event_types=list(EVENT_TYPES),
        referrer_types=[*sorted(REFERRER_TYPES), WITHDRAWN_TERMS],
        facts=_facts(page_language()),
    )


def _facts(lang: str) -> dict[str, Any]:
    """Give what the script knows besides words: names of consent items, notes on personas, reasons by code."""
    return {
        "items": {item: item_name(item, lang) for item in ITEMS},
        "notes": in_language(PERSONA_NOTES, lang),
        "reasons": in_language(REASONS, lang),
    }


def stream() -> Response:
    """Send each call as a server-sent event when it begins and when it ends."""
    calls = stream_with_context(_events(current_state().recorder))
    return Response(calls, mimetype="text/event-stream", headers={"Cache-Control": "no-store"})


def _events(recorder: Recorder) -> Iterator[str]:
    with recorder.watch() as queue:
        yield ": connected\n\n"
        while True:
            try:
                call = queue.get(timeout=PING_SECONDS)
            except Empty:
                yield ": still here\n\n"
                continue
            if call is None:
                return
            yield f"data: {json.dumps(call.as_json())}\n\n"


def console() -> Blueprint:
    """Make the blueprint of the console."""
    blueprint = Blueprint("console", __name__, url_prefix="/emulator")
    blueprint.before_request(refuse_other_sites)
    blueprint.add_url_rule("/", view_func=page)
    blueprint.add_url_rule("/stream", view_func=stream)
    return blueprint
