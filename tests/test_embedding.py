"""Putting Kakao login into a host: ten lines, any User, any number of apps."""

from __future__ import annotations

import gc
import uuid
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Integer, String, Uuid, inspect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from kakao_login import KakaoLogin, KakaoUser, SettingsError, current_user, login_required
from kakao_login.emulator import Emulator

from .support import Browser, Host, config_for, make_host, serving

KEYS: dict[type[Any], Callable[[], Any]] = {
    int: lambda: mapped_column(Integer, primary_key=True),
    uuid.UUID: lambda: mapped_column(Uuid, primary_key=True, default=uuid.uuid4),
    str: lambda: mapped_column(String(40), primary_key=True, default=lambda: uuid.uuid4().hex),
}


@pytest.mark.parametrize("key_type", list(KEYS))
@pytest.mark.parametrize("legacy", [False, True])
def test_a_host_with_its_own_user_logs_in_with_kakao(
    tmp_path: Path, kakao: Emulator, key_type: type[Any], legacy: bool
) -> None:
    app = Flask("embedded", template_folder=None)
    app.config.update(config_for(kakao), SQLALCHEMY_DATABASE_URI=f"sqlite:///{tmp_path}/host.db")

    class OwnBase(DeclarativeBase):
        pass

    db = SQLAlchemy(app) if legacy else SQLAlchemy(app, model_class=OwnBase)

    class Member(db.Model):
        __tablename__ = "members"
        number = KEYS[key_type]()
        name: Mapped[str]

    login = KakaoLogin(app, db=db, user_model=Member)

    @login.user_created
    def fill(member: Any, kakao_user: KakaoUser) -> None:
        member.name = kakao_user.nickname

    @app.get("/mine")
    @login_required
    def mine() -> dict[str, Any]:
        current_user.name += "!"
        db.session.commit()
        return {"hello": current_user.name, "number": str(current_user.number)}

    with app.app_context():
        db.create_all()
    with serving(app) as url:
        browser = Browser(url)
        browser.log_in()
        assert browser.get("/mine").json()["hello"] == "하늘!"
        second = browser.get("/mine").json()
        assert second["hello"] == "하늘!!"
        assert isinstance(key_type(second["number"]), key_type)
        assert str(browser.get("/auth/me").json()["user"]["id"]) == second["number"]


def test_the_factory_pattern_makes_any_number_of_apps(tmp_path: Path, kakao: Emulator) -> None:
    class OwnBase(DeclarativeBase):
        pass

    db = SQLAlchemy(model_class=OwnBase)
    login = KakaoLogin(db=db)

    def create_app(name: str) -> Flask:
        app = Flask(name, template_folder=None)
        app.config.update(config_for(kakao), SQLALCHEMY_DATABASE_URI=f"sqlite:///{tmp_path}/{name}.db")
        login.init_app(app)
        db.init_app(app)
        with app.app_context():
            db.create_all()
        return app

    first, second = create_app("first"), create_app("second")
    with serving(first) as url, serving(second) as other_url:
        browser = Browser(url)
        browser.log_in()
        assert browser.get("/auth/me").status_code == 200
        with second.app_context():
            assert db.session.query(login.user_model).count() == 0
        assert first.extensions["kakao_login"] is not second.extensions["kakao_login"]
        other = Browser(other_url)
        other.cookies.update(browser.cookies)
        # The same secret signs here, but the session is a row of the other app's database.
        assert other.post("/auth/refresh", headers=browser.csrf()).status_code == 401


def test_two_apps_in_one_process_share_nothing(tmp_path: Path, kakao: Emulator) -> None:
    def host(name: str, secret: str) -> Host:
        return make_host(
            config_for(
                kakao, JWT_SECRET_KEY=secret * 40, SQLALCHEMY_DATABASE_URI=f"sqlite:///{tmp_path}/{name}.db"
            )
        )

    first, second = host("a", "a"), host("b", "b")
    with serving(first.app) as url, serving(second.app) as other_url:
        browser, other = Browser(url), Browser(other_url)
        browser.log_in()
        other.cookies.update(browser.cookies)
        assert other.get("/mine").json()["error"] == "invalid_token"
        assert browser.get("/mine").status_code == 200


def test_the_hosts_alembic_sees_the_tables() -> None:
    class OwnBase(DeclarativeBase):
        pass

    db = SQLAlchemy(model_class=OwnBase)
    login = KakaoLogin(db=db)
    tables = set(db.metadata.tables)
    assert {"kakao_account", "kakao_login_session", inspect(login.user_model).local_table.name} <= tables


def test_a_second_registration_says_what_to_do_instead(kakao: Emulator) -> None:
    host = make_host(config_for(kakao, SQLALCHEMY_DATABASE_URI="sqlite://"))
    with pytest.raises(SettingsError, match="init_app once"):
        host.kakao_login.init_app(host.app)
    with pytest.raises(SettingsError, match="Keep one KakaoLogin"):
        KakaoLogin(db=host.db)


@pytest.mark.parametrize("model", [object, int])
def test_a_user_model_that_is_no_model_is_refused(model: type[Any]) -> None:
    class OwnBase(DeclarativeBase):
        pass

    with pytest.raises(SettingsError, match="user_model"):
        KakaoLogin(db=SQLAlchemy(model_class=OwnBase), user_model=model)


def test_an_app_that_nobody_uses_any_more_is_forgotten() -> None:
    host = make_host(config_for(None, SQLALCHEMY_DATABASE_URI="sqlite://"))
    host.app.test_client().get("/mine")
    host.close()
    gone = weakref.ref(host.app)
    del host
    gc.collect()
    assert gone() is None
