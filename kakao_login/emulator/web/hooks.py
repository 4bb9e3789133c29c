"""What surrounds every call: it is recorded, and an ordered failure strikes before or after the view."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace

from flask import Flask, Response, g, request
from werkzeug.exceptions import RequestEntityTooLarge

from ..http.request import ConnectionDropped
from ..store.faults import HANG_SECONDS, SLOW_MS, Fault
from ..store.recorder import Call
from .context import call_name, current_state
from .outages import wrong_answer

# How many seconds a client in this process would wait for an answer, in the WSGI environment.
PATIENCE = "kakao_emulator.patience"
SPARED = frozenset({"control", "console", "pictures"})


def watch_calls(app: Flask) -> None:
    """Record the calls of this app and let faults strike them. The emulator's own pages are left alone."""
    app.before_request(_begin)
    app.after_request(_finish)


def _is_spared() -> bool:
    return request.blueprint in SPARED or request.endpoint == "static"


def _begin() -> Response | None:
    if _is_spared():
        return None
    state, form = current_state(), _form()
    masking = state.masking()
    g.alarm = state.faults.alarm()
    fault = state.faults.take(call_name())
    g.started, g.fault = time.perf_counter(), fault
    g.call = Call(
        number=state.recorder.next_number(),
        at=state.clock.now(),
        endpoint=masking.text(call_name()),
        method=request.method,
        path=masking.text(request.path),
        query=masking.parameters(request.args.lists()),
        form=masking.parameters(form),
        headers=masking.headers(request.headers),
        fault=fault.fault if fault else None,
    )
    state.recorder.begin(g.call)
    return _strike(fault) if fault else None


def _form() -> Iterable[tuple[str, list[str]]]:
    """Give the fields of the body; none if it is larger than any call may be, which the view will refuse."""
    try:
        return request.form.lists()
    except RequestEntityTooLarge:
        return ()


def _finish(response: Response) -> Response:
    call: Call | None = g.get("call")
    if call is None:
        return response
    milliseconds = round((time.perf_counter() - g.started) * 1000, 2)
    ended = replace(call, status=response.status_code, error=_error_of(response), milliseconds=milliseconds)
    current_state().recorder.end(ended)
    if g.fault is not None and g.fault.fault == "timeout_after_issue":
        _wait(g.fault.delay_ms / 1000)
        raise ConnectionDropped
    return response


def _error_of(response: Response) -> str | None:
    """Give Kakao's own code of an error answer, for the log: KOE320, -401, access_denied."""
    if "error" in g:
        return str(g.error)
    if response.status_code < 400 or not response.is_json:
        return None
    body = response.get_json(silent=True)
    found = body.get("error_code") or body.get("error") or body.get("code") if isinstance(body, dict) else None
    return str(found) if found is not None else None


def _wait(seconds: float) -> None:
    """Keep the client waiting. One in this process does not wait: it times out at once, or not at all."""
    patience: float | None = request.environ.get(PATIENCE)
    if patience is None:
        g.alarm.wait(seconds)
    elif seconds > patience:
        raise ConnectionDropped(timed_out=True)


def _strike(fault: Fault) -> Response | None:
    """Fail as ordered, instead of the view; None lets the view run."""
    if fault.fault == "timeout_after_issue":
        return None
    if fault.fault == "slow":
        _wait((fault.delay_ms or SLOW_MS) / 1000)
        return None
    _wait(fault.delay_ms / 1000)
    if fault.fault == "hang":
        _wait(HANG_SECONDS)
    if fault.fault in {"hang", "reset"}:
        raise ConnectionDropped
    return wrong_answer(fault)
