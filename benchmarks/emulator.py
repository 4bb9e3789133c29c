"""How fast the emulator is: its start, logins a second on one core, and the same with ten thousand people.

A login is three requests: authorize, token, user info.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from .results import Counts, Result

LOGINS, CLIENTS, PEOPLE, LINKED = 800, 4, 10_000, 2_000
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
APP = {"client_id": "emulator-rest-api-key", "redirect_uri": "http://localhost:5000/auth/kakao/callback"}
AUTHORIZE = f"/oauth/authorize?{urlencode(APP | {'response_type': 'code'})}"
TOKEN = APP | {"client_secret": "emulator-client-secret", "grant_type": "authorization_code"}


@contextmanager
def emulator() -> Iterator[tuple[str, float]]:
    """Start an emulator on one core, and give its address and the seconds until it accepted."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready"
        command = [sys.executable, "-m", "kakao_login.emulator", "--port", "0", "--sign-in-as", "full"]
        started = time.perf_counter()
        process = subprocess.Popen([*command, "--ready-file", str(ready)], stdout=subprocess.DEVNULL)
        while not ready.exists():
            time.sleep(0.002)
        took = time.perf_counter() - started
        os.sched_setaffinity(process.pid, {max(os.sched_getaffinity(0))})
        yield ready.read_text(encoding="utf-8").strip(), took
        process.terminate()
        process.wait()


class Browser:
    """A client that keeps its connection, as light as can be, so that the server is what is measured."""

    def __init__(self, url: str) -> None:
        self.line = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)

    def ask(self, method: str, path: str, body: str | None = None, headers: dict[str, str] | None = None) -> Any:
        self.line.request(method, path, body, headers or {})
        answer = self.line.getresponse()
        content = answer.read()
        return answer.headers["Location"] if answer.status == 302 else json.loads(content)

    def log_in(self) -> float:
        """Log in once and give the seconds it took."""
        started = time.perf_counter()
        code = self.ask("GET", AUTHORIZE).rpartition("code=")[2]
        tokens = self.ask("POST", "/oauth/token", urlencode(TOKEN | {"code": code}), FORM)
        user = self.ask("GET", "/v2/user/me", headers={"Authorization": f"Bearer {tokens['access_token']}"})
        if "id" not in user:
            raise RuntimeError(user)
        return time.perf_counter() - started


def measure(url: str) -> tuple[float, float]:
    """Give the logins a second and the 99th percentile of one in milliseconds."""

    def run(_: int) -> list[float]:
        browser = Browser(url)
        return [browser.log_in() for _ in range(LOGINS // CLIENTS)]

    started = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        times = sorted(second for seconds in pool.map(run, range(CLIENTS)) for second in seconds)
    return LOGINS / (time.perf_counter() - started), times[int(len(times) * 0.99)] * 1000


def add_people(url: str) -> None:
    """Fill the emulator with people, some of them linked to the app."""
    browser = Browser(url)
    as_json = {"Content-Type": "application/json"}
    people = [browser.ask("POST", "/emulator/users", "{}", as_json)["id"] for _ in range(PEOPLE)]
    for person in people[:LINKED]:
        browser.ask("PUT", "/emulator/browser", json.dumps({"user_id": person}), as_json)
        browser.log_in()


def report(_counts: Counts, *, quick: bool) -> Iterator[Result]:
    """Give a line for each number; the many people are left out of a quick run."""
    with emulator() as (url, started):
        yield Result("emulator, command to first answer", f"{started:.2f} s")
        measure(url)
        few, few_p99 = measure(url)
        yield Result("emulator, logins on one core", f"{few:.0f} a second, 99th percentile {few_p99:.1f} ms")
        if quick:
            return
        add_people(url)
        many, many_p99 = measure(url)
        measured = f"{many:.0f} a second, 99th percentile {many_p99:.1f} ms ({few / many:.2f}×)"
        yield Result(f"emulator, the same with {PEOPLE} people", measured)
