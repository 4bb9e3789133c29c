"""One method for everything Kakao is asked: what it sends, how often, and what the operator gets to read."""

from __future__ import annotations

import logging
import threading
import traceback
from base64 import urlsafe_b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from kakao_login.errors import InvalidRequest, KakaoRejected, KakaoUnavailable
from kakao_login.kakao import patience
from kakao_login.kakao.client import KakaoClient
from kakao_login.kakao.responses import KakaoTokenInfo
from kakao_login.settings.values import KakaoSettings

from .raw_server import Behaviour, RawServer, answer, hang, reset, serve
from .signing import CLAIMS, CLIENT_ID, NONCE, NOW, id_token, jwk

REDIRECT_URI = "https://app.example/auth/kakao/callback"
VERIFIER = "canary-verifier-" + "v" * 43
CODE = "canary-code"
TOKENS = {"token_type": "bearer", "access_token": "canary-access", "expires_in": 21599}
ME = {"id": 9007199254740993, "kakao_account": {"profile": {"nickname": "춘식이"}}}
JWKS = {"keys": [jwk()]}


def client(server: RawServer | None = None, **changes: Any) -> KakaoClient:
    url = server.url if server else "http://127.0.0.1:9"
    settings: dict[str, Any] = {
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT_URI,
        "client_secret": "canary-secret",
        "admin_key": "canary-admin-key",
        "auth_url": url,
        "api_url": url,
        **changes,
    }
    return KakaoClient(KakaoSettings(**settings), clock=lambda: NOW)


def form(request: bytes) -> dict[str, str]:
    return dict(parse_qsl(request.partition(b"\r\n\r\n")[2].decode(), strict_parsing=True))


def refused(what: str) -> AbstractContextManager[object]:
    return pytest.raises(KakaoRejected, match=what)


def first_lines(server: RawServer) -> list[str]:
    return [request.split(b" HTTP", 1)[0].decode() for request in server.requests]


def authorize(kakao: KakaoClient, **changes: Any) -> tuple[str, dict[str, list[str]]]:
    """Give the address of an authorization request, less its query, and the query."""
    arguments = {"state": "s1", "code_verifier": VERIFIER, "nonce": NONCE, **changes}
    parts = urlsplit(kakao.authorization_url(**arguments))
    return f"{parts.scheme}://{parts.netloc}{parts.path}", parse_qs(parts.query, keep_blank_values=True)


# The authorization request.


def test_the_authorization_request_holds_what_is_due_and_no_more() -> None:
    address, query = authorize(client())
    assert address == "https://kauth.kakao.com/oauth/authorize"
    challenge = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    assert query == {
        "response_type": ["code"],
        "client_id": [CLIENT_ID],
        "redirect_uri": [REDIRECT_URI],
        "state": ["s1"],
        "code_challenge": [challenge],
        "code_challenge_method": ["S256"],
    }


def test_the_browser_is_sent_to_the_address_it_can_see() -> None:
    address, _ = authorize(client(auth_browser_url="http://localhost:9000"))
    assert address == "http://localhost:9000/oauth/authorize"


def test_the_nonce_is_sent_in_oidc_mode_and_due_there() -> None:
    assert authorize(client(oidc=True))[1]["nonce"] == [NONCE]
    for nonce in (None, ""):
        with pytest.raises(ValueError, match="nonce"):
            authorize(client(oidc=True), nonce=nonce)


def test_the_scope_is_the_one_asked_for_else_the_configured_one() -> None:
    kakao = client(scope=("profile_nickname", "account_email"))
    assert authorize(kakao)[1]["scope"] == ["profile_nickname account_email"]
    assert authorize(kakao, scope=("profile_image",))[1]["scope"] == ["profile_image"]


def test_a_scope_in_oidc_mode_holds_openid_once() -> None:
    kakao = client(oidc=True)
    assert authorize(kakao, scope=("account_email",))[1]["scope"] == ["openid account_email"]
    assert authorize(kakao, scope=("account_email", "openid"))[1]["scope"] == ["account_email openid"]
    assert "scope" not in authorize(kakao)[1]


def test_the_prompt_is_handed_on() -> None:
    assert authorize(client(), prompt="login")[1]["prompt"] == ["login"]


# OAuth mode.


def test_a_sign_in_spends_the_code_and_asks_who_it_is() -> None:
    with serve(answer(TOKENS), answer(ME)) as server:
        user = client(server).sign_in(CODE, code_verifier=VERIFIER, nonce=None)
        assert (user.id, user.nickname) == (9007199254740993, "춘식이")
        assert first_lines(server) == ["POST /oauth/token", "GET /v2/user/me?secure_resource=true"]
        assert form(server.requests[0]) == {
            "grant_type": "authorization_code",
            "client_id": CLIENT_ID,
            "client_secret": "canary-secret",
            "redirect_uri": REDIRECT_URI,
            "code": CODE,
            "code_verifier": VERIFIER,
        }
        assert b"Authorization" not in server.requests[0]
        assert b"Authorization: Bearer canary-access\r\n" in server.requests[1]
        assert len(server.connections) == 1


def test_no_secret_is_sent_where_none_is_set() -> None:
    with serve(answer(TOKENS)) as server:
        client(server, client_secret=None).exchange_code(CODE, code_verifier=VERIFIER)
        assert "client_secret" not in form(server.requests[0])


@pytest.mark.parametrize("failure", [reset, answer(None, status="503 Away"), answer(None, status="429 Too Many")])
def test_a_code_is_never_sent_twice(failure: Behaviour) -> None:
    with serve(failure, answer(TOKENS), answer(ME)) as server:
        with pytest.raises(KakaoUnavailable):
            client(server).sign_in(CODE, code_verifier=VERIFIER, nonce=None)
        assert first_lines(server) == ["POST /oauth/token"]


def test_a_lost_connection_after_the_exchange_loses_no_login() -> None:
    with serve(answer(TOKENS), reset, answer(ME)) as server:
        assert client(server).sign_in(CODE, code_verifier=VERIFIER, nonce=None).id == 9007199254740993


def test_a_redirect_of_the_token_endpoint_is_refused_and_the_secret_goes_nowhere_else() -> None:
    with serve(answer(TOKENS)) as elsewhere:
        redirect = answer(
            None, status="307 Temporary Redirect", headers=f"Location: {elsewhere.url}/oauth/token\r\n"
        )
        with serve(redirect) as server:
            with pytest.raises(KakaoRejected) as caught:
                client(server).exchange_code(CODE, code_verifier=VERIFIER)
            assert caught.value.status == 502
        assert not elsewhere.requests


@pytest.mark.parametrize("code", ["", "a b", "a\r\nX: y", "코드", "\ud800", "x" * 5000])
def test_what_cannot_be_a_code_is_not_sent(code: str) -> None:
    with serve() as server:
        with pytest.raises(InvalidRequest, match="code"):
            client(server).exchange_code(code, code_verifier=VERIFIER)
        assert not server.requests


@pytest.mark.parametrize("verifier", ["", "v" * 42, "v" * 129, "v" * 43 + "!", "v" * 43 + "\n", "ｖ" * 43])
def test_what_cannot_be_a_verifier_is_not_sent(verifier: str) -> None:
    with serve() as server:
        with pytest.raises(InvalidRequest, match="code_verifier"):
            client(server).exchange_code(CODE, code_verifier=verifier)
        assert not server.requests


@pytest.mark.parametrize("token", ["", "a b", "a\r\nX: y", "토큰", "\ud800", "x" * 5000])
def test_what_cannot_be_an_access_token_is_not_sent(token: str) -> None:
    with serve() as server:
        for ask in (client(server).fetch_user, client(server).token_info):
            with pytest.raises(InvalidRequest, match="access_token"):
                ask(token)
        assert not server.requests


# OIDC mode.


def test_an_oidc_login_is_one_call_once_the_keys_are_known() -> None:
    tokens = answer({**TOKENS, "id_token": id_token()})
    with serve(tokens, answer(JWKS), tokens, tokens) as server:
        kakao = client(server, oidc=True)
        for _ in range(3):
            user = kakao.sign_in(CODE, code_verifier=VERIFIER, nonce=NONCE)
            assert (user.id, user.email) == (9007199254740993, CLAIMS["email"])
        assert first_lines(server) == [
            "POST /oauth/token",
            "GET /.well-known/jwks.json",
            *["POST /oauth/token"] * 2,
        ]


def test_an_id_token_of_another_access_token_is_refused() -> None:
    at_hash = urlsafe_b64encode(sha256(b"another").digest()[:16]).rstrip(b"=").decode()
    with (
        serve(answer({**TOKENS, "id_token": id_token(at_hash=at_hash)}), answer(JWKS)) as server,
        refused("at_hash"),
    ):
        client(server, oidc=True).sign_in(CODE, code_verifier=VERIFIER, nonce=NONCE)


@pytest.mark.parametrize("nonce", [None, "", "nonce-of-another-login"])
def test_an_id_token_of_another_login_is_refused(nonce: str | None) -> None:
    with serve(answer({**TOKENS, "id_token": id_token()}), answer(JWKS)) as server, refused("nonce"):
        client(server, oidc=True).sign_in(CODE, code_verifier=VERIFIER, nonce=nonce)


def test_a_missing_id_token_is_refused_and_the_log_tells_the_cure(caplog: pytest.LogCaptureFixture) -> None:
    with serve(answer(TOKENS), answer(ME)) as server:
        with pytest.raises(KakaoRejected) as caught:
            client(server, oidc=True).sign_in(CODE, code_verifier=VERIFIER, nonce=NONCE)
        assert caught.value.status == 502
        assert first_lines(server) == ["POST /oauth/token"]
    assert "Turn OpenID Connect on" in caplog.text


@pytest.mark.parametrize(
    ("jwks", "error"),
    [
        (answer(None, status="503 Away"), KakaoUnavailable),
        (answer(b"<html>"), KakaoRejected),
        (answer({"keys": []}), KakaoRejected),
        (answer(None, status="302 Found", headers="Location: http://127.0.0.1:9/\r\n"), KakaoRejected),
    ],
)
def test_keys_that_cannot_be_had_end_the_login(jwks: bytes, error: type[Exception]) -> None:
    with serve(answer({**TOKENS, "id_token": id_token()}), jwks) as server, pytest.raises(error):
        client(server, oidc=True).sign_in(CODE, code_verifier=VERIFIER, nonce=NONCE)


# The user API.


def test_token_info_tells_whose_token_it_is() -> None:
    with serve(answer({"id": 5, "expires_in": 7199, "app_id": 1})) as server:
        assert client(server).token_info("canary-access") == KakaoTokenInfo(5, 7199, 1)
        assert first_lines(server) == ["GET /v1/user/access_token_info"]
        assert b"Authorization: Bearer canary-access\r\n" in server.requests[0]


def test_a_person_is_unlinked_with_the_admin_key() -> None:
    with serve(answer({"id": 5})) as server:
        client(server).unlink(5)
        assert first_lines(server) == ["POST /v1/user/unlink"]
        assert form(server.requests[0]) == {"target_id_type": "user_id", "target_id": "5"}
        assert b"Authorization: KakaoAK canary-admin-key\r\n" in server.requests[0]


def test_an_unlink_that_was_done_before_counts_as_done() -> None:
    gone = answer({"msg": "NotRegisteredUserException", "code": -101}, status="400 Bad Request")
    with serve(gone) as server:
        client(server).unlink(5)


@pytest.mark.parametrize("admin_key", [None, "어드민 키", "a\r\nb"])
def test_without_a_proper_admin_key_nothing_is_sent(
    admin_key: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    with serve() as server:
        with pytest.raises(KakaoRejected) as caught:
            client(server, admin_key=admin_key).unlink(5)
        assert (caught.value.status, server.requests) == (502, [])
    assert "KAKAO_ADMIN_KEY" in caplog.text


# A Kakao that hangs.

CALLS: dict[str, Callable[[KakaoClient], object]] = {
    "token": lambda kakao: kakao.exchange_code(CODE, code_verifier=VERIFIER),
    "user info": lambda kakao: kakao.fetch_user("canary-access"),
    "token info": lambda kakao: kakao.token_info("canary-access"),
    "unlink": lambda kakao: kakao.unlink(5),
    "id_token": lambda kakao: kakao.verify_id_token(id_token(), nonce=NONCE),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_four_wait_for_a_call_that_hangs_and_the_rest_are_sent_away(
    call: Callable[[KakaoClient], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "USUAL", 0.1)
    with serve(*[hang] * 8) as server, ThreadPoolExecutor(8) as threads:
        kakao = client(server, oidc=True, timeout=0.8)
        waits = [threads.submit(call, kakao) for _ in range(8)]
        errors = [str(wait.exception(20)) for wait in waits]
    assert errors.count(patience.TOO_MANY) == 4


@pytest.mark.parametrize("usual", [0.1, 20])
def test_a_call_that_hangs_tells_no_secret_and_its_line_is_written_by_the_thread_that_called(
    usual: float, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(patience, "USUAL", usual)
    with serve(hang) as server, pytest.raises(KakaoUnavailable, match="in time") as caught:
        client(server, timeout=0.3).exchange_code(CODE, code_verifier=VERIFIER)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    assert "canary" not in "".join(traceback.format_exception(caught.value))
    lines = [record.threadName for record in caplog.records if record.name == "kakao_login.kakao"]
    assert lines == [threading.current_thread().name]


def test_the_line_about_keys_is_written_by_the_thread_that_called(caplog: pytest.LogCaptureFixture) -> None:
    with (
        serve(answer(None, status="503 Away")) as server,
        pytest.raises(KakaoUnavailable, match="no signing keys"),
    ):
        client(server, oidc=True).verify_id_token(id_token(), nonce=NONCE)
    lines = [record.threadName for record in caplog.records if record.name == "kakao_login.kakao"]
    assert lines == [threading.current_thread().name] * 2


# The log.

FAILURES: dict[str, tuple[list[Behaviour], str]] = {
    "refused code": ([answer({"error_code": "KOE320", "error_description": "canary"}, status="400 X")], "KOE320"),
    "wrong secret": ([answer({"error_code": "KOE010", "error_description": "canary"}, status="401 X")], "KOE010"),
    "ip address": ([answer(TOKENS), answer({"code": -401, "msg": "canary"}, status="401 X")], "-401"),
    "garbage": ([answer(b"canary")], "no JSON object"),
    "wrong type": ([answer({**TOKENS, "expires_in": "canary"})], "expires_in"),
    "reset": ([reset], "no connection"),
    "half an answer": ([lambda connection: connection.sendall(answer(TOKENS)[:-9])], "broke off"),
    "no user id": ([answer(TOKENS), answer({"id": "canary"})], "id"),
}


@pytest.mark.parametrize(("answers", "told"), FAILURES.values(), ids=FAILURES.keys())
def test_a_failure_is_one_line_that_tells_the_operator_and_no_secret(
    answers: list[Behaviour], told: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with serve(*answers) as server, pytest.raises((KakaoRejected, KakaoUnavailable)):
        client(server).sign_in(CODE, code_verifier=VERIFIER, nonce=None)
    lines = [record.getMessage() for record in caplog.records if record.name == "kakao_login.kakao"]
    assert len(lines) == 1
    assert told in lines[0]
    assert "\n" not in lines[0]
    assert "canary" not in caplog.text


def test_a_success_writes_no_line_and_debugging_tells_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serve(answer(TOKENS), answer(ME)) as server:
        client(server).sign_in(CODE, code_verifier=VERIFIER, nonce=None)
    assert not [record for record in caplog.records if record.name == "kakao_login.kakao"]
    assert "canary" not in caplog.text


def test_no_repr_tells_a_secret() -> None:
    assert "canary" not in repr(client()) + repr(vars(client()))


def test_two_clients_share_nothing() -> None:
    tokens = answer({**TOKENS, "id_token": id_token()})
    with serve(tokens, answer(JWKS), tokens, answer({"keys": [jwk("other")]})) as server:
        client(server, oidc=True).sign_in(CODE, code_verifier=VERIFIER, nonce=NONCE)
        with refused("kid"):
            client(server, oidc=True).sign_in(CODE, code_verifier=VERIFIER, nonce=NONCE)
