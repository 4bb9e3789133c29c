"""``flask kakao``: what it does, what it prints, and how it exits."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import String, Uuid, inspect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from kakao_login import EndReason, KakaoLogin
from kakao_login.cli import kakao as group
from kakao_login.settings.values import DAY
from kakao_login.tokens.keys import load_keys

from .builders import ALGORITHMS, change, new_session, new_user, stored, token_settings
from .support import Clock, Host, config_for

Hosts = Callable[..., Host]
FLASK = Path(sys.executable).with_name("flask")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Both databases."""
    return str(request.param)


@pytest.fixture
def host(new_bare_host: Hosts) -> Host:
    return new_bare_host()


def run(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(group, words)


def flask(*words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], **environment}
    return subprocess.run(
        [FLASK, *words], cwd=cwd, env=env, capture_output=True, text=True, timeout=60, check=False
    )


def names_in(host: Host, row_ids: list[str]) -> list[bool]:
    return [host.services.sessions.find(sid) is not None for sid in row_ids]


@pytest.mark.parametrize(
    "words", [(), ("init-db",), ("sessions",), ("end-sessions",), ("prune",), ("keys", "new")]
)
def test_every_command_explains_itself(host: Host, words: tuple[str, ...]) -> None:
    answer = run(host.app, *words, "--help")
    assert (answer.exit_code, answer.stdout.startswith("Usage: ")) == (0, True)


def test_init_db_makes_our_tables_and_the_users_and_no_others(clock: Clock, tmp_path: Path) -> None:
    class Base(DeclarativeBase):
        pass

    app, db = Flask("fresh"), SQLAlchemy(model_class=Base)
    app.config.update(config_for(None), SQLALCHEMY_DATABASE_URI=f"sqlite:///{tmp_path / 'fresh.db'}")

    class Member(db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)

    class Note(db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)

    db.init_app(app)
    KakaoLogin(app, db=db, user_model=Member, clock=clock)
    first, second = run(app, "init-db"), run(app, "init-db")
    assert (first.exit_code, first.stdout.startswith("Created kakao_account, ")) == (0, True)
    assert (second.exit_code, second.stdout) == (0, "Nothing to do: all tables are there.\n")
    with app.app_context():
        tables = set(inspect(db.engine).get_table_names())
    assert "note" not in tables
    assert {"member", "kakao_account", "kakao_login_session"} < tables


def test_sessions_lists_the_living_ones_of_a_user(host: Host, clock: Clock) -> None:
    user_id = new_user(host)
    old, row, _other = new_session(host, user_id), new_session(host, user_id), new_session(host)
    host.services.sessions.end(old.id, EndReason.LOGOUT)
    answer = run(host.app, "sessions", "--user", str(user_id))
    (line,) = answer.stdout.splitlines()
    assert answer.exit_code == 0
    assert line.startswith(row.id)
    assert line.endswith("a on unknown  from 192.0.2.1")


def test_a_user_without_sessions_is_no_failure(host: Host) -> None:
    answer = run(host.app, "sessions", "--user", str(new_user(host)))
    assert (answer.exit_code, answer.stdout) == (0, "User 1 has no session.\n")


@pytest.mark.parametrize("command", ["sessions", "end-sessions"])
@pytest.mark.parametrize("user_id", ["99", "nobody", "", "9" * 40])
def test_a_user_that_does_not_exist_is_refused_in_one_line(host: Host, command: str, user_id: str) -> None:
    answer = run(host.app, command, "--user", user_id)
    assert (answer.exit_code, answer.stderr) == (1, f"Error: There is no user {user_id}.\n")


@pytest.mark.parametrize(("column_type", "key"), [(String(40), "민수"), (Uuid(), uuid.UUID(int=7))])
def test_user_ids_may_be_of_any_type(column_type: Any, key: Any, clock: Clock, tmp_path: Path) -> None:
    class Base(DeclarativeBase):
        pass

    app, db = Flask("typed"), SQLAlchemy(model_class=Base)
    app.config.update(config_for(None), SQLALCHEMY_DATABASE_URI=f"sqlite:///{tmp_path / 'typed.db'}")

    class User(db.Model):
        id = mapped_column(column_type, primary_key=True)

    db.init_app(app)
    kakao_login = KakaoLogin(app, db=db, user_model=User, clock=clock)
    with app.app_context():
        db.create_all()
        db.session.add(User(id=key))
        db.session.commit()
    host = Host(app, db, kakao_login)
    row = new_session(host, key)
    assert run(app, "sessions", "--user", str(key)).stdout.startswith(row.id)
    assert run(app, "end-sessions", "--user", str(key)).stdout == "Ended 1 session.\n"
    assert run(app, "sessions", "--user", "not-there").exit_code == 1


def test_end_sessions_of_a_user_leaves_the_others(host: Host) -> None:
    user_id = new_user(host)
    rows = [new_session(host, user_id), new_session(host, user_id)]
    other = new_session(host)
    answer = run(host.app, "end-sessions", "--user", str(user_id))
    assert (answer.exit_code, answer.stdout) == (0, "Ended 2 sessions.\n")
    assert [stored(host, row.id).end_reason for row in rows] == ["ended_by_operator"] * 2
    assert stored(host, other.id).ended_at is None


def test_end_sessions_of_all_ends_everybodys_over_several_batches(host: Host) -> None:
    rows = [new_session(host) for _ in range(5)]
    assert list(host.services.sessions.end_everybodys(EndReason.ENDED_BY_OPERATOR, batch=2)) == [2, 2, 1]
    assert all(host.services.ends.has_ended(row.id) for row in rows)
    row = new_session(host)
    assert run(host.app, "end-sessions", "--all").stdout == "Ended 1 session.\n"
    assert stored(host, row.id).ended_at is not None


@pytest.mark.parametrize("words", [(), ("--all", "--user", "1")])
def test_end_sessions_wants_to_know_whose(host: Host, words: tuple[str, ...]) -> None:
    row = new_session(host)
    answer = run(host.app, "end-sessions", *words)
    assert (answer.exit_code, "Say either --user ID or --all." in answer.stderr) == (2, True)
    assert stored(host, row.id).ended_at is None


def test_prune_deletes_what_is_over_for_long_and_keeps_the_rest(host: Host, clock: Clock) -> None:
    ended, ran_out, living, young = [new_session(host).id for _ in range(4)]
    now = clock()
    change(host, ended, ended_at=now - 31 * DAY)
    change(host, ran_out, idle_expires_at=now - 31 * DAY)
    change(host, young, ended_at=now - 29 * DAY)
    host.services.accounts.claim_login("a state", "/")
    answer = run(host.app, "prune")
    assert (answer.exit_code, answer.stdout) == (0, "Deleted 2 rows.\n")
    assert names_in(host, [ended, ran_out, living, young]) == [False, False, True, True]
    assert host.services.accounts.next_of_used_login("a state") == "/"
    clock.advance(DAY + 1)
    assert run(host.app, "prune", "--older-than", "60").stdout == "Deleted 1 row.\n"
    assert host.services.accounts.next_of_used_login("a state") is None


@pytest.mark.parametrize("column", ["ended_at", "idle_expires_at", "expires_at"])
def test_prune_never_deletes_what_others_must_still_learn(host: Host, clock: Clock, column: str) -> None:
    sid = new_session(host).id
    change(host, sid, **{column: clock() - host.services.ends.remembers + 1})
    assert run(host.app, "prune", "--older-than", "0").stdout == "Deleted 0 rows.\n"
    clock.advance(2)
    assert run(host.app, "prune", "--older-than", "0").stdout == "Deleted 1 row.\n"
    assert host.services.sessions.find(sid) is None


def test_prune_works_in_batches_and_says_how_many(
    host: Host, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kakao_login.store.pruning.BATCH", 2)
    user_id = new_user(host)
    rows = [new_session(host, user_id).id for _ in range(9)]
    for sid in rows[:5]:
        change(host, sid, ended_at=clock() - 31 * DAY)
    assert host.services.pruning.count(30 * DAY) == 5
    assert list(host.services.pruning.delete(30 * DAY)) == [2, 2, 1]
    assert names_in(host, rows) == [False] * 5 + [True] * 4


def test_a_bad_number_of_days_is_wrong_usage(host: Host) -> None:
    assert run(host.app, "prune", "--older-than", "-1").exit_code == 2


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_new_key_fits_the_settings(host: Host, algorithm: str) -> None:
    answer = run(host.app, "keys", "new", "--algorithm", algorithm)
    text = answer.stdout.strip()
    name = "secret_key" if algorithm == "HS256" else "private_key"
    assert answer.exit_code == 0
    assert load_keys(token_settings(algorithm, **{name: text})).active.kid
    assert len(text) >= 48
    assert text != run(host.app, "keys", "new", "--algorithm", algorithm).stdout.strip()


def test_a_database_that_cannot_be_used_is_told_in_one_line(new_bare_host: Hosts, tmp_path: Path) -> None:
    host = new_bare_host()
    with host.app.app_context():
        host.db.drop_all()
    answer = run(host.app, "end-sessions", "--all")
    assert (answer.exit_code, answer.stderr.count("\n")) == (1, 1)
    assert answer.stderr.startswith("Error: The database cannot be used: ")
    assert "kakao_login_session" in answer.stderr


def test_an_app_without_kakao_login_is_told_what_is_missing() -> None:
    answer = run(Flask("plain"), "prune")
    assert (answer.exit_code, answer.stderr.startswith("Error: This app has no Kakao login.")) == (1, True)


def test_a_key_can_be_made_where_no_app_can_start(tmp_path: Path) -> None:
    answer = flask("kakao", "keys", "new", cwd=tmp_path)
    assert (answer.returncode, len(answer.stdout.strip())) == (0, 64)
    (tmp_path / "app.py").write_text(
        "from flask import Flask\n"
        "from flask_sqlalchemy import SQLAlchemy\n"
        "from kakao_login import KakaoLogin\n"
        "app = Flask(__name__)\n"
        "app.config['SQLALCHEMY_DATABASE_URI'] = 'sqlite:///host.db'\n"
        "db = SQLAlchemy(app)\n"
        "KakaoLogin(app, db=db)\n"
    )
    environment = {
        "KAKAO_CLIENT_ID": "a-rest-api-key",
        "KAKAO_REDIRECT_URI": "https://app.example/auth/kakao/callback",
    }
    refused = flask("kakao", "init-db", cwd=tmp_path, **environment)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("Error: JWT_SECRET_KEY is missing.")
    made = flask("kakao", "init-db", cwd=tmp_path, JWT_SECRET_KEY=answer.stdout.strip(), **environment)
    assert (made.returncode, made.stderr) == (0, "")
    assert made.stdout.startswith("Created kakao_account, ")
    assert flask("kakao", "nonsense", cwd=tmp_path).returncode == 2
