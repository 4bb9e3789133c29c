"""Whatever is sent to the routes under ``/auth``: no error of the server, and no memory that stays."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from werkzeug.test import EnvironBuilder, run_wsgi_app

from tests.builders import new_session

from ..support import HOST, Clock, Host, config_for, make_host

LARGEST = 1_000_000
LARGE = 50_000
PATHS = [
    *("/auth/kakao/login", "/auth/kakao/callback", "/auth/refresh", "/auth/logout", "/auth/me", "/auth/sessions"),
    *("/auth/sessions/x", "/auth/static/kakao_login.js", "/auth/", "/auth/nothing"),
]
COOKIES = ["access_token", "refresh_token", "login_x", "logged_out", "__Host-Http-access_token", "x"]
HEADERS = [
    *("Authorization", "Origin", "Host", "Accept", "Accept-Language", "Content-Type", "Content-Length", "Referer"),
    *("Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest", "Sec-Fetch-User", "Sec-Purpose", "X-CSRF-Token"),
    *(
        "Transfer-Encoding",
        "User-Agent",
        "Range",
        "If-None-Match",
        "X-Forwarded-For",
        "X-Forwarded-Proto",
        "Cookie",
    ),
]
QUERIES = [
    "next",
    "state",
    "code",
    "error",
    "iss",
    "prompt",
    "scope",
    "confirmed",
    "optional",
    "refresh_token",
    "x",
]
WORDS = [
    *("", "x", "/", "//", "/mine", "navigate", "document", "image", "same-origin", "cross-site", "none", "?1"),
    *(
        "prefetch",
        "text/html",
        "application/json",
        "Bearer",
        "Bearer ",
        "bearer a.b.c",
        "a.b.c",
        HOST,
        "null",
        "ko",
    ),
    *(
        "chunked",
        "-1",
        "0",
        "9" * 30,
        "1e400",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ),
    *("login", "openid profile", "access_denied", "\u00e9", "\x00", "한글", "%", "%ff", "%00", "\x7f", "\ud800"),
]
BODIES = [
    *(
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"refresh_token": 1}',
        b'{"refresh_token": "x"}',
        b"\xff",
        b"a&" * 200,
        b"next=/x",
    ),
    *(b"[" * 50_000, b'{"a":' * 20_000, b"9" * 100_000, b"\x00" * 1000, b"--x\r\n\r\n\r\n--x--"),
]
latin = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=40)
values = st.sampled_from([word.encode("utf-8", "replace").decode("latin-1") for word in WORDS]) | latin


def repeated(part: bytes, times: int) -> bytes:
    return part * min(times, LARGEST // max(len(part), 1))


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    """Give what a server hands on: any method, address, headers, cookies and body up to a megabyte."""
    return {
        "method": draw(
            st.sampled_from(["GET", "POST", "DELETE", "HEAD", "OPTIONS", "PUT", "PATCH", "TRACE", "X"])
        ),
        "path": draw(st.sampled_from(PATHS)) + draw(st.sampled_from(["", "", "", "/", "%00", "é", "\x00"])),
        "query": draw(st.lists(st.tuples(st.sampled_from(QUERIES), values), max_size=4)),
        "headers": draw(st.lists(st.tuples(st.sampled_from(HEADERS), values), max_size=6)),
        "cookies": draw(st.lists(st.tuples(st.sampled_from(COOKIES), values | st.just("own")), max_size=5)),
        "body": repeated(
            draw(st.sampled_from(BODIES) | st.binary(max_size=200)), draw(st.sampled_from([1, 1, 1, 5000]))
        ),
        "chunked": draw(st.booleans()),
    }


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    host = make_host(config_for(None, SQLALCHEMY_DATABASE_URI="sqlite://", PROPAGATE_EXCEPTIONS=False), Clock())
    yield host
    host.close()


@pytest.fixture(scope="module")
def own(host: Host) -> dict[str, str]:
    """The cookies of somebody who is logged in, so that the requests get past the first refusal."""
    pair = host.services.pair_of(new_session(host), "cookie")
    _, login = host_states(host).start("/mine")
    return {"access_token": pair.access_token, "refresh_token": pair.refresh_token, "login_x": login}


def host_states(host: Host) -> Any:
    from kakao_login.web.logins import LoginStates

    return LoginStates(host.services.codec, clock=host.services.clock)


@example(
    {
        "method": "POST",
        "path": "/auth/logout",
        "query": [],
        "headers": [("Content-Type", "application/x-www-form-urlencoded")],
        "cookies": [],
        "body": b"a&" * 200_000,
        "chunked": False,
    }
)
@given(request=requests())
@settings(
    max_examples=2000,
    deadline=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.large_base_example,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)
def test_no_request_is_an_error_of_the_server(host: Host, own: dict[str, str], request: dict[str, Any]) -> None:
    answer = send(host, own, request)
    assert answer < 500 or answer == 503, answer


def send(host: Host, own: dict[str, str], request: dict[str, Any]) -> int:
    """Hand the request on as a server does, and give the status of the answer."""
    body = request["body"]
    builder = EnvironBuilder(path="/", method=request["method"], query_string=request["query"])
    environ = builder.get_environ()
    environ["PATH_INFO"] = request["path"].encode().decode("latin-1")
    for name, value in request["headers"]:
        key = name.upper().replace("-", "_")
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
    cookies = "; ".join(
        f"{name}={own.get(name, value) if value == 'own' else value}" for name, value in request["cookies"]
    )
    environ["HTTP_COOKIE"] = environ.get("HTTP_COOKIE", "") + cookies
    environ |= {"wsgi.input": Body(body), "wsgi.input_terminated": request["chunked"]}
    if "CONTENT_LENGTH" not in environ or not request["chunked"]:
        environ["CONTENT_LENGTH"] = str(len(body))
    with watching_memory() if len(body) > LARGE else nullcontext():
        _, status, _ = run_wsgi_app(host.app, environ, buffered=True)
    return int(status.split()[0])


@contextmanager
def watching_memory() -> Iterator[None]:
    """See that a request takes no more than what may be read of a body, parsed into the smallest fields."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < 12_000_000
    finally:
        tracemalloc.stop()


class Body:
    """A body as a server gives it: in parts, and no more than there is."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def read(self, size: int = -1) -> bytes:
        end = len(self.data) if size < 0 else self.at + size
        part, self.at = self.data[self.at : end], min(end, len(self.data))
        return part
