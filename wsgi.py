"""The demo: a host application that uses Kakao login as any other host would.

``make run`` starts ``main`` at the end; in production a WSGI server calls ``wsgi:create_app()``.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import click
from dotenv import load_dotenv
from flask import Flask, Response, redirect, render_template, request, url_for
from flask_babel import Babel, format_date, format_time
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.wrappers import Response as BaseResponse

from kakao_login import (
    KakaoLogin,
    KakaoLoginError,
    KakaoUser,
    SettingsError,
    current_login,
    current_user,
    login_optional,
    login_required,
    safe_next,
    user_logged_in,
)
from kakao_login.emulator import run_emulator

LANGUAGES = {"ko": "한국어", "en": "English"}
HERE = Path(__file__).parent


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Make the demo; ``config`` goes over the environment and ``.env``."""
    load_dotenv(HERE / ".env")
    app = Flask(__name__)
    # Whoever posts more is refused before anything is read; the largest form here is a greeting.
    app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024
    app.config.from_mapping(config or {})
    _keep_in_instance_folder(app)
    Babel(
        app,
        locale_selector=language,
        default_translation_directories="templates/translations",
        default_timezone="Asia/Seoul",
    )

    class Base(DeclarativeBase):
        """What the tables of this app have in common, and of no other made in the same process."""

    db = SQLAlchemy(app, model_class=Base)

    class User(db.Model):
        """Our own account; Kakao login only points at it."""

        id: Mapped[int] = mapped_column(primary_key=True)
        nickname: Mapped[str | None]
        picture: Mapped[str | None]
        greeting: Mapped[str] = mapped_column(default="")

    kakao = KakaoLogin(app, db=db, user_model=User, locale_selector=language)

    @kakao.user_created
    def fill(user: Any, kakao_user: KakaoUser) -> None:
        user.nickname, user.picture = kakao_user.nickname, kakao_user.thumbnail_image_url

    @user_logged_in.connect_via(app)
    def update(_app: Flask, user: Any, kakao_user: KakaoUser, **_: Any) -> None:
        fill(user, kakao_user)
        db.session.commit()

    _add_account_pages(app, db, kakao)

    @app.get("/")
    @login_optional
    def home() -> str:
        return render_template("home.html")

    @app.get("/api/hello")
    @login_required
    def hello() -> dict[str, Any]:
        return {"hello": current_user.nickname}

    @app.get("/language/<code>")
    def choose_language(code: str) -> BaseResponse:
        response = redirect(safe_next(request.args.get("next")), 303)
        if code in LANGUAGES:
            response.set_cookie("language", code, max_age=31_536_000, samesite="Lax", httponly=True)
        return response

    app.context_processor(lambda: {"user": current_user, "language": language(), "languages": LANGUAGES})
    app.add_template_filter(clock)
    app.add_template_filter(minute)
    app.after_request(_add_security_headers)
    _create_tables(app, kakao)
    return app


def _create_tables(app: Flask, kakao: KakaoLogin) -> None:
    with app.app_context():
        try:
            kakao.create_tables()
        except KakaoLoginError:
            # A worker must start all the same: what needs no database is served, and it will come back.
            app.logger.warning("The database is away. If its tables are missing: flask kakao init-db")


def _add_account_pages(app: Flask, db: SQLAlchemy, kakao: KakaoLogin) -> None:
    @app.get("/account")
    @login_required
    def account() -> str:
        sessions = kakao.list_sessions(current_user)
        return render_template("account.html", claims=current_login.claims, sessions=sessions)

    @app.post("/account/sessions/<sid>/end")
    @login_required
    def end_session(sid: str) -> BaseResponse:
        kakao.end_session(current_user, sid)
        return redirect(url_for("account"), 303)

    @app.post("/account/sessions/end-others")
    @login_required
    def end_other_sessions() -> BaseResponse:
        kakao.end_other_sessions(current_user)
        return redirect(url_for("account"), 303)

    @app.post("/account/greeting")
    @login_required
    def greet() -> BaseResponse:
        current_user.greeting = request.form.get("greeting", "")[:200]
        db.session.commit()
        return redirect(url_for("account"), 303)


def language() -> Any:
    """Give the language chosen on the page, else the one the browser asks for, else Korean."""
    chosen = request.cookies.get("language")
    return chosen if chosen in LANGUAGES else request.accept_languages.best_match(list(LANGUAGES), "ko")


def clock(seconds: int) -> str:
    """Give a moment in seconds since the epoch as the time of day in Korea."""
    return str(format_time(datetime.fromtimestamp(seconds, timezone.utc), "HH:mm:ss"))


def minute(moment: datetime) -> str:
    """Give a moment as date and time in Korea, to the minute."""
    return f"{format_date(moment, 'medium')} {format_time(moment, 'HH:mm')}"


def _keep_in_instance_folder(app: Flask) -> None:
    """Keep the users, and while developing the JWT secret as well, in ``instance/`` over restarts."""
    folder = Path(app.instance_path)
    folder.mkdir(mode=0o700, exist_ok=True)
    # One that was there already may have been open to everybody on this machine.
    folder.chmod(0o700)
    url = os.environ.get("DATABASE_URL") or f"sqlite:///{folder / 'demo.db'}"
    app.config.setdefault("SQLALCHEMY_DATABASE_URI", url)
    # A database that was restarted must not cost the next visitor an error.
    app.config.setdefault("SQLALCHEMY_ENGINE_OPTIONS", {"pool_pre_ping": True})
    if app.debug and not os.environ.get("JWT_SECRET_KEY"):
        app.config.setdefault("JWT_SECRET_KEY", _kept_secret(folder / "jwt_secret_key"))


def _kept_secret(path: Path) -> str:
    if not path.exists():
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text()


def _add_security_headers(response: Response) -> Response:
    pictures = "img-src 'self' https: http://127.0.0.1:* http://localhost:*"
    policy = f"default-src 'self'; {pictures}; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
    response.headers.setdefault("Content-Security-Policy", f"{policy}; form-action 'self'")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response


def main() -> None:
    """Serve the demo on this machine, with a local Kakao beside it when there is no key for the real one."""
    load_dotenv(HERE / ".env")
    port = _free_port("PORT", 5000)
    callback = f"http://localhost:{port}/auth/kakao/callback"
    config: dict[str, Any] = {"DEBUG": True}
    with ExitStack() as running:
        if not os.environ.get("KAKAO_CLIENT_ID"):
            config |= _start_emulator(running, _free_port("EMULATOR_PORT", 9000), callback)
        elif not os.environ.get("KAKAO_REDIRECT_URI"):
            config["KAKAO_REDIRECT_URI"] = callback
        server = ThreadedWSGIServer("127.0.0.1", port, create_app(config), handler=QuietHandler)
        # The server itself takes Ctrl-C for its end, once it serves.
        with suppress(KeyboardInterrupt):
            click.echo(f"  http://localhost:{port}   Open it and click: 카카오 로그인 / Login with Kakao\n")
            server.serve_forever()
        click.echo("\nBye.")


def _free_port(name: str, default: int) -> int:
    port = os.environ.get(name) or str(default)
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", int(port)))
    except (ValueError, OverflowError):
        raise click.ClickException(f"{name} must be a number from 1 to 65535.") from None
    except OSError:
        cure = f"Choose another: {name}={int(port) + 1} make run"
        raise click.ClickException(f"Port {port} is taken. {cure}") from None
    return int(port)


def _start_emulator(running: ExitStack, port: int, redirect_uri: str) -> dict[str, Any]:
    kakao = running.enter_context(run_emulator(port=port, redirect_uris=(redirect_uri,)))
    click.echo(f"\n  {kakao.url}   A local Kakao, because no KAKAO_CLIENT_ID is set.")
    app = kakao.app()
    config = dict.fromkeys(("KAKAO_AUTH_URL", "KAKAO_API_URL", "KAKAO_ISSUER"), kakao.url)
    config |= {"KAKAO_CLIENT_ID": app["client_id"], "KAKAO_CLIENT_SECRET": app["client_secret"]}
    return config | {"KAKAO_REDIRECT_URI": redirect_uri}


class QuietHandler(WSGIRequestHandler):
    """Logs each request without its query, which in a callback holds the code."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        self.log("info", "%s %s %s %s", self.command, self.path.partition("?")[0], int(code), size)


if __name__ == "__main__":
    try:
        main()
    except (click.ClickException, SettingsError) as problem:
        raise SystemExit(f"\n  {problem}\n") from None
