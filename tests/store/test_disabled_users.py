"""A user whom the host disables: the sessions end with the host's commit, and only with it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import update
from sqlalchemy.orm import DeclarativeBase

from kakao_login import KakaoLogin, session_ended
from kakao_login.errors import DatabaseUnavailable, SessionEnded
from kakao_login.store.users import Users

from ..builders import heard, new_session, new_user, stored
from ..support import Clock, Host, config_for

Hosts = Callable[..., Host]


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Both databases."""
    return str(request.param)


def disable(host: Host, user_id: Any) -> None:
    with host.app.app_context():
        user = host.db.session.get(host.kakao_login.user_model, user_id)
        assert user is not None
        user.is_active = False
        host.db.session.commit()


def test_disabling_a_user_ends_all_sessions_of_theirs_and_nobody_elses(new_bare_host: Hosts) -> None:
    host = new_bare_host()
    user_id = new_user(host)
    first, second, other = new_session(host, user_id), new_session(host, user_id), new_session(host)
    with heard(host.app, session_ended) as calls:
        disable(host, user_id)
    assert {about["reason"] for _, about in calls} == {"user_disabled"}
    assert {about["sid"] for _, about in calls} == {first.id, second.id}
    assert [host.services.ends.has_ended(row.id) for row in (first, second, other)] == [True, True, False]


def test_it_works_on_a_database_in_memory(new_bare_host: Hosts) -> None:
    host = new_bare_host(":memory:")
    row = new_session(host)
    disable(host, row.user_id)
    assert stored(host, row.id).end_reason == "user_disabled"


def test_a_rollback_ends_nobodys_sessions(new_bare_host: Hosts) -> None:
    host = new_bare_host()
    row = new_session(host)
    with host.app.app_context():
        user = host.db.session.get(host.kakao_login.user_model, row.user_id)
        assert user is not None
        user.is_active = False
        host.db.session.flush()
        host.db.session.rollback()
    assert stored(host, row.id).ended_at is None


def test_a_savepoint_that_was_rolled_back_ends_nobodys_sessions(new_bare_host: Hosts) -> None:
    host = new_bare_host()
    row = new_session(host)
    with host.app.app_context():
        user = host.db.session.get(host.kakao_login.user_model, row.user_id)
        assert user is not None
        savepoint = host.db.session.begin_nested()
        user.is_active = False
        host.db.session.flush()
        savepoint.rollback()
        host.db.session.commit()
    assert stored(host, row.id).ended_at is None


def test_a_savepoint_ends_sessions_only_when_the_whole_is_committed(new_bare_host: Hosts) -> None:
    host = new_bare_host()
    row = new_session(host)
    with host.app.app_context():
        user = host.db.session.get(host.kakao_login.user_model, row.user_id)
        assert user is not None
        with host.db.session.begin_nested():
            user.is_active = False
        assert stored(host, row.id).ended_at is None
        host.db.session.commit()
    assert stored(host, row.id).end_reason == "user_disabled"


def test_enabling_a_user_again_ends_nothing(new_bare_host: Hosts) -> None:
    host = new_bare_host()
    user_id = new_user(host)
    disable(host, user_id)
    with host.app.app_context():
        user = host.db.session.get(host.kakao_login.user_model, user_id)
        assert user is not None
        user.is_active = True
        host.db.session.commit()
    row = new_session(host, user_id)
    assert stored(host, row.id).ended_at is None


def test_a_pool_of_one_connection_is_enough(new_bare_host: Hosts) -> None:
    host = new_bare_host(SQLALCHEMY_ENGINE_OPTIONS={"pool_size": 1, "max_overflow": 0, "pool_timeout": 1})
    row = new_session(host)
    disable(host, row.user_id)
    assert stored(host, row.id).end_reason == "user_disabled"


def test_the_hosts_commit_stands_when_the_database_goes_away_after_it(
    new_bare_host: Hosts, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    host = new_bare_host()
    row = new_session(host)

    def away(_users: Users, _user_id: Any) -> Any:
        raise DatabaseUnavailable

    with monkeypatch.context() as patch, caplog.at_level(logging.WARNING, "kakao_login"):
        patch.setattr(Users, "find", away)
        disable(host, row.user_id)
    assert "did not end" in caplog.text
    with pytest.raises(SessionEnded):
        host.services.renewals.rotate(row.id, 0)


def test_a_bulk_update_is_caught_at_the_next_refresh(new_bare_host: Hosts) -> None:
    host = new_bare_host()
    row = new_session(host)
    with host.app.app_context():
        host.db.session.execute(update(host.kakao_login.user_model).values(is_active=False))
        host.db.session.commit()
    with pytest.raises(SessionEnded):
        host.services.renewals.rotate(row.id, 0)


def test_two_apps_share_nothing(new_bare_host: Hosts) -> None:
    one, two = new_bare_host("one"), new_bare_host("two")
    row_of_one, row_of_two = new_session(one), new_session(two)
    assert row_of_one.user_id == row_of_two.user_id
    disable(one, row_of_one.user_id)
    assert stored(one, row_of_one.id).ended_at is not None
    assert stored(two, row_of_two.id).ended_at is None


def test_an_app_without_kakao_login_may_share_the_db(clock: Clock) -> None:
    class Base(DeclarativeBase):
        pass

    db = SQLAlchemy(model_class=Base)
    kakao_login = KakaoLogin(db=db, clock=clock)
    app = Flask("plain")
    app.config.update(config_for(None), SQLALCHEMY_DATABASE_URI="sqlite://")
    db.init_app(app)
    with app.app_context():
        db.create_all()
        user = kakao_login.user_model()
        db.session.add(user)
        db.session.commit()
        user.is_active = False
        db.session.commit()
        assert db.session.get(kakao_login.user_model, user.id) is user
