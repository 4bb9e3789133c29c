"""Beside other extensions: both sides work, whichever was set up first, and neither takes the other's names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from flask import Flask, render_template_string
from flask_restful import Api as RestfulApi
from flask_restful import Resource as RestfulResource
from flask_restx import Api as RestxApi
from flask_restx import Resource as RestxResource
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect, FlaskForm
from wtforms import StringField

from kakao_login import KakaoLogin, current_user, login_optional, login_required
from kakao_login.emulator import Emulator
from kakao_login.errors import KakaoLoginError

from .support import PAGE, SAME_ORIGIN, Browser, config_for, serving

Start = Callable[[Flask], Browser]


@pytest.fixture
def start(kakao: Emulator) -> Iterator[Start]:
    """Serve an app and give a browser that looks at it."""
    with ExitStack() as stack:

        def serve(app: Flask) -> Browser:
            with app.app_context():
                db: SQLAlchemy = app.extensions["sqlalchemy"]
                db.create_all()
                stack.callback(app.extensions["kakao_login"].heartbeat.stop)
            return Browser(stack.enter_context(serving(app)))

        yield serve


def new_app(kakao: Emulator | None, **changes: Any) -> Flask:
    app = Flask("host", static_folder=None)
    config = {"SQLALCHEMY_DATABASE_URI": "sqlite://", "SECRET_KEY": "of the host", "PROPAGATE_EXCEPTIONS": False}
    app.config.update(config_for(kakao, **config, **changes))
    return app


# Flask-WTF.


class TextForm(FlaskForm):
    text = StringField()


@pytest.fixture(params=["Flask-WTF first", "Kakao login first"])
def beside_wtf(request: pytest.FixtureRequest, kakao: Emulator) -> Flask:
    app = new_app(kakao)
    db = SQLAlchemy(app)
    steps: list[Callable[[], object]] = [lambda: CSRFProtect(app), lambda: KakaoLogin(app, db=db)]
    for step in steps if request.param == "Flask-WTF first" else reversed(steps):
        step()

    def write() -> Any:
        form = TextForm()
        if form.validate_on_submit():
            return {"text": form.text.data}
        return render_template_string(
            "{{ form.csrf_token }} {{ csrf_token() }} [{{ kakao_csrf_token() }}]", form=form
        )

    app.add_url_rule("/guarded", "guarded", login_required(write), methods=["GET", "POST"])
    app.add_url_rule("/open", "open", write, methods=["GET", "POST"])
    return app


def token_in(page: str) -> str:
    found = re.search('value="([^"]+)"', page)
    assert found is not None
    return found[1]


def test_forms_of_flask_wtf_work_with_and_without_a_login(beside_wtf: Flask, start: Start) -> None:
    browser = start(beside_wtf)
    browser.log_in()
    for path in ("/open", "/guarded"):
        form = {"csrf_token": token_in(browser.get(path).text), "text": "x"}
        assert browser.post(path, data=form, headers=SAME_ORIGIN).json() == {"text": "x"}
        assert browser.post(path, data={"text": "x"}, headers=SAME_ORIGIN).status_code == 400


def test_our_own_routes_need_no_token_of_flask_wtf(beside_wtf: Flask, start: Start) -> None:
    browser = start(beside_wtf)
    browser.log_in()
    assert browser.post("/auth/refresh", headers=SAME_ORIGIN).status_code == 200
    assert browser.post("/auth/refresh", json={"refresh_token": "x"}).json()["error"] == "invalid_token"
    hop = browser.post("/auth/refresh?next=/guarded", data={"text": "x"}, headers={**SAME_ORIGIN, **PAGE})
    assert (hop.status_code, hop.headers["Location"]) == (307, "/guarded")
    assert browser.post("/auth/logout", headers=SAME_ORIGIN).json() == {"logged_out": True}


def test_a_browser_that_says_nothing_sends_both_tokens_each_under_its_own_name(
    beside_wtf: Flask, start: Start
) -> None:
    browser = start(beside_wtf)
    browser.log_in()
    page = browser.get("/guarded").text
    ours = page.partition("[")[2].rstrip("]")
    assert ours == browser.csrf()["X-CSRF-Token"]
    form = {"csrf_token": token_in(page), "kakao_csrf_token": ours, "text": "x"}
    origin = {"Origin": browser.url, "Referer": browser.url}
    assert browser.post("/guarded", data=form, headers=origin).json() == {"text": "x"}
    del form["kakao_csrf_token"]
    assert browser.post("/guarded", data=form, headers=origin).status_code == 403


# Extensions that make a 500 of every error they do not know.


@pytest.mark.parametrize(("api", "resource"), [(RestxApi, RestxResource), (RestfulApi, RestfulResource)])
def test_a_guarded_resource_answers_as_a_guarded_view_does(api: Any, resource: Any, start: Start) -> None:
    app = new_app(None, TESTING=False, DEBUG=False, KAKAO_CLIENT_ID="key", KAKAO_REDIRECT_URI=CALLBACK)
    db = SQLAlchemy(app)
    KakaoLogin(app, db=db)

    class Guarded(resource):
        @login_required
        def get(self) -> dict[str, bool]:
            return {"in": True}

        @login_optional
        def post(self) -> dict[str, bool]:
            return {"in": current_user.is_authenticated}

    api(app).add_resource(Guarded, "/guarded")
    start(app)
    client = app.test_client()
    answer = client.get("/guarded", base_url="https://host.test")
    assert (answer.status_code, answer.json and answer.json["error"]) == (401, "login_required")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert client.post("/guarded", base_url="https://host.test").json == {"in": False}


CALLBACK = "https://host.test/auth/kakao/callback"


@pytest.mark.parametrize(("handled", "status"), [(Exception, 401), (KakaoLoginError, 418)])
def test_a_host_may_answer_for_our_errors_itself_but_not_by_a_handler_for_everything(
    kakao: Emulator, start: Start, handled: type[Exception], status: int
) -> None:
    app = new_app(kakao)
    KakaoLogin(app, db=SQLAlchemy(app))
    app.add_url_rule("/guarded", "guarded", login_required(dict))

    @app.errorhandler(handled)
    def answer(_: Exception) -> tuple[str, int]:
        return "the host's own", 418

    assert start(app).get("/guarded").status_code == status


# Preflights, and the habits of Flask-Login's users.


def test_a_preflight_passes_a_guard(kakao: Emulator, start: Start) -> None:
    app = new_app(kakao)
    KakaoLogin(app, db=SQLAlchemy(app))
    app.add_url_rule("/api", "api", login_required(dict), methods=["GET", "POST", "OPTIONS"])
    browser = start(app)
    assert [browser.request(method, "/api").status_code for method in ("OPTIONS", "POST")] == [200, 401]


def test_the_user_can_be_asked_whether_it_is_authenticated_and_stands_in_templates(
    kakao: Emulator, start: Start
) -> None:
    app = new_app(kakao)
    KakaoLogin(app, db=SQLAlchemy(app))
    page = "{{ current_user.is_authenticated }} {{ current_user.id }} {{ current_login.user_id }}"

    @app.get("/")
    @login_optional
    def home() -> str:
        return render_template_string(page)

    browser = start(app)
    assert browser.get("/").text == "False  "
    browser.log_in()
    assert browser.get("/").text == "True 1 1"


def test_names_that_a_host_has_stay_the_hosts(kakao: Emulator, start: Start) -> None:
    app = new_app(kakao)
    app.jinja_env.globals["csrf_token"] = lambda: "of the host"
    KakaoLogin(app, db=SQLAlchemy(app))
    app.context_processor(lambda: {"current_user": "of the host"})

    @app.get("/")
    def home() -> str:
        return render_template_string("{{ csrf_token() }}, {{ current_user }}")

    assert start(app).get("/").text == "of the host, of the host"


def test_asking_for_what_nobody_has_says_how_to_ask(kakao: Emulator) -> None:
    app = new_app(kakao)
    KakaoLogin(app, db=SQLAlchemy(app))
    with app.test_request_context("/"), pytest.raises(AttributeError, match="ask `if current_user` first"):
        _ = current_user.nickname
