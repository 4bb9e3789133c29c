"""The fixtures of all rooms: a clock, a Kakao, hosts and a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from kakao_login.emulator import Emulator, run_emulator
from tests.support import Browser, Clock, Host, config_for, make_host


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def shared_kakao() -> Iterator[Emulator]:
    with run_emulator() as emulator:
        yield emulator


@pytest.fixture
def kakao(shared_kakao: Emulator) -> Iterator[Emulator]:
    """A clean Kakao where everybody is the persona ``full`` and no pages are shown."""
    shared_kakao.reset()
    shared_kakao.sign_in_as("full")
    yield shared_kakao
    shared_kakao.clear_faults()


@pytest.fixture
def new_host(tmp_path: Path, kakao: Emulator, clock: Clock) -> Iterator[Callable[..., Host]]:
    """Make hosts on SQLite files, with any settings changed."""
    with ExitStack() as stack:
        made: list[Host] = []

        def make(database: str = "host.db", clock: Callable[[], float] | None = clock, **changes: Any) -> Host:
            url = f"sqlite:///{tmp_path / database}"
            host = make_host(config_for(kakao, **{"SQLALCHEMY_DATABASE_URI": url, **changes}), clock)
            made.append(host)
            stack.push(host.stack)
            stack.callback(host.state.heartbeat.stop)
            return host

        yield make


@pytest.fixture
def host(new_host: Callable[..., Host]) -> Host:
    """A host that is served at ``host.url``."""
    host = new_host()
    host.serve()
    return host


@pytest.fixture
def browser(host: Host) -> Browser:
    return Browser(host.url)
