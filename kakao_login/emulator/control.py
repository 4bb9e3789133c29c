"""The control API under `/emulator`: JSON in, JSON out, each call one method of Emulator."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, jsonify, request
from werkzeug.exceptions import HTTPException

from . import checks
from .checks import InvalidSetting, checked
from .emulator import Emulator
from .faults import ENDPOINTS, SIGNED
from .lookup import NotFound

Json = dict[str, Any]

_BROWSER: dict[str, checks.Check] = {
    "persona": checks.text,
    "user_id": checks.identifier,
    "agree": lambda value: value if value == "all" else checks.tuple_of(checks.text)(value),
    "browser": checks.text,
}
_UNLINK: dict[str, checks.Check] = {"referrer_type": checks.text, "client_id": checks.text}
_CONSENTS: dict[str, checks.Check] = {"agreed": checks.tuple_of(checks.text), "client_id": checks.text}
_EVENT: dict[str, checks.Check] = {
    "type": checks.text,
    "details": checks.mapping_to(lambda value: value),
    "toe": checks.whole_number,
    "claims": checks.mapping_to(lambda value: value),
    "client_id": checks.text,
}
_SWITCHES: dict[str, checks.Check] = {"copies": checks.identifier, "hold": checks.flag}


def _body() -> Json:
    """Read a JSON object, if any. Only JSON counts, so no foreign web page can post here."""
    if not request.content_length and not request.get_data():
        return {}
    value = request.get_json()
    if not isinstance(value, dict):
        raise InvalidSetting("a JSON object is due")
    return value


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
        return jsonify(users=self.emulator.users())

    def user(self, user: str) -> Response:
        return jsonify(self.emulator.patch_user(user, **_body()))

    def consents(self, user: str) -> Response:
        return jsonify(self.emulator.consent(user, **({"agreed": ()} | checked(_body(), _CONSENTS))))

    def browser(self) -> Response:
        body = checked(_body(), _BROWSER)
        if request.method == "DELETE":
            self.emulator.show_pages(body.get("browser"))
            return jsonify(signed_in_as=None)
        user = body.get("persona") or body.get("user_id") or ""
        self.emulator.sign_in_as(user, body.get("agree", "all"), body.get("browser"))
        return jsonify(signed_in_as=user)

    def unlink(self, user: str) -> Response:
        return jsonify(deliveries=self.emulator.unlink(user, **checked(_body(), _UNLINK)))

    def event(self, user: str) -> Response:
        body = {"type": ""} | checked(_body(), _EVENT)
        return jsonify(deliveries=self.emulator.send_event(user, body.pop("type"), **body))

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
            self.emulator.fault(**({"endpoint": "", "fault": ""} | _body()))
        return jsonify(faults=self.emulator.state.faults.pending(), endpoints=sorted(ENDPOINTS | SIGNED))

    def clock(self) -> Response:
        if request.method == "POST":
            self.emulator.advance_clock(_body().get("advance", 0))
        return jsonify(now=self.emulator.state.clock.now())

    def requests(self) -> Response:
        if request.method == "DELETE":
            self.emulator.clear_requests()
        return jsonify(requests=self.emulator.requests(request.args.get("endpoint")))

    def keys(self) -> Response:
        return jsonify(kid=self.emulator.rotate_keys(_body().get("keep_old", True) is True))

    def reset(self) -> Response:
        self.emulator.reset()
        return jsonify(reset=True)


def _refuse_other_sites() -> None:
    """Keep the pages of other sites out; a browser says truthfully where a request comes from."""
    if request.headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"}:
        abort(403, "The control API takes no calls from the pages of another site.")


def _refuse(error: Exception) -> tuple[Response, int]:
    return jsonify(error=str(error)), 404 if isinstance(error, NotFound) else 400


def _refuse_http(error: HTTPException) -> tuple[Response, int]:
    return jsonify(error=error.description), error.code or 500


def control(emulator: Emulator) -> Blueprint:
    """Make the blueprint of one emulator's control API."""
    views = _Views(emulator)
    blueprint = Blueprint("control", __name__, url_prefix="/emulator")
    blueprint.register_error_handler(InvalidSetting, _refuse)
    blueprint.register_error_handler(NotFound, _refuse)
    blueprint.register_error_handler(HTTPException, _refuse_http)
    blueprint.before_request(_refuse_other_sites)
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
    route("/browser", view_func=views.browser, methods=["PUT", "DELETE"])
    route("/faults", view_func=views.faults, methods=["GET", "POST", "DELETE"])
    route("/clock", view_func=views.clock, methods=["GET", "POST"])
    route("/requests", view_func=views.requests, methods=["GET", "DELETE"])
    route("/keys", view_func=views.keys, methods=["POST"])
    route("/reset", view_func=views.reset, methods=["POST"])
    return blueprint
