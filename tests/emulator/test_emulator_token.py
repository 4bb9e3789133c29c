"""`/oauth/token`, row by row of what is known of it."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from kakao_login.emulator import Emulator
from kakao_login.emulator.kauth import token

from .emulator_client import CLIENT_ID, CLIENT_SECRET, Client, unverified
from .emulator_client import kauth_refusal as refused

VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
DAY = 86_400


def test_the_answer_has_the_documented_fields(client: Client) -> None:
    answer = client.exchange(client.code())
    tokens = answer.json()
    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert tokens["token_type"] == "bearer"
    assert (tokens["expires_in"], tokens["refresh_token_expires_in"]) == (21_599, 5_183_999)
    assert tokens["scope"] == "account_email openid profile_image profile_nickname"
    assert {"access_token", "refresh_token", "id_token"} <= tokens.keys()


def test_codes_and_tokens_look_like_kakaos(client: Client, kakao: Emulator) -> None:
    code = client.code()
    first = client.exchange(code).json()
    kakao.advance_clock(31 * DAY)
    later = client.refresh(first["refresh_token"]).json()
    tokens = [answer[name] for answer in (first, later) for name in ("access_token", "refresh_token")]
    assert len({token for token in tokens if re.fullmatch("[A-Za-z0-9_-]{52,56}", token)}) == 4
    assert re.fullmatch("[A-Za-z0-9_-]{84,88}", code)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"grant_type": None}, (400, "unsupported_grant_type", "KOE310")),
        ({"grant_type": "password"}, (400, "unsupported_grant_type", "KOE310")),
        ({"client_id": None}, (401, "invalid_client", "KOE101")),
        ({"client_id": "no-such-key"}, (401, "invalid_client", "KOE101")),
        ({"client_id": f" {CLIENT_ID}"}, (401, "invalid_client", "KOE101")),
        ({"client_id": f"{CLIENT_ID} "}, (401, "invalid_client", "KOE101")),
        ({"client_secret": None}, (401, "invalid_client", "KOE010")),
        ({"client_secret": CLIENT_SECRET + " "}, (401, "invalid_client", "KOE010")),
        ({"client_secret": "비밀"}, (401, "invalid_client", "KOE010")),
        ({"redirect_uri": "http://localhost:5000/"}, (400, "invalid_grant", "KOE303")),
        ({"redirect_uri": ""}, (400, "invalid_grant", "KOE303")),
        ({"code": None}, (400, "invalid_grant", "KOE320")),
        ({"code": "unknown"}, (400, "invalid_grant", "KOE320")),
        ({"code": ["a", "b"]}, (400, "invalid_request", "KOE001")),
        ({"client_id": "emulator-javascript-key"}, (400, "invalid_grant", "KOE114")),
        ({"grant_type": "refresh_token"}, (400, "invalid_grant", "KOE319")),
        ({"grant_type": "refresh_token", "refresh_token": "dead"}, (400, "invalid_grant", "KOE322")),
    ],
)
def test_each_mistake_has_its_code(
    client: Client, changes: dict[str, Any], expected: tuple[int, str, str]
) -> None:
    form = {"code": client.code(), **changes}
    assert refused(client.exchange(form.pop("code"), **form)) == expected


def test_descriptions_read_as_kakao_writes_them(client: Client) -> None:
    assert client.exchange("xyz").json()["error_description"] == "authorization code not found for code=xyz"
    assert client.exchange("x", client_secret="no").json()["error_description"] == "Bad client credentials"
    assert client.exchange("x", client_id="k").json()["error_description"] == "Not exist client_id k"


def test_a_mistaken_request_does_not_use_the_code_up(client: Client) -> None:
    code = client.code()
    assert client.exchange(code, redirect_uri="http://other.example/").status_code == 400
    assert client.exchange(code).status_code == 200


@pytest.mark.parametrize("key", ["emulator-javascript-key", "emulator-native-key", "second"])
def test_a_code_in_the_hands_of_another_key_stays_good_for_its_own(
    client: Client, kakao: Emulator, key: str
) -> None:
    kakao.add_app(client_id="second", client_secret_enabled=False)
    code = client.code()
    assert refused(client.exchange(code, client_id=key))[2] == "KOE114"
    assert client.exchange(code).status_code == 200


def test_a_code_is_no_token_and_a_token_no_code(client: Client) -> None:
    tokens, code = client.log_in(), client.code()
    for one in (tokens["access_token"], tokens["refresh_token"]):
        assert refused(client.exchange(one))[2] == "KOE320"
    for other in (code, tokens["refresh_token"], tokens["id_token"]):
        assert client.kapi("/v2/user/me", other).status_code in {400, 401}
    for other in (code, tokens["access_token"]):
        assert refused(client.refresh(other))[2] == "KOE322"


def test_an_absent_redirect_uri_is_borne(client: Client) -> None:
    assert client.exchange(client.code(), redirect_uri=None).status_code == 200


def test_a_basic_header_beside_a_right_form_does_no_harm(client: Client) -> None:
    client.http.auth = ("someone", "else")
    assert client.exchange(client.code()).status_code == 200


def test_a_basic_header_alone_is_401(client: Client) -> None:
    code = client.code()
    client.http.auth = (CLIENT_ID, CLIENT_SECRET)
    answer = client.exchange(code, client_id=None, client_secret=None)
    assert refused(answer) == (401, "invalid_client", "KOE010")
    with_id = client.exchange(code, client_secret=None)
    assert refused(with_id) == (401, "invalid_client", "KOE010")


def test_an_app_without_a_secret_needs_none(client: Client, kakao: Emulator) -> None:
    kakao.patch_app(client_secret_enabled=False)
    assert client.exchange(client.code(), client_secret=None).status_code == 200


def test_login_switched_off_is_refused(client: Client, kakao: Emulator) -> None:
    code = client.code()
    kakao.patch_app(login_enabled=False)
    assert refused(client.exchange(code))[2] == "KOE004"


def test_a_right_verifier_passes_with_the_secret(client: Client) -> None:
    assert client.exchange(client.code(**PKCE), code_verifier=VERIFIER).status_code == 200


@pytest.mark.parametrize("verifier", [None, "", "w" * 43, "확인" * 20])
def test_a_wrong_or_missing_verifier_is_invalid_grant(client: Client, verifier: str | None) -> None:
    answer = client.exchange(client.code(**PKCE), code_verifier=verifier)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_a_verifier_nobody_announced_is_invalid_grant(client: Client) -> None:
    answer = client.exchange(client.code(), code_verifier=VERIFIER)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_an_app_without_oidc_gets_no_id_token(client: Client, kakao: Emulator) -> None:
    kakao.patch_app(oidc=False)
    tokens = client.log_in()
    assert "id_token" not in tokens
    assert "openid" not in tokens["scope"].split()


def test_switching_oidc_off_stops_id_tokens_at_once(client: Client, kakao: Emulator) -> None:
    first = client.log_in()
    kakao.patch_app(oidc=False)
    assert "id_token" not in client.refresh(first["refresh_token"]).json()


@pytest.mark.parametrize(
    ("key", "uri", "seconds"),
    [
        ("emulator-javascript-key", "http://localhost:3000/", 7_199),
        ("emulator-native-key", "kakaoemulator-native-key://oauth", 43_199),
    ],
)
def test_keys_of_the_sdks_need_no_secret_and_have_lifetimes_of_their_own(
    client: Client, kakao: Emulator, key: str, uri: str, seconds: int
) -> None:
    kakao.patch_app(javascript_redirect_uris=["http://localhost:3000/"])
    kakao.sign_in_as("full")
    location = client.authorize(client_id=key, redirect_uri=uri).headers["Location"]
    as_key = {"client_id": key, "client_secret": None}
    first = client.exchange(location.partition("code=")[2], redirect_uri=uri, **as_key).json()
    for tokens in (first, client.refresh(first["refresh_token"], **as_key).json()):
        claims = unverified(tokens["id_token"])
        assert (tokens["expires_in"], claims["aud"]) == (seconds, key)
        assert claims["exp"] - claims["iat"] == pytest.approx(seconds, abs=1)
    kakao.advance_clock(seconds + 1)
    assert client.kapi("/v2/user/me", first["access_token"]).status_code == 401


def test_only_post_is_taken(client: Client, kakao: Emulator) -> None:
    assert client.http.get(f"{kakao.url}/oauth/token").status_code == 405


def test_two_exchanges_of_one_code_at_once_bring_one_token(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A pause between finding a code and using it up lets every request find it, unless they wait for each other.
    monkeypatch.setattr(token, "check_proof_key", lambda *_: time.sleep(0.02))
    code = client.code()
    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(answer.status_code for answer in pool.map(lambda _: client.exchange(code), range(4)))
    assert statuses == [200] + [400] * 3


def test_grants_belong_to_the_app_and_not_to_whoever_has_its_old_key(client: Client, kakao: Emulator) -> None:
    tokens, code = client.log_in(), client.code()
    kakao.patch_app(client_id="moved")
    kakao.add_app(client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
    assert client.exchange(code).json()["error_code"] == "KOE114"
    assert client.refresh(tokens["refresh_token"]).json()["error_code"] == "KOE322"


def test_tokens_of_an_app_that_changed_its_id_are_dead(client: Client, kakao: Emulator) -> None:
    tokens = client.log_in()
    kakao.patch_app(app_id=77)
    assert client.refresh(tokens["refresh_token"]).json()["error_code"] == "KOE322"


def test_what_has_expired_is_forgotten_before_it_piles_up(
    client: Client, kakao: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kakao_login.emulator.store.state.LEAST_CROWDED", 10)
    kakao.state._crowded = 10
    old = [client.log_in()["access_token"] for _ in range(10)]
    kakao.advance_clock(70 * 86_400)
    for _ in range(20):
        client.log_in()
    assert kakao.state.access_tokens.keys().isdisjoint(old)


def test_a_body_that_is_too_large_is_refused_and_recorded(client: Client, kakao: Emulator) -> None:
    answer = client.exchange("x" * 1_100_000)
    assert (answer.status_code, answer.json()["error_code"]) == (413, "KOE001")
    assert kakao.requests("token")[-1]["status"] == 413
