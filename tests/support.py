"""What the tests build with: a clock that can be moved, a host app, a server and a browser."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.cookiejar import Cookie, CookieJar
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import requests
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase
from werkzeug.serving import make_server

from kakao_login import KakaoLogin, current_user, login_required
from kakao_login.emulator import Emulator
from kakao_login.services import Services

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

SECRET = "a-secret-for-tests-only-0123456789abcdef"
HOST = "http://localhost:5000"
REDIRECT_URI = f"{HOST}/auth/kakao/callback"
PAGE = {"Accept": "text/html"}
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class Clock:
    """Seconds since the epoch, moved by hand; it starts now, so that Kakao's clock agrees."""

    now: float = field(default_factory=time.time)

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Host:
    """A small host application and what the tests need of it."""

    app: Flask
    db: SQLAlchemy
    kakao_login: KakaoLogin
    url: str = ""
    stack: ExitStack = field(default_factory=ExitStack)

    @property
    def services(self) -> Services:
        services: Services = self.app.extensions["kakao_login"]
        return services

    def close(self) -> None:
        """Stop the background tasks and let go of the database."""
        self.services.heartbeat.stop()
        with self.app.app_context():
            self.db.session.remove()
            self.db.engine.dispose()

    def serve(self) -> str:
        """Serve the app from a thread on the port its redirect URI names, or any free one."""
        self.url = self.stack.enter_context(serving(self.app))
        return self.url


@contextmanager
def serving(app: WSGIApplication, port: int = 0, *, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve ``app`` over a real socket, with ``tls`` as https."""
    server = make_server("127.0.0.1", port, app, threaded=True, ssl_context=tls)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def config_for(kakao: Emulator | None, **changes: Any) -> dict[str, Any]:
    """Give the settings of a host in testing, against ``kakao``."""
    url = kakao.url if kakao else "http://127.0.0.1:9"
    config: dict[str, Any] = {
        "TESTING": True,
        "JWT_SECRET_KEY": SECRET,
        "KAKAO_CLIENT_ID": "emulator-rest-api-key",
        "KAKAO_CLIENT_SECRET": "emulator-client-secret",
        "KAKAO_REDIRECT_URI": REDIRECT_URI,
        "KAKAO_AUTH_URL": url,
        "KAKAO_API_URL": url,
        "KAKAO_ISSUER": url,
    }
    return {**config, **changes}


def make_host(
    config: dict[str, Any],
    clock: Callable[[], float] | None = None,
    *,
    user_model: Callable[[Any], type[Any]] | None = None,
    declare: Callable[[Any], None] | None = None,
) -> Host:
    """Make a host with one guarded page, one guarded form and the default User.

    ``user_model`` declares another one on the host's ``db``; ``declare`` declares more once the login is set up.
    """
    app = Flask("host", template_folder=None, static_folder=None)
    app.config.update(config)

    class Base(DeclarativeBase):
        pass

    db = SQLAlchemy(app, model_class=Base)
    kakao_login = KakaoLogin(app, db=db, user_model=user_model and user_model(db), clock=clock)
    if declare is not None:
        declare(db)

    @app.get("/mine")
    @login_required
    def mine() -> dict[str, Any]:
        return {"hello": current_user.id}

    @app.post("/mine")
    @login_required
    def write() -> dict[str, Any]:
        from flask import request

        return {"written": request.form.get("text") or request.get_json(silent=True)}

    with app.app_context():
        db.create_all()
    return Host(app, db, kakao_login)


class Browser(requests.Session):
    """A browser as far as HTTP goes: it keeps cookies, and follows no redirect by itself.

    The redirect URI is registered for port 5000; the browser takes the way to the port the host really has.
    """

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        address = self.here(str(url)) if str(url).startswith(HOST) else str(url)
        kwargs["allow_redirects"] = False
        return super().request(method, self.url + address if address.startswith("/") else address, *args, **kwargs)

    def here(self, url: str) -> str:
        return url.replace(HOST, self.url)

    def start(self, path: str = "/mine") -> str:
        """Start a login and give the address Kakao sends the browser back to."""
        return self.start_by(f"/auth/kakao/login?{urlencode({'next': path})}")

    def start_by(self, address: str, headers: Mapping[str, str] | None = None) -> str:
        """Do the same with the address and the headers of a browser's request."""
        at_kakao = self.get(address, headers=headers).headers["Location"]
        back = requests.get(at_kakao, allow_redirects=False, timeout=10).headers["Location"]
        return self.here(back)

    def log_in(self, path: str = "/mine") -> requests.Response:
        """Log in and give the answer of the callback."""
        return self.get(self.start(path))

    def csrf(self) -> dict[str, str]:
        """Give the headers that a script of the site would send with an unsafe request."""
        return {**SAME_ORIGIN, "X-CSRF-Token": self.get("/auth/me").json()["csrf_token"]}

    def jar(self) -> list[Cookie]:
        """Give the cookies with all their attributes."""
        jar: CookieJar = self.cookies
        return list(jar)

    def pair(self) -> tuple[str, str]:
        """Give the values of the access and the refresh cookie."""
        return self.cookies["access_token"], self.cookies["refresh_token"]


def free_port() -> int:
    """Give a port that nobody listens on, for a host whose redirect URI must name it beforehand."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
