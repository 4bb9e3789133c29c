"""The control API under `/emulator`: JSON in, JSON out, each call one method of Emulator."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Blueprint, request
from werkzeug.exceptions import HTTPException

from ..store.faults import ENDPOINTS, SIGNED
from ..store.refusals import InvalidSetting, NotFound, Refusal
from ..webhooks.security_events import EVENT_TYPES
from .emulator import Emulator
from .reading import Json, asked, body, body_of_app, known, number_asked
from .rules import check
from .visitors import refuse_http, refuse_other_sites

CONSENTS, UNLINK = ("agreed", "client_id"), ("referrer_type", "client_id")
BROWSER = ("persona", "user_id", "agree", "browser")
# Whatever else the body of an event has goes into the event.
EVENT = ("type", "toe", "claims", "client_id")


def _sent(deliveries: list[Json]) -> Json:
    return {"deliveries": deliveries}


def _browsers(emulator: Emulator) -> Json:
    return {"browsers": emulator.browsers()}


def _sign_in(emulator: Emulator) -> Json:
    values = known(body(), BROWSER)
    if ("persona" in values) == ("user_id" in values):
        raise InvalidSetting("one_person_due")
    who = {name: values.pop(name) for name in ("persona", "user_id") if name in values}
    [user] = check(**who).values()
    emulator.sign_in_as(user, **values)
    return _browsers(emulator)


def _show_pages(emulator: Emulator) -> Json:
    emulator.show_pages(known(body(), BROWSER).get("browser"))
    return _browsers(emulator)


def _unlink(emulator: Emulator, user: str) -> Json:
    return _sent(emulator.unlink(user, **known(body_of_app(), UNLINK)))


def _send_event(emulator: Emulator, user: str) -> Json:
    values = body_of_app()
    details = {name: values.pop(name) for name in values.keys() - set(EVENT)}
    if "type" not in known(values, EVENT):
        raise InvalidSetting("type_missing", "type", choices=", ".join(EVENT_TYPES))
    return _sent(emulator.send_event(user, values.pop("type"), details=details, **values))


def _webhooks(emulator: Emulator, **switches: Any) -> Json:
    return emulator.switch_webhooks(**switches) | {"deliveries": emulator.deliveries()}


def _faults(emulator: Emulator) -> Json:
    return {"faults": emulator.state.faults.pending(), "endpoints": sorted(ENDPOINTS | SIGNED)}


def _order_fault(emulator: Emulator) -> Json:
    order = {"endpoint": "", "fault": ""} | body()
    emulator.fault(order.pop("endpoint"), order.pop("fault"), **order)
    return _faults(emulator)


def _clear_faults(emulator: Emulator) -> Json:
    emulator.clear_faults()
    return _faults(emulator)


def _requests(emulator: Emulator) -> Json:
    return {"requests": emulator.requests(request.args.get("endpoint"), number_asked("last"))}


def _clear_requests(emulator: Emulator) -> Json:
    if "last" in request.args:
        raise InvalidSetting("for_get_only", "last")
    emulator.clear_requests(request.args.get("endpoint"))
    return _requests(emulator)


def _reset(emulator: Emulator) -> Json:
    emulator.reset()
    return {"reset": True}


# Method, path, and what answers: it is given the emulator and what stands in the path.
CALLS: tuple[tuple[str, str, Callable[..., Json]], ...] = (
    ("GET", "/app", lambda kakao: kakao.app(**asked("client_id"))),
    ("PATCH", "/app", lambda kakao: kakao.patch_app(request.args.get("client_id"), **body())),
    ("GET", "/apps", lambda kakao: {"apps": kakao.apps()}),
    ("POST", "/apps", lambda kakao: kakao.add_app(**body())),
    ("GET", "/users", lambda kakao: {"users": kakao.users(request.args.get("search", ""), number_asked("limit"))}),
    ("POST", "/users", lambda kakao: kakao.add_user(**body())),
    ("PATCH", "/users/<user>", lambda kakao, user: kakao.patch_user(user, **body())),
    ("PUT", "/users/<user>/consents", lambda kakao, user: kakao.consent(user, **known(body_of_app(), CONSENTS))),
    ("POST", "/users/<user>/unlink", _unlink),
    ("POST", "/users/<user>/events", _send_event),
    ("GET", "/webhooks", _webhooks),
    ("PATCH", "/webhooks", lambda kakao: _webhooks(kakao, **known(body(), ("copies", "hold")))),
    ("POST", "/webhooks/release", lambda kakao: _sent(kakao.release_webhooks(**known(body(), ("reverse",))))),
    ("GET", "/browser", _browsers),
    ("PUT", "/browser", _sign_in),
    ("DELETE", "/browser", _show_pages),
    ("GET", "/faults", _faults),
    ("POST", "/faults", _order_fault),
    ("DELETE", "/faults", _clear_faults),
    ("GET", "/clock", lambda kakao: {"now": kakao.state.clock.now()}),
    ("POST", "/clock", lambda kakao: {"now": kakao.advance_clock(known(body(), ("advance",)).get("advance", 0))}),
    ("GET", "/requests", _requests),
    ("DELETE", "/requests", _clear_requests),
    ("POST", "/keys", lambda kakao: {"kid": kakao.rotate_keys(**known(body(), ("keep_old",)))}),
    ("POST", "/reset", _reset),
)


def _refuse(error: Refusal) -> tuple[Json, int]:
    return error.as_json(), 404 if isinstance(error, NotFound) else 400


def control(emulator: Emulator) -> Blueprint:
    """Make the blueprint of one emulator's control API."""
    blueprint = Blueprint("control", __name__, url_prefix="/emulator")
    blueprint.register_error_handler(Refusal, _refuse)
    blueprint.register_error_handler(HTTPException, refuse_http)
    blueprint.before_request(refuse_other_sites)
    for method, rule, answer in CALLS:
        blueprint.add_url_rule(rule, f"{method} {rule}", partial(answer, emulator), methods=[method])
    return blueprint
