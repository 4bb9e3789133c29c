"""Hosts with the extension, all that the benchmarks know of its inside, and of the names of its settings.

Logins go through a local Kakao over HTTP and tokens are taken from the cookies, as a client has them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jwt
import requests
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import select, text

from kakao_login import KakaoLogin, current_login, current_user, login_required
from kakao_login.emulator import run_emulator
from kakao_login.tokens import codec
from kakao_login.tokens.pair import TokenPair

from .measure import ORIGIN, Answer, Environ, environ

SECRET = "only-for-measuring-0123456789abcdef0123"
CALLBACK = "/auth/kakao/callback"
# Access tokens that one process remembers.
REMEMBERED = codec.MOST_REMEMBERED


@dataclass(frozen=True)
class Login:
    """The cookies of one login, each as name and value, and the token that its unsafe requests carry."""

    access: tuple[str, str]
    refresh: tuple[str, str]
    csrf: str = ""

    def unsafe(self, path: str, refresh_token: str = "") -> Environ:
        """Give a POST of a browser, with another refresh token if one is given."""
        cookies = f"{self.access[0]}={self.access[1]}; {self.refresh[0]}={refresh_token or self.refresh[1]}"
        headers = {"Cookie": cookies, "X-CSRF-Token": self.csrf, "Sec-Fetch-Site": "same-origin", "Origin": ORIGIN}
        return environ(path, "POST", headers=headers)

    def renewed(self, answer: Answer) -> Login:
        """Give the login after a refresh; raises ``AssertionError`` unless it took a step."""
        assert answer.status == 200, answer
        new = login_of(answer)
        assert new.refresh[1] != self.refresh[1], "the refresh took no step"
        return replace(new, csrf=self.csrf)


@dataclass(frozen=True)
class Host:
    """One app with the extension."""

    app: Flask
    db: SQLAlchemy
    kakao: Any

    def log_in(self) -> Login:
        """Log in at the local Kakao."""
        client = self.app.test_client()
        to_kakao = client.get("/auth/kakao/login", base_url=ORIGIN).headers["Location"]
        back = requests.get(to_kakao, allow_redirects=False, timeout=30).headers["Location"]
        answer = client.get(back.removeprefix(ORIGIN), base_url=ORIGIN)
        login = login_of(Answer(answer.status_code, list(answer.headers), answer.data))
        csrf = client.get("/auth/me", base_url=ORIGIN).get_json().get("csrf_token", "")
        return replace(login, csrf=csrf)

    def refresh_token(self) -> str:
        """Give a refresh token as a client has it that keeps its tokens itself."""
        with self.app.app_context():
            user = self.db.session.scalars(select(self.kakao.user_model)).first() or self._new_user()
            pair: TokenPair = self.kakao.create_token_pair(user)
        return pair.refresh_token

    def _new_user(self) -> Any:
        user = self.kakao.user_model()
        self.db.session.add(user)
        self.db.session.commit()
        return user

    def end(self, token: str) -> None:
        """End the session of a token."""
        with self.app.app_context():
            assert self.kakao.end_session(self._user(), sid_of(token))

    def let_time_pass(self) -> None:
        """Move every refresh so far into the past that the next is a step and not a repetition."""
        step = "UPDATE kakao_login_session SET rotated_at = rotated_at - 3600 WHERE rotated_at > :recent"
        with self.app.app_context(), self.db.engine.begin() as connection:
            connection.execute(text(step), {"recent": time.time() - 60})

    def forget_sessions(self) -> None:
        """Delete all sessions."""
        with self.app.app_context(), self.db.engine.begin() as connection:
            connection.execute(text("DELETE FROM kakao_login_session"))

    def _user(self) -> Any:
        return self.db.session.get(self.kakao.user_model, 1)

    def poll(self) -> None:
        """Ask for the ends of other processes once."""
        self.app.extensions["kakao_login"].ends.poll()

    def close(self) -> None:
        """Stop the background tasks and let go of the database."""
        self.app.extensions["kakao_login"].heartbeat.stop()
        with self.app.app_context():
            self.db.engine.dispose()


def sid_of(token: str) -> str:
    """Give the session of a token."""
    return str(jwt.decode(token, options={"verify_signature": False})["sid"])


def login_of(answer: Answer) -> Login:
    """Give the login whose cookies an answer sets."""
    cookies = answer.cookies.items()
    access = next(item for item in cookies if item[0].endswith("access_token"))
    refresh = next(item for item in cookies if item[0].endswith("refresh_token"))
    return Login(access, refresh)


def make_host(database: str, kakao_url: str, **changes: Any) -> Host:
    """Make a host as in production, with an open view and guarded ones that all answer the same."""
    app = Flask("bench", template_folder=None, static_folder=None)
    app.config.update(
        SQLALCHEMY_DATABASE_URI=database,
        JWT_SECRET_KEY=SECRET if "JWT_PRIVATE_KEY" not in changes else None,
        KAKAO_CLIENT_ID="emulator-rest-api-key",
        KAKAO_CLIENT_SECRET="emulator-client-secret",
        KAKAO_REDIRECT_URI=ORIGIN + CALLBACK,
        KAKAO_AUTH_URL=kakao_url,
        KAKAO_API_URL=changes.pop("KAKAO_API_URL", kakao_url),
        KAKAO_LOGIN_MAX_SESSIONS=100_000,
        **changes,
    )
    db = SQLAlchemy(app)
    kakao = KakaoLogin(app, db=db)
    app.add_url_rule("/open", view_func=_answer, endpoint="open")
    app.add_url_rule("/guarded", view_func=login_required(_answer), endpoint="guarded")
    app.add_url_rule("/user", view_func=login_required(_touch_user), endpoint="user")
    app.add_url_rule("/claims", view_func=login_required(_ask_who), endpoint="claims")
    with app.app_context():
        db.create_all()
    return Host(app, db, kakao)


def _answer() -> dict[str, bool]:
    return {"ok": True}


def _touch_user() -> dict[str, bool]:
    return {"ok": current_user.id > 0}


def _ask_who() -> dict[str, bool]:
    return {"ok": bool(current_login.claims["sub"] and current_login.user_id)}


@contextmanager
def local_kakao() -> Iterator[str]:
    """Serve a local Kakao where every login is answered at once, and give its address."""
    with run_emulator(sign_in_as="full", redirect_uris=(ORIGIN + CALLBACK,)) as kakao:
        yield kakao.url


def sqlite(folder: Path, name: str) -> str:
    """Give the address of a database file."""
    return f"sqlite:///{folder}/{name}.db"
