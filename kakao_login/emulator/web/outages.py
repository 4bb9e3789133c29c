"""The wrong answers that can be ordered: errors as Kakao words them, and what is no answer at all."""

from __future__ import annotations

from flask import Response, json

from ..store.faults import PAGES, Fault
from .context import call_name, current_state
from .errors import KakaoPageError, KapiError, TokenError
from .pages import is_kapi_path

HUGE = 3_000_000
# Which of kapi's codes goes with which status; every other one is its internal error.
KAPI_CODES = {401: -401, 403: -5, 429: -10, 503: -9798}
_BODIES = {"garbage": b'{"access_token": "\xff\xfe\x00', "empty": b"", "huge": b'{"huge":"' + b"a" * HUGE + b'"}'}


def wrong_answer(fault: Fault) -> Response:
    """Give what answers instead of the view. Raises the error of a status or code (`http_503`, `KOE320`)."""
    if fault.fault.startswith(("http_", "KOE", "-")):
        raise _error(fault.fault)
    if fault.fault == "answer":
        body = fault.body if isinstance(fault.body, str) else json.dumps(fault.body)
        return _json_answer(fault.status, body.encode())
    if fault.fault == "redirect":
        return Response(status=302, headers={"Location": f"{current_state().shown_url}/redirected"})
    if fault.fault == "html":
        return Response("<!doctype html><title>Maintenance</title><p>Please come back later.", 200)
    return _json_answer(200, _BODIES[fault.fault])


def _error(fault: str) -> Exception:
    """Make the error of a code of Kakao's, or of a status with the code that goes with it."""
    status = int(fault[5:]) if fault.startswith("http_") else None
    if call_name() in PAGES:
        return KakaoPageError("KOE003", status=status) if status else KakaoPageError(fault)
    if is_kapi_path():
        return KapiError(KAPI_CODES.get(status, -1) if status else int(fault), status=status)
    return TokenError({401: "KOE010", 429: "KOE237"}.get(status, "KOE003") if status else fault, status=status)


def _json_answer(status: int, body: bytes) -> Response:
    return Response(body, status, content_type="application/json;charset=UTF-8")
