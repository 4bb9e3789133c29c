"""What servers and networks do to processes: they fork, give threads no time, and let connections fall silent."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import requests

from kakao_login import EndReason
from kakao_login.store.models import LoginSession
from wsgi import create_app

from ..builders import new_session
from ..postgresql import PostgreSQL
from ..servers import APP, CHECKOUT, running
from ..silent_proxy import SilentProxy
from ..support import SECRET, Host, config_for, free_port, make_host


def bearer(host: Host, row: LoginSession) -> dict[str, str]:
    return {"Authorization": f"Bearer {host.services.pair_of(row, 'json').access_token}"}


# A connection that falls silent.


@pytest.fixture
def proxy(postgresql: PostgreSQL) -> Iterator[SilentProxy]:
    proxy = SilentProxy(f"{postgresql.folder}/.s.PGSQL.5432")
    yield proxy
    proxy.close()


@pytest.fixture
def behind(postgresql: PostgreSQL, proxy: SilentProxy) -> Iterator[Callable[..., tuple[Host, Host]]]:
    """Make two hosts on one database, the first of them behind the proxy."""
    hosts: list[Host] = []

    def make(interval: int) -> tuple[Host, Host]:
        direct = postgresql.new_database()
        name = direct.split("@/")[1].split("?")[0]
        for url in (f"postgresql+psycopg://postgres:@127.0.0.1:{proxy.port}/{name}?sslmode=disable", direct):
            config = config_for(None, SQLALCHEMY_DATABASE_URI=url, KAKAO_LOGIN_POLL_INTERVAL=interval)
            hosts.append(make_host(config))
        return hosts[0], hosts[1]

    yield make
    proxy.close()
    for thread in threading.enumerate():
        # Whoever still waits for the silent database is told now, and closes its connection.
        if thread.name == "kakao-login-ask":
            thread.join(5)
    for host in hosts:
        host.close()


@pytest.mark.parametrize("interval", [0, 1])
def test_a_database_that_falls_silent_keeps_nobody_waiting_and_hides_no_end(
    behind: Callable[..., tuple[Host, Host]], proxy: SilentProxy, interval: int, caplog: pytest.LogCaptureFixture
) -> None:
    here, elsewhere = behind(interval)
    row = new_session(elsewhere)
    headers, client = bearer(elsewhere, row), here.app.test_client()
    ends = here.services.ends

    def ask() -> tuple[int, float]:
        began_at = time.monotonic()
        status = client.post("/mine", json={}, headers=headers).status_code
        return status, time.monotonic() - began_at

    assert ask()[0] == 200
    proxy.be_silent()
    elsewhere.services.sessions.end(row.id, EndReason.LOGOUT)
    vars(ends)["_monotonic"] = lambda: time.monotonic() + 6
    (first, waited), (second, at_once) = ask(), ask()
    assert (first, second) == (503, 503)
    assert (1.9 < waited < 4, at_once < 0.5) == (True, True)
    assert "has not answered within 2 seconds" in caplog.text
    proxy.speak()
    vars(ends._bounded)["_rests_until"] = 0
    assert ask()[0] == 401


# Forks and starved threads.


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """A file lock and a transaction on a server are held in different ways."""
    return str(request.param)


@pytest.fixture
def host(database_url: Callable[[str], str]) -> Iterator[Host]:
    host = make_host(config_for(None, SQLALCHEMY_DATABASE_URI=database_url("host")))
    yield host
    host.close()


@pytest.fixture
def uwsgi(host: Host) -> Iterator[str]:
    """Four workers of a uWSGI as it comes: forked after the app was made, and threads run only during requests."""
    program = shutil.which("uwsgi")
    assert program is not None, "tests/install_tools.sh installs it"
    command = [program, "--plugin", "python3"]
    version = subprocess.run([*command, "--python-version"], capture_output=True, text=True, check=False).stdout
    if not version.startswith(f"{sys.version_info.major}.{sys.version_info.minor}."):
        pytest.skip(
            f"Debian's uWSGI runs Python {version.strip()}, which cannot load what was built for this one."
        )
    port = free_port()
    command += ["--http-socket", f"127.0.0.1:{port}", "--master", "--processes", "4", "--die-on-term"]
    for path in (sysconfig.get_paths()["purelib"], str(CHECKOUT)):
        command += ["--pythonpath", path]
    command += ["--module", APP, "--disable-logging"]
    with running(command, port, host.app.config["SQLALCHEMY_DATABASE_URI"]) as workers:
        yield workers.url


def test_a_server_that_gives_threads_no_time_serves_no_ended_session_and_holds_no_lock(
    host: Host, uwsgi: str
) -> None:
    for pause in (2.0, 5.5):
        row = new_session(host)
        pair, headers = host.services.pair_of(row, "json"), bearer(host, row)
        statuses = {requests.get(f"{uwsgi}/mine", headers=headers, timeout=5).status_code for _ in range(12)}
        assert statuses == {200}
        # Nothing runs meanwhile, and whatever a thread was in the middle of stays as it is.
        time.sleep(pause)
        renewed = requests.post(f"{uwsgi}/auth/refresh", json={"refresh_token": pair.refresh_token}, timeout=5)
        assert renewed.status_code == 200
        assert requests.post(f"{uwsgi}/auth/logout", headers=headers, timeout=5).status_code == 200
        time.sleep(pause)
        statuses = {requests.get(f"{uwsgi}/mine", headers=headers, timeout=5).status_code for _ in range(12)}
        assert statuses == {401}


# The database away at the start.


def test_the_demo_starts_without_its_database(caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"postgresql+psycopg://postgres:@127.0.0.1:{nobody.getsockname()[1]}/gone"
        app = create_app(
            {
                **config_for(None, SQLALCHEMY_DATABASE_URI=url),
                "TESTING": False,
                "JWT_SECRET_KEY": SECRET,
                "KAKAO_REDIRECT_URI": "https://service.test/auth/kakao/callback",
                "KAKAO_CLIENT_ID": "key",
            }
        )
        client = app.test_client()
        assert client.get("/", base_url="https://service.test").status_code == 200
        assert client.get("/auth/kakao/login", base_url="https://service.test").status_code == 302
    assert "flask kakao init-db" in caplog.text
