"""What a login costs: the callback, with Kakao's two hosts over TLS in another process."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch
from urllib.parse import parse_qs, urlencode, urlsplit

import requests

from .hosts import CALLBACK, Host, login_of, make_host, sqlite
from .measure import Answer, Environ, Times, Work, call, databases, environ, ratio, spread, take_turns
from .provider import TOKEN_PATH, USER_PATH, provider
from .results import Counts, Result
from .statements import count_statements

KEPT, NEW, BARE, SLOW = "kept connections", "two new connections", "bare calls", "callback"
# Milliseconds that the provider takes for a call, assumed, for Kakao's own were not measured.  What a login adds
# is much the same with each, so the quicker the provider, the larger it looks.
DELAYS = (20, 30)


class Callbacks:
    """The callbacks of logins of one person who has an account already."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._answers: list[Answer] = []

    def check(self) -> None:
        """Raise ``AssertionError`` unless a login logs in and one with a state of nobody's does not."""
        assert call(self._host.app, environ(f"{CALLBACK}?code=c&state=unknown")).status == 400
        self.prepare(1)()
        self._check_answers()

    def prepare(self, repeat: int) -> Callable[[], None]:
        """Give what finishes so many logins."""
        self._check_answers()
        # A person has a few sessions, and not one for every time that this is measured.
        self._host.forget_sessions()
        requests = [self._start() for _ in range(repeat)]

        def run() -> None:
            self._answers = [call(self._host.app, request) for request in requests]

        return run

    def _start(self) -> Environ:
        answer = call(self._host.app, environ("/auth/kakao/login"))
        query = parse_qs(urlsplit(dict(answer.headers)["Location"]).query)
        back = urlencode({"code": secrets.token_urlsafe(), "state": query["state"][0]})
        (name, value), *_ = answer.cookies.items()
        return environ(f"{CALLBACK}?{back}", headers={"Cookie": f"{name}={value}"})

    def _check_answers(self) -> None:
        for answer in self._answers:
            assert answer.status == 303, answer
            login_of(answer)
        self._answers = []


class BareCalls:
    """The calls that a login needs, and nothing else."""

    def __init__(self, port: int, authority: Path, delay: int) -> None:
        token_host, user_host = _urls(port, str(delay))
        self._urls = token_host + TOKEN_PATH, user_host + USER_PATH
        self._session = requests.Session()
        # Or else an authority that the environment names would take the place of this one.
        self._session.trust_env = False
        self._session.verify = str(authority)

    def check(self) -> None:
        """Raise ``AssertionError`` unless both are answered."""
        self.prepare(1)()

    def prepare(self, repeat: int) -> Callable[[], None]:
        """Give what calls so many times."""

        def run() -> None:
            for _ in range(repeat):
                assert self._session.post(self._urls[0], data={"code": "c"}).status_code == 200
                assert self._session.get(self._urls[1]).status_code == 200

        return run


def report(_counts: Counts, *, quick: bool) -> Iterator[Result]:
    """Give what was asked of a login."""
    with ExitStack() as stack:
        folder = stack.enter_context(databases())
        port, authority = stack.enter_context(provider(folder))
        stack.enter_context(patch.dict(os.environ, SSL_CERT_FILE=str(authority)))
        kept, new = (_callbacks(stack, folder, port, manner) for manner in ("keep", "close"))
        yield from _statements(kept)
        rounds = 5 if quick else 20
        yield from _cpu(take_turns({KEPT: kept, NEW: new}, repeat=10, rounds=rounds))
        for delay in DELAYS:
            slow = _callbacks(stack, folder, port, str(delay))
            works: dict[str, Work] = {BARE: BareCalls(port, authority, delay), SLOW: slow}
            yield _wall(take_turns(works, repeat=2, rounds=rounds, clock=time.perf_counter), delay)


def _callbacks(stack: ExitStack, folder: Path, port: int, manner: str) -> Callbacks:
    token_host, user_host = _urls(port, manner)
    host = make_host(sqlite(folder, manner), token_host, KAKAO_API_URL=user_host)
    stack.callback(host.close)
    return Callbacks(host)


def _urls(port: int, manner: str) -> tuple[str, str]:
    return f"https://localhost:{port}/{manner}", f"https://127.0.0.1:{port}/{manner}"


def _statements(work: Callbacks) -> Iterator[Result]:
    yield Result("first login of a person", str(count_statements(work.prepare(1))))
    seen = count_statements(work.prepare(1))
    yield Result("login, statements", str(seen), "at most 8 statements", len(seen.texts) <= 8)


def _cpu(times: Times) -> Iterator[Result]:
    for name, most in ((KEPT, 3), (NEW, 8)):
        took = spread([second * 1000 for second in times[name]])
        measured = f"{took.median:.1f} ms ({took.lowest:.1f} to {took.highest:.1f}) CPU"
        yield Result(f"login over TLS, {name}", measured, f"at most {most} ms CPU", took.median <= most)


def _wall(times: Times, delay: int) -> Result:
    beside = ratio(times, SLOW, BARE)
    added = spread([(one - other) * 1000 for one, other in zip(times[SLOW], times[BARE], strict=True)])
    work = f"login over TLS, a call taking {delay} ms"
    measured = f"{beside} the provider's round trips, {added.median:.1f} ms more"
    return Result(work, measured, "at most 1.05× in wall time", beside.median <= 1.05)
