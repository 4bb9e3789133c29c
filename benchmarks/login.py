"""What a login costs over TLS: its statements, its time over that of Kakao's answers, and its CPU time."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import requests

from .hosts import Host, make_host, sqlite
from .measure import Environ, Times, Work, call, ratio, spread, take_turns
from .provider import provider
from .results import Counts, Result
from .statements import statements

BARE, WARM, COLD = "the two calls to Kakao alone", "a login", "a login on two new connections"


class Logins:
    """Callbacks, each of a login that was started before."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def check(self) -> None:
        """Raise ``AssertionError`` unless a login ends in one."""
        call_back(self._host, self._host.start())

    def prepare(self, repeat: int) -> Callable[[], None]:
        """Start so many logins and give what ends them."""
        callbacks = [self._host.start() for _ in range(repeat)]

        def run() -> None:
            for callback in callbacks:
                call_back(self._host, callback)

        return run


class BareCalls:
    """What no login can do without: the two calls to Kakao, on one connection."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()
        # The environment may name authorities of its own, which go over ``verify``.
        self._session.trust_env = False
        self._session.verify = os.environ["SSL_CERT_FILE"]

    def check(self) -> None:
        """Raise ``AssertionError`` unless Kakao answers."""
        self._ask()

    def prepare(self, repeat: int) -> Callable[[], None]:
        """Give what asks so many times."""

        def run() -> None:
            for _ in range(repeat):
                self._ask()

        return run

    def _ask(self) -> None:
        assert self._session.post(f"{self._url}/oauth/token", data={"code": "c"}, timeout=5).json()
        assert self._session.get(f"{self._url}/v2/user/me", timeout=5).json()


def call_back(host: Host, callback: Environ) -> None:
    """Come back from Kakao; raises ``AssertionError`` unless that is a login."""
    answer = call(host.app, callback)
    assert (answer.status, len(answer.cookies)) == (303, 3), answer


def report(_counts: Counts, *, quick: bool) -> Iterator[Result]:
    """Give a line for each; instructions are of no use here, where Kakao is waited for."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        url, hanging_up = stack.enter_context(provider(Path(folder)))
        warm, cold = (make_host(sqlite(Path(folder), url[-5:]), url) for url in (url, hanging_up))
        stack.callback(warm.close)
        stack.callback(cold.close)
        works: dict[str, Work] = {BARE: BareCalls(url), WARM: Logins(warm), COLD: Logins(cold)}
        wall = take_turns(works, repeat=5, rounds=3 if quick else 9, clock=time.perf_counter)
        cpu = take_turns(works, repeat=5, rounds=3 if quick else 9)
        yield from _judge(wall, cpu)
        yield _judge_statements(warm)


def _judge(wall: Times, cpu: Times) -> Iterator[Result]:
    beside = ratio(wall, WARM, BARE)
    yield Result(f"{WARM} over {BARE}", f"{beside} wall", "wall at most 1.05×", beside.median <= 1.05)
    for name, most in ((WARM, 3), (COLD, 8)):
        each = spread(cpu[name]).median * 1000
        yield Result(f"{name} over TLS", f"{each:.2f} ms CPU", f"at most {most} ms", each <= most)


def _judge_statements(host: Host) -> Result:
    callback = host.start()
    with statements() as seen:
        call_back(host, callback)
    return Result(f"{WARM}, SQLite", str(seen), "8 statements", len(seen.texts) <= 8)
