"""The Flask application that serves an emulator."""

from __future__ import annotations

from flask import Flask
from flask.json.provider import DefaultJSONProvider

from .control.api import control
from .control.console import console
from .control.emulator import Emulator
from .control.visitors import turn_other_names_away
from .kapi.routes import kapi
from .kauth.routes import kauth
from .web.context import bind_state
from .web.errors import register_error_handlers
from .web.hooks import watch_calls
from .web.pages import prepare_pages
from .web.pictures import pictures

# A login's requests are small; whatever is bigger is a mistake.
LARGEST_BODY = 1_000_000


class _Json(DefaultJSONProvider):
    """JSON as Kakao writes it: members in their own order, Korean letters as they are."""

    sort_keys = False
    ensure_ascii = False
    mimetype = "application/json;charset=UTF-8"


def create_app(emulator: Emulator) -> Flask:
    """Make the application of one emulator. It shares nothing with any other."""
    app = Flask(__name__, static_url_path="/emulator/static")
    # A redirect to the address with single slashes would repeat whatever Host it was sent.
    app.url_map.merge_slashes = False
    app.json = _Json(app)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.config["MAX_FORM_MEMORY_SIZE"] = LARGEST_BODY
    bind_state(app, emulator.state)
    # First of all, or what is turned away would be recorded and use faults up.
    app.before_request(turn_other_names_away)
    prepare_pages(app)
    watch_calls(app)
    register_error_handlers(app)
    app.register_blueprint(kauth())
    app.register_blueprint(kapi())
    app.register_blueprint(pictures())
    app.register_blueprint(control(emulator))
    app.register_blueprint(console())
    return app
