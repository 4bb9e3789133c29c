"""The database away or read-only: 503 where it is needed, cookies kept, and all well at once afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event, text

from kakao_login import EndReason

from ..postgresql import PostgreSQL
from ..support import PAGE, Browser, Clock, Host

Away = Callable[[], AbstractContextManager[None]]


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Everything here holds on both databases."""
    return str(request.param)


@contextmanager
def _file_away(path: Path) -> Iterator[None]:
    """Put something in the place of the database that cannot be opened as one."""
    kept = path.with_suffix(".kept")
    path.rename(kept)
    path.mkdir()
    yield
    path.rmdir()
    kept.rename(path)


@pytest.fixture
def database_away(host: Host, database_kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Away:
    if database_kind == "postgresql":
        server: PostgreSQL = request.getfixturevalue("postgresql")
        return lambda: server.without(host.app.config["SQLALCHEMY_DATABASE_URI"])

    @contextmanager
    def away() -> Iterator[None]:
        with host.app.app_context():
            host.db.engine.dispose()
        with _file_away(tmp_path / "host.db"):
            yield

    return away


def test_what_needs_no_database_goes_on_and_the_rest_says_come_back(
    browser: Browser, clock: Clock, database_away: Away
) -> None:
    back = browser.start()
    browser.log_in()
    headers = browser.csrf()
    pair = browser.pair()
    bearer = {"Authorization": f"Bearer {pair[0]}"}
    assert browser.post("/mine", json={}, headers=bearer).status_code == 200
    with database_away():
        # Who it is needs no database; loading the user does.
        assert browser.post("/mine", json={}, headers=bearer).status_code == 200
        for answer in (
            browser.get("/mine"),
            browser.post("/auth/refresh", headers=headers),
            browser.post("/auth/logout", headers=headers),
            browser.get("/auth/refresh?next=/mine", headers=PAGE),
            browser.get(back),
        ):
            assert answer.status_code == 503
            assert answer.headers["Retry-After"] == "2"
            assert "temporarily_unavailable" in answer.text
        assert browser.pair() == pair
        assert browser.get("/auth/kakao/login").status_code == 302
    assert browser.get("/mine").status_code == 200
    assert browser.post("/auth/refresh", headers=headers).status_code == 200
    assert browser.get(back).status_code == 303


def test_the_cookies_of_an_ended_session_are_kept_while_nobody_can_say_why_it_ended(
    host: Host, browser: Browser, database_away: Away
) -> None:
    """They may be the cookies of the login that has replaced it."""
    browser.log_in()
    pair = browser.pair()
    host.services.sessions.end(browser.get("/auth/me").json()["session"]["id"], EndReason.ENDED_BY_HOST)
    with database_away():
        answer = browser.get("/mine")
        assert (answer.json()["error"], answer.headers.get("Set-Cookie")) == ("session_ended", None)
    assert browser.pair() == pair
    assert "Max-Age=0" in browser.get("/mine").headers["Set-Cookie"]


def test_an_end_is_learnt_after_the_database_was_away(
    new_host: Callable[..., Host], browser: Browser, database_away: Away
) -> None:
    elsewhere = new_host()
    other = Browser(elsewhere.serve())
    browser.log_in()
    bearer = {"Authorization": f"Bearer {browser.pair()[0]}"}
    assert other.post("/mine", json={}, headers=bearer).status_code == 200
    assert browser.post("/auth/logout", headers=browser.csrf()).status_code == 200
    with database_away():
        elsewhere.services.heartbeat.beat()
    elsewhere.services.heartbeat.beat()
    assert other.post("/mine", json={}, headers=bearer).json()["error"] == "session_ended"


def test_a_read_only_database_serves_what_needs_no_write(
    new_host: Callable[..., Host], database_kind: str, request: pytest.FixtureRequest
) -> None:
    host = new_host(SQLALCHEMY_ENGINE_OPTIONS={"pool_pre_ping": True})
    browser = Browser(host.serve())
    browser.log_in()
    headers = browser.csrf()
    other = Browser(host.url)
    other.log_in()
    renewed = other.post("/auth/refresh", headers=other.csrf()).json()
    pair = browser.pair()
    url = host.app.config["SQLALCHEMY_DATABASE_URI"]
    if database_kind == "postgresql":
        request.getfixturevalue("postgresql").make_read_only(url)
    else:
        with host.app.app_context():
            event.listen(host.db.engine, "connect", lambda raw, _: raw.execute("PRAGMA query_only = 1"))
            host.db.engine.dispose()
    assert browser.get("/mine").status_code == 200
    answer = browser.post("/auth/refresh", headers=headers)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert browser.pair() == pair
    # A token that comes again within the window gets the pair of the step that was taken before.
    assert other.post("/auth/refresh", headers=other.csrf()).json() == renewed


def test_a_missing_table_or_column_is_no_outage_and_names_its_cure(
    new_host: Callable[..., Host], caplog: pytest.LogCaptureFixture
) -> None:
    host = new_host()
    browser = Browser(host.serve())
    browser.log_in()
    with host.app.app_context(), host.db.engine.begin() as connection:
        connection.execute(text("ALTER TABLE kakao_login_session RENAME COLUMN late_generation TO other"))
    answer = browser.get("/mine", headers=PAGE)
    assert answer.status_code == 200
    answer = browser.get(browser.start())
    assert (answer.status_code, "not_ready" in answer.text, "flask kakao init-db" in answer.text) == (
        500,
        True,
        True,
    )
    assert "late_generation" in caplog.text
    assert "flask kakao init-db, or your migration." in caplog.text
    with host.app.app_context(), host.db.engine.begin() as connection:
        connection.execute(text("DROP TABLE kakao_login_end_counter"))
    host.services.heartbeat.beat()
    assert "Traceback" not in caplog.text
