"""What the extension is measured against: nothing at all, a check by hand, Flask-Login."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any
from unittest.mock import patch

import flask_login
from flask import Flask, Response, abort, g, request
from flask_login import UserMixin
from flask_sqlalchemy import SQLAlchemy
from itsdangerous import TimestampSigner

from .hosts import SECRET, sqlite
from .measure import call, environ
from .rows import Row, by_cookie
from .tokens import LONG_AGO, spoiled

Answering = Callable[[], dict[str, bool]]
_HOUR = 60 * 60


def bare_app(**config: Any) -> Flask:
    """Make an app with an open view and nothing else."""
    app = Flask("bare", template_folder=None, static_folder=None)
    app.config.update(config)
    app.add_url_rule("/open", view_func=lambda: {"ok": True}, endpoint="open")
    return app


def checked_by_hand(view: Answering) -> Answering:
    """Guard ``view`` with the least that deserves the name: a MAC, an expiry and the sessions that ended."""

    @wraps(view)
    def guarded() -> dict[str, bool]:
        payload, _, mac = request.cookies.get("access_token", "").rpartition(".")
        if not hmac.compare_digest(hmac.digest(SECRET.encode(), payload.encode(), "sha256").hex(), mac):
            abort(401)
        claims = json.loads(base64.urlsafe_b64decode(payload))
        if claims["exp"] <= time.time() or claims["sid"] in {"ended"}:
            abort(401)
        g.user_id = claims["sub"]
        return view()

    return guarded


def token_by_hand(**claims: Any) -> str:
    """Make a token for ``checked_by_hand``."""
    good = {"sub": "1", "sid": "living", "exp": time.time() + _HOUR}
    payload = base64.urlsafe_b64encode(json.dumps(good | claims).encode())
    return f"{payload.decode()}.{hmac.digest(SECRET.encode(), payload, 'sha256').hex()}"


def hand_made() -> Row:
    """Give the row of the check by hand."""
    app = bare_app()
    app.add_url_rule("/guarded", view_func=checked_by_hand(lambda: {"ok": True}), endpoint="guarded")
    ended, expired = token_by_hand(sid="ended"), token_by_hand(exp=time.time() - 1)
    bad = {"spoiled": spoiled(token_by_hand()), "ended": ended, "expired": expired}
    return Row(
        app,
        by_cookie("/guarded", "access_token", token_by_hand()),
        {what: by_cookie("/guarded", "access_token", token) for what, token in bad.items()},
    )


def with_flask_login(folder: Path) -> Row:
    """Give the row of Flask-Login, which knows no end of a session: a user who is gone stands for one."""
    app = bare_app(SECRET_KEY=SECRET, SQLALCHEMY_DATABASE_URI=sqlite(folder, "flask_login"))
    db = SQLAlchemy(app)
    user = _user_model(db)
    flask_login.LoginManager(app).user_loader(lambda key: db.session.get(user, int(key)))
    app.add_url_rule("/login/<int:key>", view_func=lambda key: _log_in(user(id=key)), endpoint="login")
    app.add_url_rule("/user", view_func=flask_login.login_required(_touch_user), endpoint="user")
    with app.app_context():
        db.create_all()
        db.session.add(user(id=1))
        db.session.commit()
    with patch.object(TimestampSigner, "get_timestamp", return_value=int(time.time()) - LONG_AGO):
        expired = _session(app, 1)
    bad = {"spoiled": spoiled(_session(app, 1)), "ended": _session(app, 2), "expired": expired}
    return Row(
        app,
        by_cookie("/user", "session", _session(app, 1)),
        {what: by_cookie("/user", "session", value) for what, value in bad.items()},
    )


def _user_model(db: SQLAlchemy) -> Any:
    class User(db.Model, UserMixin):
        id = db.Column(db.Integer, primary_key=True)

    return User


def _log_in(user: Any) -> Response:
    flask_login.login_user(user)
    return Response()


def _session(app: Flask, key: int) -> str:
    return str(call(app, environ(f"/login/{key}")).cookies["session"])


def _touch_user() -> dict[str, bool]:
    return {"ok": flask_login.current_user.id > 0}
