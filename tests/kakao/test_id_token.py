"""An id_token counts only when everything about it is proved; Kakao's keys are found, kept and renewed."""

from __future__ import annotations

import json
import os
import threading
import time
from base64 import urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from kakao_login.errors import KakaoRejected, KakaoUnavailable
from kakao_login.kakao import patience
from kakao_login.kakao.id_token import verify_id_token
from kakao_login.kakao.jwks import JwksCache, usable_keys
from kakao_login.kakao.patience import Patience
from kakao_login.kakao.responses import KakaoUser
from kakao_login.settings.values import KakaoSettings
from kakao_login.threads import Helpers

from .signing import (
    CLAIMS,
    CLIENT_ID,
    HEADER,
    ISSUER,
    KID,
    NONCE,
    NOW,
    encode,
    id_token,
    jwk,
    private_key,
    sign,
    sign_otherwise,
)

SETTINGS = KakaoSettings(
    client_id=CLIENT_ID, redirect_uri="https://app.example/cb", client_keys=("native-key",), oidc=True
)
ACCESS_TOKEN = "access-token-of-this-login"
AT_HASH = encode(sha256(ACCESS_TOKEN.encode()).digest()[:16])


class Kakao:
    """A JWKS endpoint with a clock: counts what is fetched, can rotate its keys and go away."""

    def __init__(self, *keys: dict[str, Any], seconds: float = 5) -> None:
        self.answer: object = {"keys": list(keys or [jwk()])}
        self.failure: KakaoUnavailable | KakaoRejected | None = None
        self.fetched = 0
        self.now = float(NOW)
        self.end: threading.Event | None = None
        self.jwks = JwksCache(self.fetch, lambda: self.now, Patience(seconds))

    def fetch(self) -> object:
        self.fetched += 1
        if self.end:
            self.end.wait(20)
        if self.failure:
            raise self.failure
        return self.answer


def verify(unverified_token: str, *, kakao: Kakao | None = None, **changes: Any) -> KakaoUser:
    arguments: dict[str, Any] = {
        "jwks": (kakao or Kakao()).jwks,
        "settings": SETTINGS,
        "nonce": NONCE,
        "access_token": ACCESS_TOKEN,
        "now": NOW,
    }
    return verify_id_token(unverified_token, **{**arguments, **changes})


def refused(unverified_token: str, what: str | None = None, **changes: Any) -> None:
    with pytest.raises(KakaoRejected, match=what) as caught:
        verify(unverified_token, **changes)
    assert caught.value.status == 502
    assert caught.value.__cause__ is None


def test_a_proper_id_token_names_its_person() -> None:
    user = verify(id_token(at_hash=AT_HASH, azp=CLIENT_ID))
    assert user == KakaoUser(
        id=9007199254740993,
        nickname="춘식이",
        profile_image_url=None,
        thumbnail_image_url="https://k.kakaocdn.net/dn/thumb.jpg",
        email="ryan@kakao.com",
    )


def test_an_id_token_without_consent_items_names_a_person_of_whom_nothing_is_known() -> None:
    assert verify(id_token(nickname=None, picture=None, email=None, auth_time=None)) == KakaoUser(
        id=9007199254740993
    )


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": ["native-key"]},
        {"aud": "native-key", "azp": "native-key"},
        {"exp": NOW - 59},
        {"iat": NOW + 60},
        {"iat": NOW - 3600},
        {"sub": "1"},
        {"sub": str(2**63 - 1)},
    ],
)
def test_what_kakao_may_send_passes(claims: dict[str, Any]) -> None:
    verify(id_token(**claims))


def test_the_type_may_be_left_out_of_the_header() -> None:
    verify(id_token({"alg": "RS256", "kid": KID}))


# OI-01: the signature.


PEM = (
    private_key()
    .public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
)
DER = (
    private_key()
    .public_key()
    .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
)


def hmac_signed(key: bytes, algorithm: str = "HS256") -> str:
    """Sign with the public key as the shared secret, by hand: PyJWT refuses to help."""
    import hmac as library

    signing_input = (
        f"{encode(json.dumps({**HEADER, 'alg': algorithm}).encode())}.{encode(json.dumps(CLAIMS).encode())}"
    )
    return f"{signing_input}.{encode(library.new(key, signing_input.encode(), 'sha256').digest())}"


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "NONE", "nOnE", "", "RS512", "PS256", "ES256", "HS256", None, 1, []]
)
def test_another_algorithm_in_the_header_is_refused(algorithm: object) -> None:
    token = id_token({**HEADER, "alg": algorithm})
    refused(token, "header")
    refused(token.rpartition(".")[0] + ".")
    refused(token.rpartition(".")[0] + ".AA")


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256"])
def test_another_algorithm_with_kakaos_own_key_is_refused(algorithm: str) -> None:
    refused(sign_otherwise(algorithm, private_key()), "header")


def test_an_elliptic_signature_is_refused() -> None:
    refused(sign_otherwise("ES256", ec.generate_private_key(ec.SECP256R1())), "header")


@pytest.mark.parametrize("secret", [PEM, PEM.strip(), DER, json.dumps(jwk()).encode(), b""])
def test_the_public_key_is_no_shared_secret(secret: bytes) -> None:
    refused(hmac_signed(secret), "header")
    refused(hmac_signed(secret, "RS256"), "id_token")


def test_a_signature_by_another_key_is_refused() -> None:
    refused(sign(json.dumps(HEADER), json.dumps(CLAIMS), private_key("stranger")), "id_token")


def test_changed_claims_are_refused() -> None:
    header, _, signature = id_token().split(".")
    refused(f"{header}.{id_token(sub='1').split('.')[1]}.{signature}", "id_token")


# OI-02: issuer and audience.


@pytest.mark.parametrize(
    "issuer",
    [
        "https://kauth.kakao.com/",
        "https://kauth",
        "https://kauth.kakao.com.evil",
        "HTTPS://kauth.kakao.com",
        "",
        [ISSUER],
        1,
    ],
)
def test_an_issuer_that_is_not_kakao_to_the_letter_is_refused(issuer: object) -> None:
    refused(id_token(iss=issuer))


@pytest.mark.parametrize(
    "audience",
    [
        "another-app",
        "",
        CLIENT_ID[:-1],
        CLIENT_ID.upper(),
        [],
        [CLIENT_ID, "another-app"],
        [CLIENT_ID, CLIENT_ID],
        [[CLIENT_ID]],
        {CLIENT_ID: 1},
        [None],
        1,
    ],
)
def test_an_audience_that_is_not_just_us_is_refused(audience: object) -> None:
    refused(id_token(aud=audience), "aud")


@pytest.mark.parametrize("azp", ["another-app", "", [CLIENT_ID], 1, False])
def test_an_authorized_party_that_is_not_us_is_refused(azp: object) -> None:
    refused(id_token(azp=azp), "azp")


# OI-03: what is due, and the times.


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "exp", "iat", "nonce"])
def test_a_missing_claim_is_refused(claim: str) -> None:
    refused(id_token(**{claim: None}))


@pytest.mark.parametrize("exp", [NOW - 60, 0, -1, True, str(NOW + 60), NOW + 60.5, [NOW], {}])
def test_a_token_that_has_expired_or_never_would_is_refused(exp: object) -> None:
    refused(id_token(exp=exp), "exp")


@pytest.mark.parametrize("iat", [NOW + 61, NOW - 7 * 86400, 0, True, str(NOW), float(NOW), [NOW]])
def test_a_token_of_the_future_or_of_long_ago_is_refused(iat: object) -> None:
    refused(id_token(iat=iat), "iat")


@pytest.mark.parametrize("nbf", [NOW + 61, 2**70, True, str(NOW), float(NOW), [NOW], {}, None])
def test_a_token_that_does_not_count_yet_or_never_would_is_refused(nbf: object) -> None:
    refused(sign(json.dumps(HEADER), json.dumps({**CLAIMS, "nbf": nbf})), "nbf")


@pytest.mark.parametrize("nbf", [NOW + 60, NOW, 0, -1])
def test_a_token_that_counts_already_is_taken(nbf: int) -> None:
    verify(id_token(nbf=nbf))


@pytest.mark.parametrize("number", ["1e400", "NaN", "Infinity", "9" * 5000, "1" + "0" * 400])
def test_numbers_beyond_reason_are_refused(number: str) -> None:
    for claim in ("exp", "iat", "nbf"):
        if (claim, number) != ("exp", "1" + "0" * 400):
            payload = json.dumps({**CLAIMS, claim: "NUMBER"}).replace('"NUMBER"', number)
            refused(sign(json.dumps(HEADER), payload))


@pytest.mark.parametrize(
    "sub",
    [
        "",
        "0",
        "01",
        "-1",
        "+1",
        " 1",
        "1 ",
        "1\n",
        "1.0",
        "1e3",
        "None",
        "１",
        "١",
        str(2**63),
        "9" * 400,
        1,
        True,
        ["1"],
    ],
)
def test_a_subject_that_is_no_user_id_is_refused(sub: object) -> None:
    refused(id_token(sub=sub))


# OI-04: the nonce.


@pytest.mark.parametrize(
    "nonce", ["", "nonce-of-another-login", NONCE + " ", "논스", "\ud800", 1, True, [NONCE], {}]
)
def test_a_nonce_that_is_not_this_logins_is_refused(nonce: object) -> None:
    refused(id_token(nonce=nonce), "nonce")


@pytest.mark.parametrize("expected", [None, ""])
@pytest.mark.parametrize("nonce", [None, ""])
def test_no_nonce_does_not_equal_no_nonce(expected: str | None, nonce: str | None) -> None:
    refused(id_token(nonce=nonce), "nonce", nonce=expected)


def test_a_nonce_beyond_ascii_is_compared_and_no_crash() -> None:
    verify(id_token(nonce="논스"), nonce="논스")


# OI-05: the hash of the access token.


@pytest.mark.parametrize(
    "at_hash",
    [
        "",
        AT_HASH[:-1],
        encode(sha256(b"another").digest()[:16]),
        encode(sha256(ACCESS_TOKEN.encode()).digest()),
        1,
        True,
        [],
    ],
)
def test_a_hash_of_another_access_token_is_refused(at_hash: object) -> None:
    refused(id_token(at_hash=at_hash), "at_hash")


def test_an_access_token_that_is_no_text_is_refused_and_no_crash() -> None:
    refused(id_token(at_hash=AT_HASH), "at_hash", access_token="\ud800")


def test_a_client_that_sends_the_id_token_alone_needs_no_access_token() -> None:
    verify(id_token(at_hash=AT_HASH), access_token=None)


# OI-08, OI-09, OI-10: the form.


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("crit", ["exp"]),
        ("crit", ["b64"]),
        ("crit", []),
        ("b64", False),
        ("b64", True),
        ("zip", "DEF"),
        ("enc", "A256GCM"),
        ("jku", "https://evil.example/jwks.json"),
        ("jwk", {"kty": "RSA"}),
        ("x5u", "https://evil.example/cert"),
        ("x5c", ["MII"]),
    ],
)
def test_a_header_that_brings_keys_or_changes_the_reading_is_refused(name: str, value: object) -> None:
    refused(id_token({**HEADER, name: value}), "header")


@pytest.mark.parametrize("kid", [None, 1, [], {}, True])
def test_a_key_id_that_is_no_text_is_refused(kid: object) -> None:
    refused(id_token({**HEADER, "kid": kid}), "header")


def test_a_header_without_a_key_id_is_refused() -> None:
    refused(id_token({"alg": "RS256", "typ": "JWT"}), "header")


@pytest.mark.parametrize(
    "typ", ["secevent+jwt", "application/secevent+jwt", "at+jwt", "logout+jwt", "", None, 1, ["JWT"]]
)
def test_a_token_of_another_type_is_refused(typ: object) -> None:
    refused(id_token({**HEADER, "typ": typ}), "header")


@pytest.mark.parametrize(
    "events", [{"https://schemas.openid.net/secevent/risc/event-type/account-disabled": {}}, {}, 1, ""]
)
def test_a_security_event_is_no_login(events: object) -> None:
    refused(id_token(events=events), "events")


def other_spellings() -> dict[str, str]:
    token = id_token()
    header, payload, signature = token.split(".")
    last = signature[-1]
    # 256 signature bytes leave four unused bits in the last character.
    stray = next(c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" if c > last)
    return {
        "padding": token + "==",
        "one padding": token + "=",
        "line end": token + "\n",
        "blank": " " + token,
        "stray bits": token[:-1] + stray,
        "standard alphabet": f"{header}.{payload}.{signature[:-2]}+/",
        "four segments": token + ".e30",
        "five segments": f"{token}.e30.e30",
        "two segments": f"{header}.{payload}",
        "no payload": f"{header}..{signature}",
        "empty": "",
        "dots": "..",
        "json": json.dumps({"payload": payload, "protected": header, "signature": signature}),
        "beyond ascii": token + "é",
        "surrogate": token + "\ud800",
        "nul": token + "\0",
        "wrong length": "A." + token.split(".", 1)[1],
        "huge": f"{header}.{'A' * 1_000_000}.{signature}",
    }


@pytest.mark.parametrize("spelling", other_spellings().values(), ids=other_spellings().keys())
def test_another_spelling_of_a_good_token_is_refused(spelling: str) -> None:
    refused(spelling, "id_token")


def test_a_token_longer_than_any_of_kakaos_is_refused() -> None:
    refused(id_token(nickname="x" * 20_000), "id_token")


@pytest.mark.parametrize("text", ["", "null", "[]", "1", '"x"', "{", "\ud800", "[" * 8000, '{"a":' * 1500])
def test_segments_that_are_no_object_are_refused(text: str) -> None:
    text = text.encode("utf-8", "surrogatepass").decode("latin-1")
    refused(sign(text, json.dumps(CLAIMS)))
    refused(sign(json.dumps(HEADER), text))


def test_a_member_given_twice_counts_once_and_is_checked_as_it_counts() -> None:
    twice = json.dumps(CLAIMS)[:-1] + ', "sub": "2"}'
    assert verify(sign(json.dumps(HEADER), twice)).id == 2
    refused(sign(json.dumps(HEADER), json.dumps(CLAIMS)[:-1] + ', "nonce": "other"}'), "nonce")
    refused(sign(json.dumps(HEADER)[:-1] + ', "alg": "none"}', json.dumps(CLAIMS)), "header")


# OI-07: rotation, floods and outages.


def test_keys_are_fetched_when_first_needed_and_kept() -> None:
    kakao = Kakao()
    assert kakao.fetched == 0
    for _ in range(5):
        verify(id_token(), kakao=kakao)
    assert kakao.fetched == 1


def test_keys_rotated_just_before_signing_are_fetched_at_once() -> None:
    kakao = Kakao()
    verify(id_token(), kakao=kakao)
    kakao.answer = {"keys": [jwk(), jwk("kid-2")]}
    new = sign(json.dumps({**HEADER, "kid": "kid-2"}), json.dumps(CLAIMS), private_key("kid-2"))
    verify(new, kakao=kakao)
    verify(id_token(), kakao=kakao)
    assert kakao.fetched == 2


def test_a_flood_of_invented_key_ids_fetches_twice_a_minute() -> None:
    kakao = Kakao()
    verify(id_token(), kakao=kakao)
    for n in range(1000):
        kakao.now += 0.5
        refused(id_token({**HEADER, "kid": f"invented-{n}"}), "kid", kakao=kakao)
    assert kakao.fetched <= 1 + 2 * 9
    verify(id_token(), kakao=kakao)


def test_a_key_signed_with_after_a_flood_is_found_within_a_minute() -> None:
    kakao = Kakao()
    for n in range(10):
        refused(id_token({**HEADER, "kid": f"invented-{n}"}), "kid", kakao=kakao)
    assert kakao.fetched == 2
    kakao.answer = {"keys": [jwk("kid-2")]}
    kakao.now += 60
    verify(sign(json.dumps({**HEADER, "kid": "kid-2"}), json.dumps(CLAIMS), private_key("kid-2")), kakao=kakao)


def test_keys_are_fetched_anew_after_a_day_and_a_withdrawn_one_is_gone() -> None:
    kakao = Kakao()
    verify(id_token(), kakao=kakao)
    kakao.answer = {"keys": [jwk("kid-2")]}
    kakao.now += 86_399
    verify(id_token(), kakao=kakao)
    kakao.now += 1
    refused(id_token(), "kid", kakao=kakao)


@pytest.mark.parametrize("failure", [KakaoUnavailable("HTTP 503"), KakaoRejected("HTTP 404")])
def test_the_last_good_keys_outlive_an_outage(failure: KakaoUnavailable | KakaoRejected) -> None:
    kakao = Kakao()
    verify(id_token(), kakao=kakao)
    kakao.failure = failure
    for _ in range(5):
        kakao.now += 86_400
        verify(id_token(), kakao=kakao)


def test_keys_that_make_no_sense_do_not_replace_the_good_ones() -> None:
    kakao = Kakao()
    verify(id_token(), kakao=kakao)
    answers: list[object] = [None, [], {"keys": []}, {"keys": "x"}, {"keys": [1, None, {}]}, "x"]
    for answer in answers:
        kakao.answer = answer
        kakao.now += 86_400
        verify(id_token(), kakao=kakao)


def test_without_keys_an_outage_is_kakao_unavailable_and_passes_with_it() -> None:
    kakao = Kakao()
    kakao.failure = KakaoUnavailable("HTTP 503")
    for _ in range(50):
        with pytest.raises(KakaoUnavailable):
            verify(id_token(), kakao=kakao)
    assert kakao.fetched == 12
    kakao.failure = None
    kakao.now += 60
    verify(id_token(), kakao=kakao)


def test_an_unknown_key_in_an_outage_is_kakao_unavailable() -> None:
    kakao = Kakao()
    verify(id_token(), kakao=kakao)
    kakao.failure = KakaoUnavailable("HTTP 503")
    for _ in range(4):
        with pytest.raises(KakaoUnavailable):
            verify(id_token({**HEADER, "kid": "kid-2"}), kakao=kakao)


def test_a_clock_set_back_does_not_stop_fetching() -> None:
    kakao = Kakao()
    for n in range(2):
        refused(id_token({**HEADER, "kid": f"invented-{n}"}), "kid", kakao=kakao)
    kakao.now -= 86_400
    kakao.answer = {"keys": [jwk("kid-2")]}
    verify(sign(json.dumps({**HEADER, "kid": "kid-2"}), json.dumps(CLAIMS), private_key("kid-2")), kakao=kakao)


@pytest.mark.parametrize("failure", [None, KakaoUnavailable("HTTP 503")])
def test_threads_that_need_a_key_at_once_share_one_fetch(failure: KakaoUnavailable | None) -> None:
    kakao = Kakao()
    kakao.failure = failure
    ready = threading.Barrier(8)

    def slow_fetch() -> object:
        time.sleep(0.1)
        return kakao.fetch()

    jwks = JwksCache(slow_fetch, lambda: NOW, Patience(5))
    found: list[object] = []

    def need_key() -> None:
        ready.wait(5)
        try:
            found.append(jwks.key(KID))
        except KakaoUnavailable as error:
            found.append(error)

    threads = [threading.Thread(target=need_key) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert (len(found), kakao.fetched) == (8, 1)


def test_a_known_key_does_not_wait_long_for_newer_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "USUAL", 0.02)
    monkeypatch.setattr(patience, "GRACE", 0.0)
    kakao = Kakao(seconds=0.1)
    verify(id_token(), kakao=kakao)
    kakao.end = end = threading.Event()
    kakao.now += 86_400
    verify(id_token(), kakao=kakao)
    with pytest.raises(KakaoUnavailable, match="in time"):
        verify(id_token({**HEADER, "kid": "invented"}), kakao=kakao)
    end.set()


def test_nobody_waits_when_it_is_not_time_to_fetch(monkeypatch: pytest.MonkeyPatch) -> None:
    kakao = Kakao()
    verify(id_token(), kakao=kakao)
    refused(id_token({**HEADER, "kid": "invented"}), "kid", kakao=kakao)
    monkeypatch.setattr(Helpers, "start", None)
    refused(id_token({**HEADER, "kid": "invented-too"}), "kid", kakao=kakao)


def test_whoever_comes_during_the_last_fetch_of_the_minute_waits_for_its_outcome() -> None:
    kakao = Kakao()
    verify(id_token(), kakao=kakao)
    kakao.answer = {"keys": [jwk("kid-2")]}
    new = sign(json.dumps({**HEADER, "kid": "kid-2"}), json.dumps(CLAIMS), private_key("kid-2"))
    kakao.end = end = threading.Event()
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(verify, new, kakao=kakao)
        while kakao.fetched < 2:
            time.sleep(0.002)
        second = threads.submit(verify, new, kakao=kakao)
        time.sleep(0.05)
        end.set()
        assert first.result(20) == second.result(20)
    assert kakao.fetched == 2


def test_a_child_does_not_wait_for_a_fetch_of_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "USUAL", 0.02)
    kakao = Kakao(seconds=0.1)
    kakao.end = end = threading.Event()
    with pytest.raises(KakaoUnavailable, match="in time"):
        verify(id_token(), kakao=kakao)
    kakao.end = None
    monkeypatch.setattr(os, "getpid", lambda: -1)
    verify(id_token(), kakao=kakao)
    end.set()


# OI-08: which keys count.


@pytest.mark.parametrize(
    "changes",
    [
        {"kty": "oct", "k": "c2VjcmV0"},
        {"kty": "EC"},
        {"kty": "rsa"},
        {"kty": None},
        {"use": "enc"},
        {"use": ""},
        {"use": ["sig"]},
        {"alg": "RS512"},
        {"alg": "HS256"},
        {"alg": "none"},
        {"alg": ["RS256"]},
        {"n": None},
        {"n": 5},
        {"n": ""},
        {"n": "!!!"},
        {"n": "AQ"},
        {"n": "\ud800"},
        {"e": None},
        {"e": "AA"},
        {"e": "AQ"},
        {"e": []},
        {"kid": None},
        {"kid": 1},
    ],
)
def test_a_key_that_may_not_sign_does_not_count(changes: dict[str, Any]) -> None:
    assert list(usable_keys({"keys": [jwk(**changes), jwk("good", key=private_key())]})) == ["good"]
    with pytest.raises(KakaoRejected, match="no usable"):
        usable_keys({"keys": [jwk(**changes)]})


def test_a_short_key_does_not_count() -> None:
    short = jwk("short", key=private_key("short", 1024))
    with pytest.raises(KakaoRejected, match="no usable"):
        usable_keys({"keys": [short]})


def test_a_key_without_use_and_algorithm_counts() -> None:
    assert list(usable_keys({"keys": [jwk(use=None, alg=None)]})) == [KID]


def test_keys_that_share_their_id_do_not_count() -> None:
    same = jwk(key=private_key("stranger"))
    assert list(usable_keys({"keys": [jwk(), same, jwk("good", key=private_key())]})) == ["good"]
    assert list(usable_keys({"keys": [jwk(), {"kid": KID, "kty": "EC"}, jwk("good", key=private_key())]})) == [
        "good"
    ]


def test_of_a_published_private_key_only_the_public_half_is_read() -> None:
    leaked = jwk(d=urlsafe_b64encode(b"private").decode())
    assert not hasattr(usable_keys({"keys": [leaked]})[KID].key, "private_numbers")
