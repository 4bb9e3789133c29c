"""A session starts in one transaction: what fails changes nothing, and who is disabled meanwhile gets none."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Boolean, Column, Integer, text
from sqlalchemy.exc import DBAPIError

from kakao_login import EndReason, signals
from kakao_login.errors import AccountDisabled
from tests.builders import at_once, heard, new_session, new_user, statements, stored
from tests.support import Clock, Host, config_for, make_host

Hosts = Callable[..., Host]
DISK_FULL = {
    "sqlite": ["CREATE TRIGGER full BEFORE INSERT ON kakao_login_session BEGIN SELECT RAISE(ABORT, 'full'); END"],
    "postgresql": [
        "CREATE FUNCTION fail() RETURNS trigger AS 'BEGIN RAISE EXCEPTION ''full''; END' LANGUAGE plpgsql",
        "CREATE TRIGGER full_disk BEFORE INSERT ON kakao_login_session FOR EACH ROW EXECUTE FUNCTION fail()",
    ],
}


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Both databases."""
    return str(request.param)


@pytest.fixture
def host(new_bare_host: Hosts) -> Host:
    return new_bare_host(KAKAO_LOGIN_MAX_SESSIONS=2)


def start(host: Host, user_id: Any, replaces: str | None = None) -> str:
    row = host.services.sessions.start(user_id, user_agent="", ip="", replaces=replaces)
    return row.id


def disable(host: Host, user_id: Any) -> None:
    """Disable a user as a host does, in a transaction of its own."""
    with host.app.app_context():
        host.db.session.get_one(host.kakao_login.user_model, user_id).is_active = False
        host.db.session.commit()


def test_a_login_that_fails_costs_nobody_the_login_they_had(host: Host, database_kind: str) -> None:
    user_id = new_user(host)
    held, oldest = start(host, user_id), start(host, user_id)
    with host.app.app_context(), host.db.engine.begin() as connection:
        for statement in DISK_FULL[database_kind]:
            connection.execute(text(statement))
    with heard(host.app, signals.session_ended) as calls, pytest.raises(DBAPIError, match="full"):
        start(host, user_id, replaces=held)
    assert calls == []
    for sid in (held, oldest):
        assert stored(host, sid).ended_at is None
        assert not host.services.ends.has_ended(sid)
        assert host.services.renewals.rotate(sid, 0).generation == 1


def test_the_session_this_browser_held_is_replaced_and_the_oldest_beyond_the_most_ends(
    host: Host, clock: Clock
) -> None:
    user_id = new_user(host)
    sids = []
    for _ in range(2):
        sids.append(start(host, user_id))
        clock.advance(1)
    with heard(host.app, signals.session_ended) as calls:
        third = start(host, user_id, replaces=sids[1])
        fourth = start(host, user_id)
    assert [(about["sid"], about["reason"]) for _, about in calls] == [
        (sids[1], EndReason.REPLACED),
        (sids[0], EndReason.TOO_MANY),
    ]
    assert [stored(host, sid).ended_at for sid in (third, fourth)] == [None, None]


def test_a_session_of_somebody_else_in_the_same_browser_is_replaced_too(host: Host) -> None:
    other = new_session(host).id
    start(host, new_user(host), replaces=other)
    assert stored(host, other).end_reason == EndReason.REPLACED


def test_what_is_to_be_replaced_may_be_over_or_gone(host: Host) -> None:
    over = new_session(host).id
    host.services.sessions.end(over, EndReason.LOGOUT)
    user_id = new_user(host)
    for replaces in (over, "never-there"):
        assert stored(host, start(host, user_id, replaces=replaces)).ended_at is None
    assert stored(host, over).end_reason == EndReason.LOGOUT


def test_a_user_disabled_between_found_and_started_gets_no_session(host: Host) -> None:
    user_id = new_user(host)
    held = start(host, user_id)
    # The ban passes the ORM by, so nothing but the start itself can notice it.
    with host.app.app_context(), host.db.engine.begin() as connection:
        connection.execute(host.services.models.user.__table__.update().values(is_active=False))
    with pytest.raises(AccountDisabled):
        start(host, user_id, replaces=held)
    assert len(host.services.sessions.of_user(user_id)) == 1
    assert stored(host, held).ended_at is None


def test_a_user_who_is_gone_gets_no_session(host: Host) -> None:
    with pytest.raises(AccountDisabled):
        start(host, 4711)


def test_whoever_bans_during_the_start_waits_for_it_and_ends_the_session(
    database_url: Callable[[str], str], database_kind: str
) -> None:
    looked, banned = threading.Event(), threading.Event()

    def model(db: Any) -> Any:
        class User(db.Model):
            __tablename__ = "person"
            id = Column(Integer, primary_key=True)
            active = Column(Boolean, default=True)

            @property
            def is_active(self) -> bool:
                was = bool(self.active)
                if threading.current_thread() is threading.main_thread() and not looked.is_set():
                    looked.set()
                    # The ban may not come through while the start that has just looked is under way.
                    assert not banned.wait(0.5)
                return was

        return User

    host = make_host(config_for(None, SQLALCHEMY_DATABASE_URI=database_url("race")), user_model=model)
    user_id = new_user(host)

    def ban() -> None:
        looked.wait(10)
        with host.app.app_context():
            host.db.session.get_one(host.kakao_login.user_model, user_id).active = False
            host.db.session.commit()
        banned.set()

    thread = threading.Thread(target=ban)
    thread.start()
    sid = start(host, user_id)
    thread.join(20)
    assert banned.is_set()
    assert stored(host, sid).end_reason == EndReason.USER_DISABLED
    assert host.services.ends.has_ended(sid)
    host.close()


def test_many_logins_at_once_never_exceed_the_most(host: Host) -> None:
    user_id = new_user(host)
    at_once(8, lambda: start(host, user_id))
    assert len(host.services.sessions.of_user(user_id)) == 2


def test_starting_takes_four_statements_and_ending_another_two_more(host: Host) -> None:
    user_id = new_user(host)
    held = start(host, user_id)
    host.services.sessions.end(start(host, user_id), EndReason.LOGOUT)
    with statements(host) as sent:
        held = start(host, user_id, replaces=held)
    words = [statement.split()[0] for statement in sent if not statement.startswith("BEGIN")]
    assert words == ["SELECT", "SELECT", "INSERT", "UPDATE", "UPDATE"]
    with statements(host) as sent:
        start(host, user_id)
    assert [statement.split()[0] for statement in sent if not statement.startswith("BEGIN")] == words[:3]


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_no_question_leads_through_all_living_sessions(host: Host) -> None:
    user_id = new_user(host)
    held = start(host, user_id)
    with statements(host) as sent:
        start(host, user_id, replaces=held)
        host.services.sessions.of_user(user_id)
        host.services.sessions.end_all(user_id, EndReason.ENDED_BY_HOST)
    asked = [
        statement for statement in sent if statement.startswith("SELECT") and "kakao_login_session" in statement
    ]
    assert len(asked) == 3
    with host.app.app_context(), host.db.engine.connect() as connection:
        for statement in asked:
            values = ("0",) * statement.count("?")
            plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all())
            assert "SCAN kakao_login_session" not in plan
            assert "ended_at" not in plan
