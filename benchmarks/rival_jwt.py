"""Flask-JWT-Extended as a row: with cookies, and with the blocklist in SQL that its documentation shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jwt
from flask import Flask
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    create_refresh_token,
    get_jwt,
    get_jwt_identity,
    jwt_required,
)
from flask_sqlalchemy import SQLAlchemy

from .hosts import SECRET, sqlite
from .rivals import bare_app
from .rows import Row, by_cookie
from .tokens import expired, spoiled

COOKIE = "access_token_cookie"


class WithJwt:
    """An app with Flask-JWT-Extended, with a blocklist if a folder for its database is given."""

    def __init__(self, folder: Path | None = None) -> None:
        self.app = bare_app(JWT_SECRET_KEY=SECRET, JWT_TOKEN_LOCATION=["cookies", "headers"])
        manager = JWTManager(self.app)
        self.app.add_url_rule("/guarded", view_func=jwt_required()(lambda: {"ok": True}), endpoint="guarded")
        self._blocklist = Blocklist(self.app, manager, folder) if folder else None

    def row(self) -> Row:
        """Give the row of its guard by cookie."""
        with self.app.app_context():
            good, ended = create_access_token("1"), create_access_token("1")
        bad = {"spoiled": spoiled(good), "expired": expired(good, SECRET)}
        if self._blocklist:
            self._blocklist.end(ended)
            bad["ended"] = ended
        return Row(
            self.app,
            by_cookie("/guarded", COOKIE, good),
            {what: by_cookie("/guarded", COOKIE, token) for what, token in bad.items()},
        )

    def end(self, token: str) -> None:
        """End a token by the blocklist."""
        assert self._blocklist
        self._blocklist.end(token)

    def refresh_tokens(self, number: int) -> list[str]:
        """Make refresh tokens."""
        with self.app.app_context():
            return [create_refresh_token("1") for _ in range(number)]


class Blocklist:
    """The tokens that ended, and a refresh that ends the token it was asked with."""

    def __init__(self, app: Flask, manager: JWTManager, folder: Path) -> None:
        app.config["SQLALCHEMY_DATABASE_URI"] = sqlite(folder, "blocklist")
        self._app = app
        self._db = SQLAlchemy(app)
        self._model = _model(self._db)
        manager.token_in_blocklist_loader(self._is_in)
        app.add_url_rule(
            "/refresh", view_func=jwt_required(refresh=True)(self._refresh), endpoint="refresh", methods=["POST"]
        )
        with app.app_context():
            self._db.create_all()

    def end(self, token: str) -> None:
        """End a token."""
        with self._app.app_context():
            self._add(jwt.decode(token, options={"verify_signature": False})["jti"])

    def _is_in(self, _header: object, payload: dict[str, Any]) -> bool:
        query = self._db.select(self._model.id).filter_by(jti=payload["jti"])
        return self._db.session.scalar(query) is not None

    def _add(self, jti: str) -> None:
        self._db.session.add(self._model(jti=jti))
        self._db.session.commit()

    def _refresh(self) -> dict[str, str]:
        self._add(get_jwt()["jti"])
        who = get_jwt_identity()
        return {"access_token": create_access_token(who), "refresh_token": create_refresh_token(who)}


def _model(db: SQLAlchemy) -> Any:
    class Ended(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        jti = db.Column(db.String(36), nullable=False, index=True)

    return Ended
