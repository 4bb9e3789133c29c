"""The wrong answers that can be ordered: errors as Kakao words them, and what is no answer at all."""

from __future__ import annotations

from flask import Response, json

from ..store.faults import PAGES, Fault
from .errors import KakaoPageError, KapiError, TokenError

HUGE = 3_000_000
# Which of kapi's codes goes with which status; every other one is its internal error.
KAPI_CODES = {401: -401, 403: -5, 429: -10, 503: -9798}
_BODIES = {"garbage": b'{"access_token": "\xff\xfe\x00', "empty": b"", "huge": b'{"huge":"' + b"a" * HUGE + b'"}'}


def wrong_answer(fault: Fault, endpoint: str, *, kapi: bool, url: str) -> Response:
    """Give what answers instead of the view. Raises the error of a status or code (`http_503`, `KOE320`)."""
    if fault.fault.startswith(("http_", "KOE", "-")):
        raise _error(fault.fault, endpoint, kapi=kapi)
    if fault.fault == "answer":
        body = fault.body if isinstance(fault.body, str) else json.dumps(fault.body)
        return _json_answer(fault.status, body.encode())
    if fault.fault == "redirect":
        return Response(status=302, headers={"Location": f"{url}/redirected"})
    if fault.fault == "html":
        return Response("<!doctype html><title>Maintenance</title><p>Please come back later.", 200)
    return _json_answer(200, _BODIES[fault.fault])


def _error(fault: str, endpoint: str, *, kapi: bool) -> Exception:
    """Make the error of a code of Kakao's, or of a status with the code that goes with it."""
    status = int(fault[5:]) if fault.startswith("http_") else None
    if endpoint in PAGES:
        return KakaoPageError("KOE003", status=status) if status else KakaoPageError(fault)
    if kapi:
        return KapiError(KAPI_CODES.get(status, -1) if status else int(fault), status=status)
    return TokenError({401: "KOE010", 429: "KOE237"}.get(status, "KOE003") if status else fault, status=status)


def _json_answer(status: int, body: bytes) -> Response:
    return Response(body, status, content_type="application/json;charset=UTF-8")
