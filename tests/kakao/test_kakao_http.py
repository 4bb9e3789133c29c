"""What goes out, and what is made of whatever comes back, over real sockets."""

from __future__ import annotations

import datetime
import gzip
import os
import socket
import ssl
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from kakao_login.errors import KakaoUnavailable
from kakao_login.kakao import transport
from kakao_login.kakao.http import MAX_BODY, KakaoHttp

from .raw_server import Behaviour, answer, drip, hang, reset, serve, then_close

SECRET = "canary-secret"
FORM = {"code": SECRET, "client_secret": SECRET}


@pytest.fixture
def http() -> Iterator[KakaoHttp]:
    http = KakaoHttp(timeout=5)
    yield http
    http.close()


@pytest.fixture
def hasty() -> Iterator[KakaoHttp]:
    http = KakaoHttp(timeout=0.2)
    yield http
    http.close()


def test_a_form_is_posted_as_kakao_wants_it(http: KakaoHttp) -> None:
    with serve(answer({"ok": 1})) as server:
        assert http.post_form(f"{server.url}/oauth/token", {"code": "a b&c"}) == (200, {"ok": 1})
        head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /oauth/token HTTP/1.1")
    assert b"Content-Type: application/x-www-form-urlencoded;charset=utf-8" in head
    assert body == b"code=a+b%26c"


def test_a_get_carries_its_parameters_and_headers(http: KakaoHttp) -> None:
    with serve(answer([])) as server:
        url, params = f"{server.url}/v2/user/me", {"secure_resource": "true"}
        assert http.get_json(url, headers={"Authorization": "Bearer x"}, params=params) == (200, [])
        assert server.requests[0].startswith(b"GET /v2/user/me?secure_resource=true HTTP/1.1")
        assert b"Authorization: Bearer x" in server.requests[0]


def test_calls_share_one_kept_connection(http: KakaoHttp) -> None:
    with serve(answer({}), answer({}, status="400 Bad Request"), answer({})) as server:
        http.post_form(server.url, FORM)
        http.get_json(server.url)
        http.post_form(server.url, FORM)
        assert len(server.connections) == 1


def test_a_connection_that_lay_idle_is_not_used_again(http: KakaoHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "MAX_IDLE", 0)
    with serve(answer({}), answer({})) as server:
        http.post_form(server.url, FORM)
        http.post_form(server.url, FORM)
        assert len(server.connections) == 2


def test_a_kept_connection_the_server_closed_is_replaced_even_for_a_post(http: KakaoHttp) -> None:
    with serve(then_close(answer({})), answer({"second": True})) as server:
        http.post_form(server.url, FORM)
        wait_for_end(server.connections[0])
        assert http.post_form(server.url, FORM).body == {"second": True}
        assert len(server.requests) == 2


def test_a_get_whose_connection_was_lost_is_tried_once_more(http: KakaoHttp) -> None:
    with serve(reset, answer({"second": True})) as server:
        assert http.get_json(server.url).body == {"second": True}


def test_a_get_is_tried_twice_at_most(http: KakaoHttp) -> None:
    with serve(reset, reset, answer({})) as server:
        with pytest.raises(KakaoUnavailable):
            http.get_json(server.url)
        assert len(server.requests) == 2


@pytest.mark.parametrize("failure", [reset, then_close(b""), then_close(answer({})[:-1])])
def test_a_post_is_never_tried_again(http: KakaoHttp, failure: Behaviour) -> None:
    with serve(failure, answer({})) as server:
        with pytest.raises(KakaoUnavailable):
            http.post_form(server.url, FORM)
        time.sleep(0.05)
        assert len(server.requests) == 1


def test_nobody_listening_is_kakao_unavailable(http: KakaoHttp) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with pytest.raises(KakaoUnavailable):
        http.post_form(url, FORM)


SLOW: dict[str, Behaviour] = {
    "no answer": hang,
    "a head that drips": drip(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x" * 60),
    "a status line that drips": drip(b"", b"HTTP/1.1 200 OK" + b" " * 60),
    "a body that drips": drip(answer(b"", headers="X: 1\r\n").replace(b"Length: 0", b"Length: 60"), b"1" * 60),
    "a chunked body that drips": drip(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 10
    ),
    "a body until the end that drips": drip(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b"1" * 60),
    "interim answers without end": drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 9, seconds=0.02),
}


@pytest.mark.parametrize("behaviour", SLOW.values(), ids=SLOW.keys())
def test_a_slow_answer_ends_at_the_deadline(hasty: KakaoHttp, behaviour: Behaviour) -> None:
    with serve(behaviour) as server:
        began = time.monotonic()
        with pytest.raises(KakaoUnavailable, match="in time"):
            hasty.post_form(server.url, FORM)
        assert 0.15 < time.monotonic() - began < 1.5


def test_an_answer_that_stops_half_way_ends_at_the_same_deadline() -> None:
    def stop_half_way(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
        time.sleep(1.4)
        connection.sendall(b"1")
        hang(connection)

    with serve(stop_half_way) as server:
        began = time.monotonic()
        with pytest.raises(KakaoUnavailable, match="in time"):
            KakaoHttp(timeout=1.5).get_json(server.url)
        assert time.monotonic() - began < 2.7


def test_the_second_try_of_a_get_has_the_same_deadline() -> None:
    def slow_reset(connection: socket.socket) -> None:
        time.sleep(1.4)
        reset(connection)

    with serve(slow_reset, hang) as server:
        began = time.monotonic()
        with pytest.raises(KakaoUnavailable):
            KakaoHttp(timeout=1.5).get_json(server.url)
        assert time.monotonic() - began < 2.7


def test_a_redirect_is_not_followed(http: KakaoHttp) -> None:
    with serve(answer({}), answer({})) as elsewhere:
        location = f"Location: {elsewhere.url}/\r\n"
        with serve(
            answer({}, status="302 Found", headers=location), answer({}, status="307 X", headers=location)
        ) as server:
            assert http.get_json(server.url).status == 302
            assert http.post_form(server.url, FORM).status == 307
        assert not elsewhere.requests


NO_JSON = {
    "html": b"<html>",
    "nothing": b"",
    "half an object": b'{"a":',
    "no UTF-8": b'"\xff\xfe"',
    "deep nesting": b"[" * 200_000,
    "a number without end": b"1" * 10_000,
    "too long": b"{}" + b" " * MAX_BODY,
}


@pytest.mark.parametrize("body", NO_JSON.values(), ids=NO_JSON.keys())
def test_a_body_that_is_no_json_is_none(http: KakaoHttp, body: bytes) -> None:
    with serve(answer(body)) as server:
        assert http.get_json(server.url) == (200, None)


def test_a_body_of_just_one_megabyte_is_read(http: KakaoHttp) -> None:
    with serve(answer(b'"' + b"x" * (MAX_BODY - 2) + b'"')) as server:
        assert http.get_json(server.url).body == "x" * (MAX_BODY - 2)


def test_a_body_without_end_is_cut_off_and_its_connection_given_up(http: KakaoHttp) -> None:
    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    with serve(endless, answer({})) as server:
        assert http.get_json(server.url) == (200, None)
        assert http.get_json(server.url) == (200, {})
        assert len(server.connections) == 2


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "deflate, gzip", "br", "zstd"])
def test_a_compressed_body_is_not_unpacked(http: KakaoHttp, encoding: str) -> None:
    bomb = gzip.compress(b"[" + b" " * 10_000_000 + b"]")
    with serve(answer(bomb, headers=f"Content-Encoding: {encoding}\r\n")) as server:
        assert http.get_json(server.url) == (200, None)
        assert b"Accept-Encoding: identity" in server.requests[0]


NO_HTTP = {
    "another protocol": b"SSH-2.0-OpenSSH_9.6\r\n",
    "random bytes": bytes(range(256)) * 4,
    "a status that is none": b"HTTP/1.1 abc OK\r\n\r\n",
    "a line without end": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000,
    "too many headers": b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * 200 + b"\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n11",
    "a chunk size that is none": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "less than announced": b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}",
}


@pytest.mark.parametrize("data", NO_HTTP.values(), ids=NO_HTTP.keys())
def test_what_is_no_http_is_kakao_unavailable(http: KakaoHttp, data: bytes) -> None:
    with serve(then_close(data)) as server, pytest.raises(KakaoUnavailable):
        http.post_form(server.url, FORM)


def test_cookies_are_not_kept(http: KakaoHttp) -> None:
    cookie = "Set-Cookie: whose=alice; Path=/\r\n"
    with serve(answer({}, headers=cookie), answer({}, headers=cookie), answer({})) as server:
        for _ in range(3):
            http.get_json(server.url)
        assert not any(b"cookie" in request.lower() for request in server.requests)


def test_proxies_and_netrc_of_the_environment_are_ignored(
    http: KakaoHttp, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login alice password wonderland\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with serve(answer({})) as server:
        assert http.get_json(server.url).status == 200
        assert b"authorization" not in server.requests[0].lower()


@pytest.mark.parametrize("failure", [reset, then_close(b"junk\r\n"), then_close(answer({})[:-1]), hang])
def test_no_error_tells_what_was_sent(hasty: KakaoHttp, failure: Behaviour) -> None:
    with serve(failure) as server, pytest.raises(KakaoUnavailable) as caught:
        hasty.post_form(server.url, FORM, headers={"Authorization": f"KakaoAK {SECRET}"})
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_many_threads_each_get_their_own_answer(http: KakaoHttp) -> None:
    got: list[object] = []
    with serve(*[answer({"n": n}) for n in range(40)]) as server:
        threads = [
            threading.Thread(target=lambda: got.append(http.get_json(server.url).body["n"])) for _ in range(40)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(map(str, got)) == sorted(str(n) for n in range(40))


def test_a_child_opens_connections_of_its_own_and_leaves_its_parents_alone(
    http: KakaoHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(answer({"n": 1}), answer({"n": 2}), answer({"n": 3})) as server:
        assert http.get_json(server.url).body == {"n": 1}
        with monkeypatch.context() as child:
            child.setattr(os, "getpid", lambda: -1)
            assert http.get_json(server.url).body == {"n": 2}
        assert http.get_json(server.url).body == {"n": 3}
        assert len(server.connections) == 2


def test_an_authority_named_by_ssl_cert_file_is_trusted_and_no_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    certificate = write_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serve(answer({"secure": True}), SLOW["a body that drips"], tls=context) as server:
        with pytest.raises(KakaoUnavailable):
            KakaoHttp(timeout=5).post_form(server.url, FORM)
        assert not server.requests
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert KakaoHttp(timeout=5).get_json(server.url).body == {"secure": True}
        with pytest.raises(KakaoUnavailable, match="in time"):
            KakaoHttp(timeout=0.3).get_json(server.url)


def test_the_time_to_connect_counts_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class SlowContext(ssl.SSLContext):
        def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
            time.sleep(1.4)
            return super().wrap_socket(*args, **kwargs)

    certificate = write_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = SlowContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serve(hang, tls=context) as server:
        began = time.monotonic()
        with pytest.raises(KakaoUnavailable, match="in time"):
            KakaoHttp(timeout=1.5).get_json(server.url)
        assert time.monotonic() - began < 2.7


def write_certificate(folder: Path) -> Path:
    """Make a certificate for localhost that signed itself; give the file that holds it and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "localhost.pem"
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
    return file


def wait_for_end(connection: socket.socket) -> None:
    """Wait until the server has closed its side, as the kernel of the client sees it."""
    while connection.fileno() != -1:
        time.sleep(0.005)
    time.sleep(0.02)
