"""The fixtures of all rooms: a clock, a Kakao, hosts and a browser."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from kakao_login.emulator import Emulator

from .browsers import chromium, new_page, playwright
from .postgresql import PostgreSQL
from .support import Browser, Clock, Host, config_for, make_host

# Fixtures that live in a file of their own.
__all__ = ["chromium", "new_page", "playwright"]


def pytest_configure() -> None:
    """Take Ctrl-C again, which a shell has its background jobs ignore, and so would every process started here."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def kakao(kakao_emulator: Emulator) -> Emulator:
    """A clean Kakao where everybody is the persona ``full`` and no pages are shown."""
    kakao_emulator.sign_in_as("full")
    return kakao_emulator


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A real PostgreSQL, started when the first test asks for it."""
    # Not below pytest's own folder, which it closes to all other users, and the server runs as one.
    with TemporaryDirectory(prefix="kakao-login-", ignore_cleanup_errors=True) as folder:
        server = PostgreSQL(Path(folder) / "data")
        yield server
        server.stop()


@pytest.fixture
def database_kind() -> str:
    """SQLite, unless a module asks for both by a fixture of the same name."""
    return "sqlite"


@pytest.fixture
def database_url(database_kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Give the address of a database of this test by name; the same name is the same database."""
    if database_kind == "sqlite":
        return lambda name: f"sqlite:///{tmp_path / name}.db"
    server: PostgreSQL = request.getfixturevalue("postgresql")
    return cache(lambda _name: server.new_database())


@pytest.fixture
def new_host(database_url: Callable[[str], str], kakao: Emulator, clock: Clock) -> Iterator[Callable[..., Host]]:
    """Make hosts on a database of this test, with any settings changed."""
    with ExitStack() as stack:

        def make(database: str = "host", clock: Callable[[], float] | None = clock, **changes: Any) -> Host:
            url = database_url(database)
            host = make_host(config_for(kakao, **{"SQLALCHEMY_DATABASE_URI": url, **changes}), clock)
            stack.push(host.stack)
            stack.callback(host.close)
            return host

        yield make


@pytest.fixture
def new_bare_host(database_url: Callable[[str], str], clock: Clock) -> Iterator[Callable[..., Host]]:
    """Make hosts without a Kakao, in memory or on a database of this test, with any settings changed."""
    with ExitStack() as stack:

        def make(database: str = "bare", clock: Callable[[], float] | None = clock, **changes: Any) -> Host:
            url = "sqlite://" if database == ":memory:" else database_url(database)
            host = make_host(config_for(None, **{"SQLALCHEMY_DATABASE_URI": url, **changes}), clock)
            stack.callback(host.close)
            return host

        yield make


@pytest.fixture(params=["bare", ":memory:"])
def bare_host(request: pytest.FixtureRequest, new_bare_host: Callable[..., Host]) -> Host:
    """A host without a Kakao, once on disk and once in memory."""
    return new_bare_host(request.param)


@pytest.fixture
def host(new_host: Callable[..., Host]) -> Host:
    """A host that is served at ``host.url``."""
    host = new_host()
    host.serve()
    return host


@pytest.fixture
def browser(host: Host) -> Browser:
    return Browser(host.url)
