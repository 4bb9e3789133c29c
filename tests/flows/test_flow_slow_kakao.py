"""A Kakao that is slow or hangs: one worker of eight threads goes on serving everything else."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import pytest
import requests

from kakao_login.emulator import Emulator

from ..support import REDIRECT_URI, SECRET, Browser

CHECKOUT = Path(__file__).parents[2]
USUAL = 1
"""Seconds within which Kakao answers when all is well, as the product sees it."""
TIMEOUT = 2
"""Seconds one call to Kakao may take here."""


@contextmanager
def gunicorn(kakao: Emulator, folder: Path) -> Iterator[str]:
    """Serve the demo with one worker of eight threads, in OIDC mode, on an empty database."""
    for name in ("wsgi.py", "templates", "static"):
        (folder / name).symlink_to(CHECKOUT / name)
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        command = [sys.executable, "-m", "gunicorn", "--threads", "8", "--log-level", "error"]
        # The socket is handed on, so nobody can take its port and a connection waits until the worker is there.
        process = subprocess.Popen(
            [*command, "--bind", f"fd://{listener.fileno()}", "wsgi:create_app()"],
            cwd=folder,
            env=environment(kakao, folder),
            pass_fds=[listener.fileno()],
        )
        try:
            yield f"http://localhost:{listener.getsockname()[1]}"
        finally:
            process.terminate()
            process.wait(20)


def environment(kakao: Emulator, folder: Path) -> dict[str, str]:
    names = ("KAKAO_", "JWT_", "FLASK_", "DATABASE_")
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(names)},
        # Without it the site would have to be behind a proxy that speaks HTTPS.
        "FLASK_DEBUG": "1",
        "DATABASE_URL": f"sqlite:///{folder / 'slow.db'}",
        "JWT_SECRET_KEY": SECRET,
        "KAKAO_CLIENT_ID": "emulator-rest-api-key",
        "KAKAO_CLIENT_SECRET": "emulator-client-secret",
        "KAKAO_REDIRECT_URI": REDIRECT_URI,
        "KAKAO_OIDC": "1",
        "KAKAO_TIMEOUT": str(TIMEOUT),
        **dict.fromkeys(("KAKAO_AUTH_URL", "KAKAO_API_URL", "KAKAO_ISSUER"), kakao.url),
        "PYTHONPATH": str(CHECKOUT),
    }


class Callback:
    """One browser that stands before its callback, which it calls on a connection of its own."""

    def __init__(self, url: str) -> None:
        browser = Browser(url)
        self._address = browser.start("/account")
        self._cookies = browser.cookies
        self.seconds = 0.0

    def __call__(self) -> requests.Response:
        began = time.monotonic()
        answer = requests.get(self._address, cookies=self._cookies, allow_redirects=False, timeout=30)
        self.seconds = time.monotonic() - began
        return answer


def stand_before(url: str, number: int) -> list[Callback]:
    with ThreadPoolExecutor(8) as threads:
        return list(threads.map(lambda _: Callback(url), range(number)))


def seconds_of_a_page(browser: Browser) -> float:
    began = time.monotonic()
    # A kept connection would add the 40 ms that the kernel delays its acknowledgements by.
    assert browser.get("/account", headers={"Connection": "close"}, timeout=30).status_code == 200
    return time.monotonic() - began


def test_two_hundred_callbacks_at_once_all_succeed_while_kakao_answers_after_300_ms(
    kakao: Emulator, tmp_path: Path
) -> None:
    with gunicorn(kakao, tmp_path) as url, ThreadPoolExecutor(200) as threads:
        callbacks = stand_before(url, 200)
        kakao.fault("*", "slow", delay_ms=300, times=None)
        answers = list(threads.map(lambda callback: callback(), callbacks))
        assert {answer.status_code for answer in answers} == {303}


@pytest.mark.parametrize("endpoint", ["token", "jwks"])
def test_hanging_calls_leave_the_guarded_pages_alone_from_the_second_second_on(
    kakao: Emulator, tmp_path: Path, endpoint: str
) -> None:
    with gunicorn(kakao, tmp_path) as url, ThreadPoolExecutor(40) as threads:
        browser = Browser(url)
        browser.log_in()
        # The callbacks' id_tokens are signed with a key that the worker does not know yet.
        kakao.rotate_keys()
        callbacks = stand_before(url, 40)
        usual = median(seconds_of_a_page(browser) for _ in range(20))
        kakao.fault(endpoint, "hang", times=None)
        answers = [threads.submit(callback) for callback in callbacks]
        time.sleep(USUAL + 0.1)
        pages = [seconds_of_a_page(browser) for _ in moments_until(answers)]
        assert {answer.result().status_code for answer in answers} == {503}
        assert {answer.result().headers["Retry-After"] for answer in answers} == {"5"}
        assert max(callback.seconds for callback in callbacks) < TIMEOUT + 1
        # Other tests run beside this one, so one page in ten may be late.
        late = [seconds for seconds in pages if seconds >= usual + 0.1]
        assert len(late) <= len(pages) // 10


def moments_until(answers: list[Future[requests.Response]]) -> Iterator[None]:
    """Give a moment again and again until all answers are there."""
    while not all(answer.done() for answer in answers):
        yield
        time.sleep(0.02)
