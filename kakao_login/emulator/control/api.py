"""The control API under `/emulator`: JSON in, JSON out, each call one method of Emulator."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Response, json, jsonify, request
from werkzeug.exceptions import HTTPException

from ..store import checks
from ..store.checks import checked
from ..store.faults import ENDPOINTS, SIGNED
from ..store.refusals import InvalidSetting, NotFound, Refusal
from ..webhooks.security_events import EVENT_TYPES
from .emulator import Emulator
from .visitors import refuse_other_sites
from .webhook_calls import RULES

Json = dict[str, Any]
COUNT = re.compile(r"[1-9][0-9]{0,17}")

_BROWSER: dict[str, checks.Check] = {
    "persona": checks.text,
    "user_id": checks.identifier,
    "agree": lambda value: value if value == "all" else checks.tuple_of(checks.text)(value),
    "browser": checks.text,
}
_CONSENTS: dict[str, checks.Check] = {"agreed": checks.tuple_of(checks.text), "client_id": checks.text}
_UNLINK: dict[str, checks.Check] = {"referrer_type": RULES["referrer_type"], "client_id": checks.text}
_EVENT: dict[str, checks.Check] = {
    "type": RULES["type"],
    "toe": checks.whole_number,
    "claims": checks.mapping_to(lambda value: value),
    "client_id": checks.text,
}
_SWITCHES: dict[str, checks.Check] = {name: RULES[name] for name in ("copies", "hold")}


def _body() -> Json:
    """Read a JSON object, if any. Only JSON counts, so no foreign web page can post here."""
    if not request.content_length and not request.get_data():
        return {}
    try:
        value = request.get_json()
        json.dumps(value, ensure_ascii=False).encode()
    except (RecursionError, UnicodeEncodeError) as error:
        raise InvalidSetting("json_unusable") from error
    if not isinstance(value, dict):
        raise InvalidSetting("must_be_json_object")
    return value


def _of_app(values: Json) -> Json:
    """Give the values of a call that is about one app, which may also be named in the query."""
    return values | {name: request.args[name] for name in ("client_id",) if name in request.args}


def _number_asked(name: str) -> int | None:
    """Give a number of the query; None if it is left out or empty."""
    text = request.args.get(name)
    if not text:
        return None
    if COUNT.fullmatch(text) is None:
        raise InvalidSetting("must_be_count", name)
    return int(text)


class _Views:
    """The views of one emulator's control API."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator

    def app(self) -> Response:
        client_id = request.args.get("client_id")
        if request.method == "PATCH":
            return jsonify(self.emulator.patch_app(client_id, **_body()))
        return jsonify(self.emulator.app(client_id))

    def apps(self) -> Response:
        if request.method == "POST":
            return jsonify(self.emulator.add_app(**_body()))
        return jsonify(apps=self.emulator.apps())

    def users(self) -> Response:
        if request.method == "POST":
            return jsonify(self.emulator.add_user(**_body()))
        return jsonify(users=self.emulator.users(request.args.get("search", ""), _number_asked("limit")))

    def user(self, user: str) -> Response:
        return jsonify(self.emulator.patch_user(user, **_body()))

    def consents(self, user: str) -> Response:
        return jsonify(self.emulator.consent(user, **_of_app(checked(_body(), _CONSENTS))))

    def browser(self) -> Response:
        body = checked(_body(), _BROWSER)
        if request.method == "DELETE":
            self.emulator.show_pages(body.get("browser"))
        if request.method == "PUT":
            if ("persona" in body) == ("user_id" in body):
                raise InvalidSetting("one_person_due")
            user = body.get("persona") or body["user_id"]
            self.emulator.sign_in_as(user, body.get("agree", "all"), body.get("browser"))
        return jsonify(browsers=self.emulator.browsers())

    def unlink(self, user: str) -> Response:
        return jsonify(deliveries=self.emulator.unlink(user, **_of_app(checked(_body(), _UNLINK))))

    def event(self, user: str) -> Response:
        body = _of_app(_body())
        if "type" not in body:
            raise InvalidSetting("type_missing", "type", choices=", ".join(EVENT_TYPES))
        details = {name: body.pop(name) for name in body.keys() - _EVENT.keys()}
        known = checked(body, _EVENT)
        sent = self.emulator.send_event(user, known.pop("type"), details=details, **known)
        return jsonify(deliveries=sent)

    def webhooks(self) -> Response:
        switches = self.emulator.switch_webhooks(**checked(_body(), _SWITCHES))
        return jsonify(**switches, deliveries=self.emulator.deliveries())

    def release(self) -> Response:
        reverse = checked(_body(), {"reverse": checks.flag}).get("reverse", False)
        return jsonify(deliveries=self.emulator.release_webhooks(reverse=reverse))

    def faults(self) -> Response:
        if request.method == "DELETE":
            self.emulator.clear_faults()
        if request.method == "POST":
            body = {"endpoint": "", "fault": ""} | _body()
            self.emulator.fault(body.pop("endpoint"), body.pop("fault"), **body)
        return jsonify(faults=self.emulator.state.faults.pending(), endpoints=sorted(ENDPOINTS | SIGNED))

    def clock(self) -> Response:
        if request.method == "POST":
            self.emulator.advance_clock(checked(_body(), {"advance": checks.seconds}).get("advance", 0))
        return jsonify(now=self.emulator.state.clock.now())

    def requests(self) -> Response:
        endpoint = request.args.get("endpoint")
        if request.method == "DELETE":
            if "last" in request.args:
                raise InvalidSetting("for_get_only", "last")
            self.emulator.clear_requests(endpoint)
        return jsonify(requests=self.emulator.requests(endpoint, _number_asked("last")))

    def keys(self) -> Response:
        return jsonify(kid=self.emulator.rotate_keys(**checked(_body(), {"keep_old": checks.flag})))

    def reset(self) -> Response:
        self.emulator.reset()
        return jsonify(reset=True)


def _refuse(error: Refusal) -> tuple[Json, int]:
    return error.as_json(), 404 if isinstance(error, NotFound) else 400


def _refuse_http(error: HTTPException) -> tuple[Json, int]:
    """Answer what Flask itself refuses in the same form; its code is the status in words, `forbidden`."""
    code = error.name.lower().replace(" ", "_")
    return {"error": error.description, "code": code, "setting": [], "values": {}}, error.code or 500


def control(emulator: Emulator) -> Blueprint:
    """Make the blueprint of one emulator's control API."""
    views = _Views(emulator)
    blueprint = Blueprint("control", __name__, url_prefix="/emulator")
    blueprint.register_error_handler(Refusal, _refuse)
    blueprint.register_error_handler(HTTPException, _refuse_http)
    blueprint.before_request(refuse_other_sites)
    route = blueprint.add_url_rule
    route("/app", view_func=views.app, methods=["GET", "PATCH"])
    route("/apps", view_func=views.apps, methods=["GET", "POST"])
    route("/users", view_func=views.users, methods=["GET", "POST"])
    route("/users/<user>", view_func=views.user, methods=["PATCH"])
    route("/users/<user>/consents", view_func=views.consents, methods=["PUT"])
    route("/users/<user>/unlink", view_func=views.unlink, methods=["POST"])
    route("/users/<user>/events", view_func=views.event, methods=["POST"])
    route("/webhooks", view_func=views.webhooks, methods=["GET", "PATCH"])
    route("/webhooks/release", view_func=views.release, methods=["POST"])
    route("/browser", view_func=views.browser, methods=["GET", "PUT", "DELETE"])
    route("/faults", view_func=views.faults, methods=["GET", "POST", "DELETE"])
    route("/clock", view_func=views.clock, methods=["GET", "POST"])
    route("/requests", view_func=views.requests, methods=["GET", "DELETE"])
    route("/keys", view_func=views.keys, methods=["POST"])
    route("/reset", view_func=views.reset, methods=["POST"])
    return blueprint
