"""Our transactions are short, ours alone, and say plainly when the database is away."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, InternalError, ProgrammingError

from kakao_login.errors import DatabaseUnavailable, SessionEnded
from kakao_login.store import database
from kakao_login.store.database import reaching_database
from tests.builders import at_once, database_away, new_session, new_user, statements, stored
from tests.postgresql import PostgreSQL
from tests.support import Host, config_for, make_host


def used(host: Host, number: int) -> Any:
    return host.services.models.used_login_state(state_hash=str(number), next="/", used_at=0.0)


def count(host: Host) -> int:
    with host.services.database.read() as session:
        return session.scalar(select(func.count()).select_from(host.services.models.used_login_state)) or 0


# A transaction.


def test_what_was_written_is_there_for_everybody(bare_host: Host) -> None:
    with bare_host.services.database.write() as session:
        session.add(used(bare_host, 1))
    assert count(bare_host) == 1


@pytest.mark.parametrize("error", [RuntimeError, SessionEnded, KeyboardInterrupt])
def test_an_error_within_leaves_nothing_written(bare_host: Host, error: type[BaseException]) -> None:
    def fail() -> None:
        with bare_host.services.database.write() as session:
            session.add(used(bare_host, 1))
            session.flush()
            raise error

    with pytest.raises(error):
        fail()
    assert count(bare_host) == 0
    with bare_host.services.database.write() as session:
        session.add(used(bare_host, 2))
    assert count(bare_host) == 1


def test_sqlite_takes_the_write_lock_before_it_reads(bare_host: Host) -> None:
    with statements(bare_host) as sent, bare_host.services.database.write() as session:
        session.execute(text("SELECT 1"))
    assert sent[0] == "BEGIN IMMEDIATE"


def test_reading_takes_no_lock(bare_host: Host) -> None:
    with statements(bare_host) as sent:
        count(bare_host)
    assert not any("BEGIN" in statement for statement in sent)


def test_sqlite_on_disk_lets_readers_read_while_somebody_writes(new_bare_host: Callable[..., Host]) -> None:
    host = new_bare_host()
    with host.services.database.read() as session:
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert session.scalar(text("PRAGMA busy_timeout")) == 10_000
    with host.services.database.write() as session:
        session.add(used(host, 1))
        session.flush()
        assert count(host) == 0
    assert count(host) == 1


def test_writers_take_turns_and_none_is_turned_away(bare_host: Host) -> None:
    numbers = list(range(40))

    def read_then_write() -> None:
        for _ in range(4):
            with bare_host.services.database.write() as session:
                session.scalar(select(func.count()).select_from(bare_host.services.models.used_login_state))
                session.add(used(bare_host, numbers.pop()))

    at_once(10, read_then_write)
    assert count(bare_host) == 40


def test_what_a_host_has_open_is_neither_committed_nor_undone(new_bare_host: Callable[..., Host]) -> None:
    host = new_bare_host()
    user = new_user(host)
    with host.app.app_context():
        host.db.session.get_one(host.kakao_login.user_model, user).is_active = False
        new_session(host, user)
        host.db.session.rollback()
        assert host.db.session.get_one(host.kakao_login.user_model, user).is_active


def test_rows_stay_readable_after_their_transaction(bare_host: Host) -> None:
    row = stored(bare_host, new_session(bare_host).id)
    assert (row.generation, row.user.id) == (0, row.user_id)


# Away.


def test_a_database_that_is_away_is_unavailable_and_then_simply_back(new_bare_host: Callable[..., Host]) -> None:
    host = new_bare_host()
    with database_away(host):
        for transaction in (host.services.database.read, host.services.database.write):
            with pytest.raises(DatabaseUnavailable), transaction() as session:
                session.execute(text("SELECT 1"))
    assert count(host) == 0


def test_a_lock_that_is_never_let_go_is_unavailable(
    new_bare_host: Callable[..., Host], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_BUSY_TIMEOUT_MS", 20)
    host = new_bare_host()
    assert count(host) == 0
    other = sqlite3.connect(tmp_path / "bare.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseUnavailable), host.services.database.write():
        pytest.fail("nobody else may write")
    assert count(host) == 0
    other.execute("ROLLBACK")
    other.close()
    with host.services.database.write() as session:
        session.add(used(host, 1))
    assert count(host) == 1


@pytest.mark.parametrize("in_use", [False, True])
def test_a_read_only_database_is_read_and_unavailable_to_writers(
    new_bare_host: Callable[..., Host], tmp_path: Path, in_use: bool
) -> None:
    assert not in_use or count(new_bare_host()) == 0
    new_bare_host()
    address = f"sqlite:///file:{tmp_path / 'bare.db'}?mode=ro&uri=true"
    host = new_bare_host(SQLALCHEMY_DATABASE_URI=address)
    assert count(host) == 0
    with pytest.raises(DatabaseUnavailable), host.services.database.write() as session:
        session.add(used(host, 1))


class DriverError(Exception):
    """What a driver raises."""


@pytest.mark.parametrize(
    ("error", "unavailable"),
    [
        (DBAPIError("", {}, DriverError(), connection_invalidated=True), True),
        (InternalError("", {}, DriverError("cannot execute UPDATE in a read-only transaction")), True),
        (InternalError("", {}, DriverError("something else")), False),
        (ProgrammingError("", {}, DriverError("relation does not exist")), False),
        (IntegrityError("", {}, DriverError("unique"), connection_invalidated=True), False),
        (RuntimeError("a bug"), False),
    ],
)
def test_only_a_database_that_is_away_or_read_only_is_unavailable(error: Exception, unavailable: bool) -> None:
    with pytest.raises(DatabaseUnavailable if unavailable else type(error)) as caught, reaching_database():
        raise error
    assert not unavailable or caught.value.__cause__ is error


# The host's own session.


def test_a_unit_of_work_on_the_hosts_models_is_committed_whole_or_not_at_all(bare_host: Host) -> None:
    user = bare_host.kakao_login.user_model

    def fail() -> None:
        with bare_host.services.database.host_session() as session:
            session.add(user())
            session.flush()
            raise RuntimeError

    with bare_host.app.app_context():
        with pytest.raises(RuntimeError):
            fail()
        assert bare_host.db.session.scalar(select(func.count()).select_from(user)) == 0
        with bare_host.services.database.host_session() as session:
            session.add(user())
        assert bare_host.db.session.scalar(select(func.count()).select_from(user)) == 1


def test_two_apps_in_one_process_write_to_their_own_databases(new_bare_host: Callable[..., Host]) -> None:
    first, second, third = new_bare_host("first"), new_bare_host("second"), new_bare_host(":memory:")
    for number, host in enumerate((first, second, third, first)):
        with host.services.database.write() as session:
            session.add(used(host, number))
    assert [count(host) for host in (first, second, third)] == [2, 1, 1]


def test_what_goes_on_aside_tries_once_more_after_a_restart_of_the_database(
    postgresql: PostgreSQL,
) -> None:
    host = make_host(config_for(None, SQLALCHEMY_DATABASE_URI=postgresql.new_database()))
    host.services.ends.poll()
    url = host.app.config["SQLALCHEMY_DATABASE_URI"]
    with postgresql.without(url), pytest.raises(DatabaseUnavailable):
        host.services.ends.poll()
    host.services.ends.poll()
    with postgresql.without(url):
        pass
    # The connection that the pool keeps has been hung up on; nobody has to wait an interval for the next poll.
    host.services.ends.poll()
    host.close()
