"""What the extension costs a host: a guard, a user, a refresh, and asking the database on every request."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from kakao_login import KakaoLogin, current_user, login_required

from .measure import compare

CONFIG = {
    "TESTING": True,
    "JWT_SECRET_KEY": "only-for-measuring-0123456789abcdef0123",
    "KAKAO_CLIENT_ID": "none",
    "KAKAO_LOGIN_MAX_SESSIONS": 100_000,
}


def make_app(folder: Path, **changes: Any) -> tuple[Flask, Any]:
    """Make a host with an open view, a guarded one and one that touches the user."""
    app = Flask("bench", template_folder=None)
    app.config.update(CONFIG, SQLALCHEMY_DATABASE_URI=f"sqlite:///{folder}/{len(changes)}.db", **changes)
    db = SQLAlchemy(app)
    login = KakaoLogin(app, db=db)

    @app.get("/open")
    def open_to_all() -> dict[str, Any]:
        return {"ok": True}

    @app.get("/guarded")
    @login_required
    def guarded() -> dict[str, Any]:
        return {"ok": True}

    @app.get("/user")
    @login_required
    def user() -> dict[str, Any]:
        return {"id": current_user.id}

    with app.app_context():
        db.create_all()
        db.session.add(login.user_model())
        db.session.commit()
    return app, app.extensions["kakao_login"]


def caller(app: Flask, state: Any, path: str) -> Callable[[], object]:
    """Give what calls ``path`` with a living access token."""
    client = app.test_client(use_cookies=False)
    row = state.sessions.start(1, user_agent="", ip="")
    headers = {"Authorization": f"Bearer {state.pairs.make(row).access_token}"}
    return lambda: client.get(path, headers=headers)


def refresher(app: Flask, state: Any, fresh: bool) -> Callable[[], object]:
    """Give what refreshes: a session that takes a step each time, or one that gets the same pair again."""
    client = app.test_client(use_cookies=False)

    def new_token() -> str:
        token: str = state.pairs.make(state.sessions.start(1, user_agent="", ip="")).refresh_token
        return token

    tokens: Iterator[str] = iter(new_token, None)
    kept = new_token()
    stock = [next(tokens) for _ in range(1000)] if fresh else []
    return lambda: client.post("/auth/refresh", json={"refresh_token": stock.pop() if fresh else kept})


@contextmanager
def host(**changes: Any) -> Iterator[tuple[Flask, Any]]:
    """Make a host on a SQLite file and stop its background tasks at the end."""
    with tempfile.TemporaryDirectory() as folder:
        app, state = make_app(Path(folder), **changes)
        yield app, state
        state.heartbeat.stop()


def report() -> Iterator[str]:
    """Give the lines of the report."""
    with host() as (app, state), host(KAKAO_LOGIN_POLL_INTERVAL=0) as (asking_app, asking_state):
        plain = caller(app, state, "/open")
        guarded = caller(app, state, "/guarded")
        yield compare("a guarded request, to an open one", guarded, plain, repeat=200)
        touching = caller(app, state, "/user")
        yield compare(
            "a guarded request that touches the user, to one that does not", touching, guarded, repeat=200
        )
        asking = caller(asking_app, asking_state, "/guarded")
        yield compare("asking SQL on every request, to asking the memory", asking, guarded, repeat=200)
        stepping, again = refresher(app, state, fresh=True), refresher(app, state, fresh=False)
        yield compare("a refresh that takes a step, to one that gets the same pair", stepping, again, repeat=100)
