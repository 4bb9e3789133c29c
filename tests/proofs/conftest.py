"""Several processes on one database, and sessions to play with."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import requests

from ..support import Host, config_for, make_host

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Every proof holds on both databases."""
    return str(request.param)


class Workers:
    """Gunicorn with some worker processes on one port."""

    def __init__(self, url: str, process: subprocess.Popen[bytes]) -> None:
        self.url = url
        self.process = process

    def pids(self) -> list[int]:
        """Give the processes that serve now."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]


@pytest.fixture
def start_workers(host: Host) -> Iterator[Callable[..., Workers]]:
    """Start workers on the database of ``host``."""
    with ExitStack() as stack:

        def start(count: int = 1, **settings: int) -> Workers:
            return stack.enter_context(_gunicorn(count, host.app.config["SQLALCHEMY_DATABASE_URI"], settings))

        yield start


@pytest.fixture
def host(database_url: Callable[[str], str]) -> Iterator[Host]:
    """The host of this process, by the real clock, as all others have."""
    host = make_host(config_for(None, SQLALCHEMY_DATABASE_URI=database_url("host")))
    with host.app.app_context():
        host.db.session.add_all([host.kakao_login.user_model(), host.kakao_login.user_model()])
        host.db.session.commit()
    yield host
    host.close()


def new_session(host: Host, user_id: int = 1) -> tuple[str, str]:
    """Start a session of a user and give its access and refresh token."""
    row = host.services.sessions.start(user_id, user_agent="test", ip="127.0.0.1")
    pair = host.services.pairs.make(row, {}, "json")
    return pair.access_token, pair.refresh_token


@contextmanager
def _gunicorn(count: int, database_url: str, settings: dict[str, int]) -> Iterator[Workers]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--workers", str(count), "--threads", "8", "--bind", f"127.0.0.1:{port}", "--preload"]
    options += ["--log-level", "critical"]
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        **{name: str(value) for name, value in settings.items()},
    }
    command = [sys.executable, "-m", "gunicorn", *options, "tests.proofs.worker:create_app()"]
    process = subprocess.Popen(command, cwd=CHECKOUT, env=environment)
    try:
        _wait(f"http://127.0.0.1:{port}/pid", process)
        yield Workers(f"http://127.0.0.1:{port}", process)
    finally:
        process.terminate()
        process.wait(20)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        assert process.poll() is None, "gunicorn ended"
        try:
            requests.get(url, timeout=5)
        except requests.ConnectionError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("gunicorn did not answer")
