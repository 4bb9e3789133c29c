"""The short way of a refresh does what the long way would have done, and never where the long way would not."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Boolean, Column, Integer, String
from sqlalchemy.ext.hybrid import hybrid_property

from kakao_login import signals
from kakao_login.errors import KakaoLoginError, SessionEnded
from kakao_login.settings.values import DAY
from tests.builders import change, heard, new_session, new_user, statements, stored
from tests.support import Clock, Host, config_for, make_host

Hosts = Callable[..., Host]
START = 1_800_000_000.25
WINDOW = 10
ALL = (signals.session_refreshed, signals.refresh_replayed, signals.refresh_token_reused, signals.session_ended)
# What differs between two sessions although they are treated alike.
OWN = {"id", "user_id", "end_number", "user", "_sa_instance_state"}


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Both databases."""
    return str(request.param)


@pytest.fixture
def clock() -> Clock:
    return Clock(START)


ROWS: dict[str, dict[str, Any]] = {
    "never rotated": {"rotated_at": None},
    "rotated now": {"rotated_at": START},
    "at the end of the window": {"rotated_at": START - WINDOW + 0.001},
    "just out of the window": {"rotated_at": START - WINDOW},
    "rotated long ago": {"rotated_at": START - DAY},
    "rotated by a clock ahead of ours": {"rotated_at": START + DAY},
    "idle for too long just now": {"rotated_at": START - DAY, "idle_expires_at": START},
    "not yet idle for too long": {"rotated_at": START - DAY, "idle_expires_at": START + 0.001},
    "its time is up just now": {"rotated_at": START - DAY, "expires_at": START},
    "ended": {"rotated_at": START - DAY, "ended_at": START - 1, "end_reason": "logout", "end_number": 1},
}


def users(host: Host) -> Any:
    return host.services.models.user.__table__


def set_user(host: Host, key: Any, **values: Any) -> None:
    with host.app.app_context(), host.db.engine.begin() as connection:
        connection.execute(users(host).update().where(users(host).c.id == key).values(**values))


def delete_user(host: Host, key: Any) -> None:
    with host.app.app_context(), host.db.engine.begin() as connection:
        connection.execute(users(host).delete().where(users(host).c.id == key))


USERS: dict[str, Callable[[Host, Any], None]] = {
    "active": lambda host, key: None,
    "disabled": lambda host, key: set_user(host, key, is_active=False),
    "deleted": delete_user,
}


def take_the_long_way(host: Host) -> None:
    vars(host.services.renewals)["_common_step"] = None


def drive(host: Host, case: tuple[str, str, bool, int]) -> Any:
    """Bring a session into a state, present a token, and give all that can be seen of it."""
    row_name, user_name, confirmed, behind = case
    sid = new_session(host).id
    values = {"generation": 5, "confirmed": confirmed, **ROWS[row_name]}
    change(host, sid, **values)
    USERS[user_name](host, stored(host, sid).user_id)
    with heard(host.app, *ALL) as calls:
        try:
            answer: Any = host.services.renewals.rotate(sid, 5 - behind).generation
        except KakaoLoginError as error:
            answer = error.code
    row = {name: value for name, value in vars(stored(host, sid)).items() if name not in OWN}
    change(host, sid, end_number=None)
    return answer, row, [(name, about.get("reason")) for name, about in calls]


CASES = list(itertools.product(ROWS, USERS, (False, True), (-2, 0, 1, 2)))


def test_the_short_way_and_the_long_way_come_to_the_same(new_bare_host: Hosts) -> None:
    short, long = new_bare_host("short"), new_bare_host("long")
    take_the_long_way(long)
    for case in CASES:
        assert drive(short, case) == drive(long, case), case


def test_both_ways_are_gone(new_bare_host: Hosts) -> None:
    """Or the comparison above would compare one way with itself."""
    host = new_bare_host()
    sid = new_session(host).id
    with statements(host) as sent:
        host.services.renewals.rotate(sid, 0)
    assert [statement.split()[0] for statement in sent] == ["UPDATE"]
    sid = new_session(host).id
    take_the_long_way(host)
    with statements(host) as sent:
        host.services.renewals.rotate(sid, 0)
    assert len(sent) > 2


def test_an_expired_token_takes_no_step_in_a_living_session(new_bare_host: Hosts) -> None:
    host = new_bare_host()
    sid = new_session(host).id
    with pytest.raises(SessionEnded):
        host.services.renewals.rotate(sid, 0, token_expired=True)
    assert stored(host, sid).generation == 0


def with_property(db: Any) -> Any:
    class User(db.Model):
        __tablename__ = "person"
        id = Column(Integer, primary_key=True)
        state = Column(String(10), default="on")

        @property
        def is_active(self) -> bool:
            return bool(self.state == "on")

    return User


def with_hybrid(db: Any) -> Any:
    class User(db.Model):
        __tablename__ = "person"
        id = Column(Integer, primary_key=True)
        state = Column(String(10), default="on")

        @hybrid_property
        def is_active(self) -> Any:
            return self.state == "on"

    return User


def with_method(db: Any) -> Any:
    class User(db.Model):
        __tablename__ = "person"
        id = Column(Integer, primary_key=True)
        state = Column(String(10), default="on")

        def is_active(self) -> bool:
            return bool(self.state == "on")

    return User


def with_column_of_another_name(db: Any) -> Any:
    class User(db.Model):
        __tablename__ = "person"
        id = Column(Integer, primary_key=True)
        is_active = Column("enabled", Boolean, default=True)

    return User


def with_text(db: Any) -> Any:
    class User(db.Model):
        __tablename__ = "person"
        id = Column(Integer, primary_key=True)
        is_active = Column(String(10), default="on")

    return User


def without_any(db: Any) -> Any:
    class User(db.Model):
        __tablename__ = "person"
        id = Column(Integer, primary_key=True)

    return User


# How its users are disabled, and whether SQL can ask whether they are.
MODELS: list[tuple[Callable[[Any], Any], dict[str, Any], bool]] = [
    (with_property, {"state": "off"}, False),
    (with_hybrid, {"state": "off"}, False),
    (with_column_of_another_name, {"enabled": False}, True),
    (with_column_of_another_name, {"enabled": None}, True),
    (with_text, {"is_active": ""}, False),
    (with_text, {"is_active": "N"}, False),
    (with_method, {"state": "off"}, False),
    (without_any, {}, True),
]


@pytest.mark.parametrize(("model", "off", "in_sql"), MODELS)
def test_a_user_is_judged_by_whatever_its_is_active_is(
    model: Callable[[Any], Any], off: dict[str, Any], in_sql: bool, database_url: Callable[[str], str]
) -> None:
    host = make_host(config_for(None, SQLALCHEMY_DATABASE_URI=database_url("host")), user_model=model)
    sid = new_session(host, new_user(host)).id
    with statements(host) as sent:
        assert host.services.renewals.rotate(sid, 0).generation == 1
    assert (len(sent) == 1) is in_sql
    if off:
        set_user(host, stored(host, sid).user_id, **off)
        with pytest.raises(SessionEnded):
            host.services.renewals.rotate(sid, 1)
        assert stored(host, sid).end_reason == "user_disabled"
    host.close()


def with_a_relationship(db: Any) -> Any:
    class User(db.Model):
        __tablename__ = "person"
        id = Column(Integer, primary_key=True)
        posts = db.relationship("Post")

    return User


def with_posts(db: Any) -> Any:
    class Post(db.Model):
        id = Column(Integer, primary_key=True)
        user_id = Column(db.ForeignKey("person.id"))

    return Post


def test_a_host_may_go_on_declaring_its_models(tmp_path: Path) -> None:
    config = config_for(None, SQLALCHEMY_DATABASE_URI=f"sqlite:///{tmp_path}/host.db")
    declared: list[Any] = []
    host = make_host(config, user_model=with_a_relationship, declare=lambda db: declared.append(with_posts(db)))
    assert host.services.renewals.rotate(new_session(host).id, 0).generation == 1
    host.close()
