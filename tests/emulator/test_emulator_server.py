"""The server, over bare sockets."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
import requests

from kakao_login.emulator import Emulator, RemoteListenError, run_emulator
from kakao_login.emulator.control.visitors import is_loopback

from .emulator_client import Client


@contextmanager
def connected(kakao: Emulator) -> Iterator[socket.socket]:
    host, _, port = kakao.url.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=5) as line:
        yield line


def talk(kakao: Emulator, *parts: bytes) -> bytes:
    """Send bytes, say no more, and give everything that comes back."""
    with connected(kakao) as line:
        for part in parts:
            line.sendall(part)
        line.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: line.recv(65_536), b""))


def statuses(answer: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3})", answer)]


GET = b"GET /v2/user/me HTTP/1.1\r\nHost: x\r\n\r\n"


def test_a_connection_is_kept_for_many_requests(client: Client, kakao: Emulator) -> None:
    assert statuses(talk(kakao, GET * 3)) == [401, 401, 401]
    with requests.Session() as http:
        for _ in range(3):
            assert http.get(f"{kakao.url}/v2/user/me").headers.get("Connection") is None


def test_the_body_of_a_refused_post_does_not_spoil_the_next_request(kakao: Emulator) -> None:
    post = b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
    assert statuses(talk(kakao, post, GET)) == [404, 401]


def test_a_chunked_body_is_read(kakao: Emulator) -> None:
    head = b"POST /oauth/token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
    form = b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    answer = talk(kakao, head + form + b"b\r\ngrant_type=\r\n8\r\npassword\r\n0\r\n\r\n", GET)
    assert statuses(answer) == [400, 401]
    assert b"Unsupported grant type: password" in answer


def test_a_body_that_waits_to_be_asked_for_is_asked_for(kakao: Emulator) -> None:
    head = b"POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n"
    with connected(kakao) as line:
        line.sendall(head)
        assert line.recv(1_000).startswith(b"HTTP/1.1 100 ")
        line.sendall(b"x")
        assert line.recv(1_000).startswith(b"HTTP/1.1 400 ")


def test_head_has_no_body(kakao: Emulator) -> None:
    answer = talk(kakao, b"HEAD /.well-known/jwks.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer.endswith(b"\r\n\r\n")


def test_http_1_0_is_answered_and_closed(kakao: Emulator) -> None:
    assert b" 401 " in talk(kakao, b"GET /v2/user/me HTTP/1.0\r\n\r\n").split(b"\r\n")[0]


def test_a_whole_url_may_be_the_target(kakao: Emulator) -> None:
    target = kakao.url.encode() + b"/v2/user/me?a=b"
    assert statuses(talk(kakao, b"GET " + target + b" HTTP/1.1\r\nHost: x\r\n\r\n")) == [401]


@pytest.mark.parametrize(
    "request_head",
    [
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /oauth/token HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST /oauth/token HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /oauth/token HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"POST /oauth/token HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST /oauth/token HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /oauth/token HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"POST /oauth/token HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
        b"POST /oauth/token HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n\r\n",
        b"POST /oauth/token HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n0\r\n\r\n",
        b"POST /oauth/token HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n",
        b"POST /oauth/token HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1_0\r\nhello\r\n0\r\n\r\n",
        b"POST /oauth/token HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXX\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        b"POST /oauth/token HTTP/1.1\r\nContent-Length : 1\r\n\r\na",
        b"POST /oauth/token HTTP/1.1\r\njunk\r\nContent-Length: 1\r\n\r\na",
        b"GET / HTTP/1.1\r\nHost: a..b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: " + b"x" * 64 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X-A: b\r\n" * 200 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: " + b"x" * 70_000 + b"\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused_and_the_line_closed(kakao: Emulator, request_head: bytes) -> None:
    answer = talk(kakao, request_head)
    assert all(status in {400, 414, 431, 505} for status in statuses(answer))
    assert b"Traceback" not in answer


def test_a_body_cut_short_is_refused(kakao: Emulator) -> None:
    assert statuses(talk(kakao, b"POST /oauth/token HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc")) == [400]


def test_leaving_closes_every_connection_at_once() -> None:
    with run_emulator() as kakao:
        idle = socket.create_connection(("127.0.0.1", int(kakao.url.rpartition(":")[2])), timeout=5)
        hanging = socket.create_connection(("127.0.0.1", int(kakao.url.rpartition(":")[2])), timeout=5)
        idle.sendall(GET)
        assert idle.recv(65_536).startswith(b"HTTP/1.1 401")
        kakao.fault("user_me", "hang")
        hanging.sendall(GET)
        while not kakao.requests("user_me")[-1]["fault"]:
            time.sleep(0.01)
        started = time.monotonic()
    assert time.monotonic() - started < 2
    assert idle.recv(1) == b""
    with suppress(ConnectionResetError):
        assert hanging.recv(1) == b""
    idle.close()
    hanging.close()
    with pytest.raises(requests.ConnectionError):
        requests.get(kakao.url, timeout=1)


def test_a_failure_of_a_view_is_a_logged_500(
    kakao: Emulator, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kakao, "users", lambda *_: 1 / 0)
    answer = requests.get(f"{kakao.url}/emulator/users", timeout=5)
    assert answer.status_code == 500
    assert "ZeroDivisionError" in caplog.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.9.9.9"])
def test_loopback_is_known(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com", ""])
def test_anything_but_loopback_is_refused_unless_allowed(host: str) -> None:
    with pytest.raises(RemoteListenError, match="allow-remote"), run_emulator(host=host):
        pass


def test_it_listens_to_all_when_told_so() -> None:
    with run_emulator(host="0.0.0.0", allow_remote=True) as kakao:
        assert (
            requests.get(f"{kakao.url.replace('0.0.0.0', '127.0.0.1')}/v2/user/me", timeout=5).status_code == 401
        )


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(TypeError), run_emulator(colour="yellow"):
        pass


def test_a_form_in_parts_is_read(client: Client, kakao: Emulator) -> None:
    answer = client.http.post(f"{kakao.url}/oauth/token", files={"grant_type": (None, "password")})
    assert answer.json()["error_code"] == "KOE310"
    parts = {"Content-Type": "multipart/form-data; boundary=x"}
    assert client.http.get(f"{kakao.url}/v2/user/me", headers=parts).json()["code"] == -401
