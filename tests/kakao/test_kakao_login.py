"""Whole logins of the client at the emulator, with everybody and with everything that can go wrong."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from kakao_login.emulator import Emulator, run_emulator
from kakao_login.errors import KakaoRejected, KakaoUnavailable
from kakao_login.kakao.client import KakaoClient
from kakao_login.kakao.responses import KakaoUser
from kakao_login.settings.values import KakaoSettings

VERIFIER = "canary-verifier-" + "v" * 43
NONCE = "nonce-of-this-login"
MODES = pytest.mark.parametrize("oidc", [False, True], ids=["oauth", "oidc"])


@pytest.fixture(scope="module")
def served() -> Iterator[Emulator]:
    with run_emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(served: Emulator) -> Emulator:
    """A running emulator, clean."""
    served.reset()
    return served


def client(emulator: Emulator, **changes: Any) -> KakaoClient:
    settings: dict[str, Any] = {
        "client_id": "emulator-rest-api-key",
        "client_secret": "emulator-client-secret",
        "admin_key": "emulator-admin-key",
        "redirect_uri": "http://localhost:5000/auth/kakao/callback",
        "auth_url": emulator.url,
        "auth_browser_url": emulator.url,
        "api_url": emulator.url,
        "issuer": emulator.url,
        **changes,
    }
    return KakaoClient(KakaoSettings(**settings))


def code_of(kakao: KakaoClient, emulator: Emulator, person: str = "full", **changes: Any) -> str:
    """Walk through the authorization as the browser of ``person``; give the code that comes back."""
    emulator.sign_in_as(person)
    url = kakao.authorization_url(**{"state": "s1", "code_verifier": VERIFIER, "nonce": NONCE, **changes})
    back = requests.get(url, allow_redirects=False, timeout=5)
    answer = parse_qs(urlsplit(back.headers["Location"]).query)
    assert answer["state"] == ["s1"]
    return answer["code"][0]


def log_in(kakao: KakaoClient, emulator: Emulator, person: str = "full", **changes: Any) -> KakaoUser:
    code = code_of(kakao, emulator, person, **changes)
    return kakao.sign_in(code, code_verifier=VERIFIER, nonce=NONCE)


def calls(emulator: Emulator) -> list[str]:
    """Name the calls of the server, which are all but the browser's."""
    return [call["endpoint"] for call in emulator.requests() if call["endpoint"] != "authorize"]


@MODES
def test_a_person_with_everything(emulator: Emulator, oidc: bool) -> None:
    user = log_in(client(emulator, oidc=oidc), emulator)
    assert user.id == 4100000001
    assert user.nickname
    assert "@" in (user.email or "")
    assert (user.thumbnail_image_url or "").startswith(f"{emulator.url}/emulator/pictures/4100000001/")


@MODES
@pytest.mark.parametrize("person", ["nickname_only", "email_refused", "email_invalid", "email_unverified"])
def test_a_person_without_a_sure_address(emulator: Emulator, person: str, oidc: bool) -> None:
    assert log_in(client(emulator, oidc=oidc), emulator, person).email is None


@MODES
def test_both_modes_know_a_person_by_the_same_id(emulator: Emulator, oidc: bool) -> None:
    assert log_in(client(emulator, oidc=oidc), emulator, "big_id").id == 9007199254740993


def test_a_person_who_agreed_to_nothing(emulator: Emulator) -> None:
    assert log_in(client(emulator), emulator, "no_account") == KakaoUser(id=4100000006)


def test_a_default_picture_is_none(emulator: Emulator) -> None:
    user = log_in(client(emulator), emulator, "default_picture")
    assert (user.profile_image_url, user.thumbnail_image_url) == (None, None)


def test_an_oauth_login_is_two_calls_and_an_oidc_login_one(emulator: Emulator) -> None:
    oauth, oidc = client(emulator), client(emulator, oidc=True)
    log_in(oauth, emulator)
    log_in(oidc, emulator)
    assert calls(emulator) == ["token", "user_me", "token", "jwks"]
    emulator.clear_requests()
    log_in(oidc, emulator)
    assert calls(emulator) == ["token"]


# What Kakao refuses.


def rejected(kakao: KakaoClient, code: str, *, verifier: str = VERIFIER) -> KakaoRejected:
    with pytest.raises(KakaoRejected) as caught:
        kakao.sign_in(code, code_verifier=verifier, nonce=NONCE)
    return caught.value


def test_a_code_works_once(emulator: Emulator) -> None:
    kakao = client(emulator)
    code = code_of(kakao, emulator)
    kakao.sign_in(code, code_verifier=VERIFIER, nonce=NONCE)
    error = rejected(kakao, code)
    assert (error.koe, error.status) == ("KOE320", 400)


def test_a_code_dies_with_age(emulator: Emulator) -> None:
    kakao = client(emulator)
    code = code_of(kakao, emulator)
    emulator.advance_clock(601)
    assert rejected(kakao, code).koe == "KOE320"


def test_a_code_of_another_login_is_refused_by_its_verifier(emulator: Emulator) -> None:
    kakao = client(emulator)
    assert rejected(kakao, code_of(kakao, emulator), verifier="w" * 43).status == 400


def test_a_code_for_another_redirect_uri_is_refused(emulator: Emulator) -> None:
    other = "http://localhost:5000/other"
    emulator.patch_app(redirect_uris=["http://localhost:5000/auth/kakao/callback", other])
    code = code_of(client(emulator), emulator)
    error = rejected(client(emulator, redirect_uri=other), code)
    assert (error.koe, error.status) == ("KOE303", 400)


@pytest.mark.parametrize("secret", [None, "wrong"])
def test_a_wrong_secret_is_our_settings_fault(emulator: Emulator, secret: str | None) -> None:
    kakao = client(emulator, client_secret=secret)
    error = rejected(kakao, code_of(kakao, emulator))
    assert (error.koe, error.status) == ("KOE010", 502)


def test_an_unknown_app_key_is_our_settings_fault(emulator: Emulator) -> None:
    code = code_of(client(emulator), emulator)
    error = rejected(client(emulator, client_id="unknown"), code)
    assert (error.koe, error.status) == ("KOE101", 502)


def test_an_app_without_oidc_ends_an_oidc_login(emulator: Emulator) -> None:
    kakao = client(emulator, oidc=True)
    emulator.patch_app(oidc=False)
    error = rejected(kakao, code_of(kakao, emulator))
    assert (error.detail, error.status) == ("no id_token", 502)


def test_too_many_tokens_are_kakao_unavailable(emulator: Emulator) -> None:
    emulator.patch_app(rate_limited=True)
    kakao = client(emulator)
    for _ in range(20):
        kakao.exchange_code(code_of(kakao, emulator), code_verifier=VERIFIER)
    with pytest.raises(KakaoUnavailable, match="KOE237"):
        kakao.exchange_code(code_of(kakao, emulator), code_verifier=VERIFIER)


# What is wrong with an id_token.


FORGED = ("wrong_iss", "wrong_aud", "wrong_nonce", "expired", "future_iat", "bad_signature", "wrong_kind")
MALFORMED = ("alg_none", "hs256", "unknown_kid", "no_kid", "not_a_jwt")
INCOMPLETE = ("no_iss", "no_aud", "no_sub", "no_iat", "no_exp", "no_nonce")


@pytest.mark.parametrize("fault", FORGED + MALFORMED + INCOMPLETE)
def test_an_id_token_with_a_fault_is_no_login(emulator: Emulator, fault: str) -> None:
    kakao = client(emulator, oidc=True)
    code = code_of(kakao, emulator)
    emulator.fault("id_token", fault)
    assert rejected(kakao, code).status == 502
    assert "user_me" not in calls(emulator)


def test_an_id_token_for_another_issuer_setting_is_no_login(emulator: Emulator) -> None:
    kakao = client(emulator, oidc=True, issuer=f"{emulator.url}/")
    assert rejected(kakao, code_of(kakao, emulator)).detail == "iss"


@pytest.mark.parametrize("keep_old", [True, False])
def test_rotated_keys_lose_no_login(emulator: Emulator, keep_old: bool) -> None:
    kakao = client(emulator, oidc=True)
    log_in(kakao, emulator)
    emulator.rotate_keys(keep_old=keep_old)
    log_in(kakao, emulator)
    assert calls(emulator).count("jwks") == 2


def test_known_keys_outlive_an_outage(emulator: Emulator) -> None:
    kakao = client(emulator, oidc=True)
    log_in(kakao, emulator)
    emulator.fault("jwks", "http_500", times=None)
    log_in(kakao, emulator)


def test_an_outage_of_the_keys_passes(emulator: Emulator) -> None:
    kakao = client(emulator, oidc=True)
    code = code_of(kakao, emulator)
    emulator.fault("jwks", "http_503", times=3)
    for _ in range(3):
        with pytest.raises(KakaoUnavailable):
            kakao.sign_in(code, code_verifier=VERIFIER, nonce=NONCE)
        code = code_of(kakao, emulator)
    kakao.sign_in(code, code_verifier=VERIFIER, nonce=NONCE)


# What goes wrong on the way.

AWAY = ["http_500", "http_503", "http_429", "reset", "timeout_after_issue", "hang", "slow"]
SENSELESS = ["garbage", "empty", "html", "redirect", "huge"]


@pytest.mark.parametrize("endpoint", ["token", "user_me"])
@pytest.mark.parametrize("fault", AWAY)
def test_a_kakao_that_is_away_is_kakao_unavailable_in_time(endpoint: str, fault: str) -> None:
    # A call that is given up here still goes on there, so each case has an emulator of its own.
    with run_emulator() as emulator:
        kakao = client(emulator, timeout=0.2)
        code = code_of(kakao, emulator)
        emulator.fault(endpoint, fault, times=None)
        began = time.monotonic()
        with pytest.raises(KakaoUnavailable):
            kakao.sign_in(code, code_verifier=VERIFIER, nonce=NONCE)
        assert time.monotonic() - began < 2
        assert calls(emulator).count("token") == 1


@pytest.mark.parametrize("endpoint", ["token", "user_me"])
@pytest.mark.parametrize("fault", SENSELESS)
def test_a_senseless_answer_is_refused(emulator: Emulator, endpoint: str, fault: str) -> None:
    kakao = client(emulator)
    code = code_of(kakao, emulator)
    emulator.fault(endpoint, fault)
    assert rejected(kakao, code).status == 502
    assert calls(emulator).count("token") == 1


def test_a_lost_user_info_answer_is_asked_for_again(emulator: Emulator) -> None:
    kakao = client(emulator)
    code = code_of(kakao, emulator)
    emulator.fault("user_me", "reset")
    assert kakao.sign_in(code, code_verifier=VERIFIER, nonce=NONCE).id == 4100000001
    assert calls(emulator).count("user_me") == 2


# Tokens that a client sends.


def test_token_info_tells_person_and_app(emulator: Emulator) -> None:
    kakao = client(emulator)
    tokens = kakao.exchange_code(code_of(kakao, emulator), code_verifier=VERIFIER)
    info = kakao.token_info(tokens.access_token)
    assert (info.id, info.app_id) == (4100000001, 1)
    assert 0 < info.expires_in <= tokens.expires_in


def test_a_dead_token_is_its_senders_fault(emulator: Emulator) -> None:
    with pytest.raises(KakaoRejected) as caught:
        client(emulator).token_info("no-token-of-kakao")
    assert (caught.value.koe, caught.value.status) == ("-401", 400)


# What is done to a person.


def test_an_unlinked_person_logs_in_again_as_at_first_and_unlinking_twice_is_no_error(emulator: Emulator) -> None:
    kakao = client(emulator)
    tokens = kakao.exchange_code(code_of(kakao, emulator), code_verifier=VERIFIER)
    kakao.unlink(4100000001)
    with pytest.raises(KakaoRejected, match="-401"):
        kakao.fetch_user(tokens.access_token)
    kakao.unlink(4100000001)
    assert log_in(kakao, emulator).id == 4100000001


def test_a_wrong_admin_key_is_our_settings_fault(emulator: Emulator) -> None:
    log_in(client(emulator), emulator)
    with pytest.raises(KakaoRejected) as caught:
        client(emulator, admin_key="wrong").unlink(4100000001)
    assert (caught.value.koe, caught.value.status) == ("-401", 502)
