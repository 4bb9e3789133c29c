"""Production: four workers behind a proxy that speaks HTTPS, on a fresh database, without debug."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from kakao_login.emulator import Emulator

from ..support import SECRET

CHECKOUT = Path(__file__).parents[2]
CALLBACK = "https://service.test/auth/kakao/callback"
HTTPS = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9", "Host": "service.test"}


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Four workers start at once on either database, both of them empty."""
    return str(request.param)


@pytest.fixture
def environment(kakao: Emulator, database_url: Callable[[str], str], tmp_path: Path) -> dict[str, str]:
    kakao.patch_app(redirect_uris=[CALLBACK])
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("KAKAO_", "JWT_", "FLASK_"))
    }
    return {
        **clean,
        "DATABASE_URL": database_url("production"),
        "JWT_SECRET_KEY": SECRET,
        "KAKAO_CLIENT_ID": "emulator-rest-api-key",
        "KAKAO_CLIENT_SECRET": "emulator-client-secret",
        "KAKAO_REDIRECT_URI": CALLBACK,
        "KAKAO_AUTH_URL": kakao.url,
        "KAKAO_API_URL": kakao.url,
        "KAKAO_ISSUER": kakao.url,
        "KAKAO_LOGIN_PROXY_HOPS": "1",
        "PYTHONPATH": str(CHECKOUT),
    }


def link_demo(folder: Path) -> None:
    for name in ("wsgi.py", "templates", "static"):
        (folder / name).symlink_to(CHECKOUT / name)


@contextmanager
def gunicorn(environment: dict[str, str], folder: Path) -> Iterator[str]:
    link_demo(folder)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "-w", "4", "--bind", f"127.0.0.1:{port}", "--log-level", "error"]
    process = subprocess.Popen([*command, "wsgi:create_app()"], cwd=folder, env=environment)
    try:
        for _ in range(300):
            assert process.poll() is None, "gunicorn ended"
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def test_four_workers_on_a_fresh_database_log_in_and_out_over_https_alone(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with gunicorn(environment, tmp_path) as url, requests.Session() as browser:
        browser.headers.update(HTTPS)
        start = browser.get(
            f"{url}/auth/kakao/login", params={"next": "/account"}, allow_redirects=False, timeout=20
        )
        [login_cookie] = start.headers["Set-Cookie"].split("; ")[:1]
        assert login_cookie.startswith("__Host-Http-login_")
        back = requests.get(start.headers["Location"], allow_redirects=False, timeout=20).headers["Location"]
        callback = back.replace("https://service.test", url)
        # The jar of this client knows nothing of the proxy's HTTPS, so the cookies are carried by hand.
        done = browser.get(callback, headers={"Cookie": login_cookie}, allow_redirects=False, timeout=20)
        assert (done.status_code, done.headers["Location"]) == (303, "/account")
        lines = done.raw.headers.getlist("Set-Cookie")
        pair = "; ".join(line.split(";")[0] for line in lines if "_token=" in line)
        assert "__Host-Http-access_token=" in pair
        assert "__Secure-refresh_token=" in pair
        for _ in range(8):
            me = browser.get(f"{url}/auth/me", headers={"Cookie": pair}, timeout=20)
            assert me.status_code == 200
        assert "203.0.113.9" in browser.get(f"{url}/auth/sessions", headers={"Cookie": pair}, timeout=20).text
        csrf = {"X-CSRF-Token": me.json()["csrf_token"], "Sec-Fetch-Site": "same-origin", "Cookie": pair}
        assert browser.post(f"{url}/auth/logout", headers=csrf, timeout=20).json() == {"logged_out": True}
        for path in ("/auth/kakao/login", "/auth/me", "/account"):
            over_http = requests.get(f"{url}{path}", allow_redirects=False, timeout=20)
            assert (over_http.status_code, over_http.json()["error"]) == (400, "invalid_request")
            assert "KAKAO_LOGIN_PROXY_HOPS" in over_http.text


def test_a_missing_secret_stops_gunicorn_instead_of_respawning_workers(
    environment: dict[str, str], tmp_path: Path
) -> None:
    del environment["JWT_SECRET_KEY"]
    link_demo(tmp_path)
    run = subprocess.run(
        [sys.executable, "-m", "gunicorn", "-w", "1", "--bind", "127.0.0.1:0", "wsgi:create_app()"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode != 0
    assert "SettingsError: JWT_SECRET_KEY is missing." in run.stderr
