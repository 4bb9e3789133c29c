"""The server and the command line, over bare sockets and real processes."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from kakao_login.emulator import Emulator, RemoteListenError, run_emulator
from kakao_login.emulator.__main__ import main
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
    monkeypatch.setattr(kakao, "users", lambda: 1 / 0)
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


class Process:
    """The command line in a process of its own."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "kakao_login.emulator", *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def end(self, number: int | None = None) -> tuple[int, str, str]:
        """Give exit code, output and errors, after a signal if one is named; kill what does not end."""
        if number is not None:
            self.process.send_signal(number)
        try:
            out, err = self.process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            out, err = self.process.communicate()
        return self.process.returncode, out, err


def wait_for(file: Path) -> str:
    for _ in range(500):
        if file.exists():
            return file.read_text(encoding="utf-8").strip()
        time.sleep(0.01)
    raise TimeoutError(file)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_line_starts_quickly_and_ends_quietly(tmp_path: Path, number: int) -> None:
    ready, before = tmp_path / "ready", os.times()
    process = Process("--port", "0", "--ready-file", str(ready), "--sign-in-as", "full")
    url = wait_for(ready)
    assert requests.get(f"{url}/emulator/app", timeout=5).json()["client_id"] == "emulator-rest-api-key"
    code, out, err = process.end(number)
    after = os.times()
    assert (code, err) == (0, "")
    assert url in out
    assert not ready.exists()
    # Time of the processor, since the clock on the wall also counts whatever else the machine does.
    assert after.children_user - before.children_user < 1.5


def refusal(*arguments: str) -> str:
    """Give what a command line that cannot work says to stderr; it must say nothing else and exit with 2."""
    result = CliRunner().invoke(main, arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    return result.stderr


def test_a_taken_port_is_one_line_and_exit_code_2(kakao: Emulator) -> None:
    port = kakao.url.rpartition(":")[2]
    assert (
        refusal("--port", port)
        == f"kakao-emulator: 127.0.0.1:{port}: Address already in use. Choose another with --port.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--host", "0.0.0.0"], "sign in as anybody"),
        (["--sign-in-as", "nobody"], "known are full"),
        (["--app", "missing.toml"], "missing.toml"),
        (["--redirect-uri", "no url"], "redirect_uris"),
        (["--issuer", "kauth"], "issuer"),
        (["--port", "99999"], "99999"),
        (["--colour"], "--colour"),
    ],
)
def test_a_wrong_option_is_explained_with_exit_code_2(arguments: list[str], reason: str) -> None:
    assert reason in refusal("--port", "0", *arguments)


APPS = """
[[app]]
client_id = "first"
redirect_uris = ["http://localhost:3000/cb"]

[[app]]
name = "둘째"
oidc = false
[app.consent_items]
profile_nickname = "required"
talk_message = "during_use"
[app.unlink_webhook]
url = "http://localhost:3000/unlink"
"""


def test_apps_come_from_a_file(tmp_path: Path) -> None:
    file, ready = tmp_path / "apps.toml", tmp_path / "ready"
    file.write_text(APPS, encoding="utf-8")
    process = Process("--port", "0", "--app", str(file), "--ready-file", str(ready))
    apps = requests.get(f"{wait_for(ready)}/emulator/apps", timeout=5).json()["apps"]
    process.end(signal.SIGTERM)
    assert [app["client_id"] for app in apps] == ["first", "emulator-rest-api-key-2"]
    assert [app["app_id"] for app in apps] == [1, 2]
    assert apps[1]["consent_items"] == {"profile_nickname": "required", "talk_message": "during_use"}
    assert apps[1]["unlink_webhook"] == {"url": "http://localhost:3000/unlink", "method": "POST"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("app_id = 'one'", "app_id"),
        ("[[app]]\ncolour = 1", "colour"),
        ("= 3", "Invalid"),
        ("[[app]]\n[[app]]\napp_id = 1", "taken"),
    ],
)
def test_a_wrong_file_is_explained(tmp_path: Path, content: str, reason: str) -> None:
    file = tmp_path / "apps.toml"
    file.write_text(content, encoding="utf-8")
    err = refusal("--port", "0", "--app", str(file))
    assert reason in err
    assert str(file) in err
    assert os.linesep not in err.strip()


def test_tls_tells_what_to_trust_and_what_the_hosts_file_needs(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    process = Process("--port", "0", "--tls", "--tls-dir", str(tmp_path), "--ready-file", str(ready))
    url = wait_for(ready)
    ca_file = tmp_path / "kakao-emulator-ca.pem"
    metadata = requests.get(f"{url}/.well-known/openid-configuration", timeout=5, verify=str(ca_file)).json()
    code, out, _ = process.end(signal.SIGTERM)
    assert code == 0
    assert metadata["issuer"] == "https://kauth.kakao.com"
    assert str(ca_file) in out
    assert "127.0.0.1 kauth.kakao.com\n127.0.0.1 kapi.kakao.com\n" in out
    assert "--port 443" in out


def test_a_ready_file_of_an_earlier_run_is_gone_before_anything_else(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    ready.write_text("http://127.0.0.1:1\n", encoding="utf-8")
    done = CliRunner().invoke(main, ["--ready-file", str(ready), "--sign-in-as", "nobody"])
    assert done.exit_code == 2
    assert not ready.exists()


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "missing" / "ready"
    done = CliRunner().invoke(main, ["--port", "0", "--ready-file", str(missing)])
    assert done.exit_code == 2
    assert str(missing) in done.output
    assert "--port" not in done.output
