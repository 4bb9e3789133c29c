"""A token counts only in its one spelling, for its one use, signed by a key of ours."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest

from kakao_login.errors import ClaimsRefused, InvalidToken, TokenExpired
from kakao_login.settings.values import LEEWAY
from kakao_login.store.models import new_id
from kakao_login.tokens.codec import RESERVED_CLAIMS, Kind, Token, TokenCodec, own_claims
from tests.builders import (
    ALGORITHMS,
    ASYMMETRIC,
    OTHER_SECRET,
    base64url,
    codec_of,
    keys_of,
    pem,
    private_key,
    public_pem,
    read,
    sign,
)
from tests.support import HOST, SECRET

NOW = 1_800_000_000
CLAIMS: dict[Kind, dict[str, Any]] = {
    "access": {"sub": "1", "jti": "j", "sid": "s", "gen": 3, "auth_time": NOW},
    "refresh": {"sid": "s", "gen": 3, "use": "json"},
    "login": {"state": "s", "nonce": "n", "code_verifier": "v", "next": "/", "started_at": NOW * 1000},
}
KINDS = list(CLAIMS)
TIMES = ("iat", "nbf", "exp")
NO_WHOLE_NUMBERS = ["1800000000", 1800000000.0, True, None, [1], {}, 1e400, float("nan"), "1e400"]
NO_TEXTS = [1, True, None, ["s"], {"s": 1}, 1.5]


def make(kind: Kind = "access", algorithm: str = "HS256", lifetime: int = 60, **claims: Any) -> str:
    return codec_of(algorithm).encode(kind, {**CLAIMS[kind], **claims}, now=NOW, lifetime=lifetime)


def decode(token: str, kind: Kind = "access", algorithm: str = "HS256", now: float = NOW) -> Token:
    return codec_of(algorithm).decode(kind, token, now=now)


def forge(
    kind: Kind = "access", header: dict[str, Any] | None = None, drop: str | None = None, **claims: Any
) -> str:
    """Sign a token with the right key that says what ours never say."""
    own_header, own_claims_ = read(make(kind))
    kept = {name: value for name, value in {**own_claims_, **claims}.items() if name != drop}
    return sign({**own_header, **(header or {})}, kept, "HS256", SECRET)


def is_refused(token: str, kind: Kind = "access", algorithm: str = "HS256") -> bool:
    try:
        decode(token, kind, algorithm)
    except InvalidToken as error:
        return error.__cause__ is None
    return False


# What is in it.


def test_an_access_token_says_what_the_design_lists() -> None:
    header, claims = read(make())
    assert header == {"alg": "HS256", "typ": "at+jwt", "kid": keys_of().active.kid}
    times = {"iat": NOW, "nbf": NOW, "exp": NOW + 60}
    assert claims == {**CLAIMS["access"], **times, "iss": HOST, "aud": HOST}


def test_a_refresh_token_says_nothing_about_the_user() -> None:
    header, claims = read(make("refresh"))
    assert header["typ"] == "rt+jwt"
    assert set(claims) == {"sid", "gen", "use", "iss", "aud", *TIMES}
    assert claims["aud"] != HOST


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("kind", KINDS)
def test_what_was_encoded_is_decoded(kind: Kind, algorithm: str) -> None:
    token = decode(make(kind, algorithm), kind, algorithm)
    assert CLAIMS[kind].items() <= token.claims.items()
    assert read(make(kind, algorithm))[0]["alg"] == algorithm


def test_a_token_gives_its_session_and_generation() -> None:
    token = decode(make())
    assert (token.sid, token.generation, token.expires_at) == ("s", 3, NOW + 60)


def test_a_fraction_of_a_second_is_dropped_from_every_time() -> None:
    token = codec_of().encode("refresh", CLAIMS["refresh"], now=NOW + 0.9, lifetime=60)
    assert [read(token)[1][name] for name in TIMES] == [NOW, NOW, NOW + 60]


def test_ids_are_128_random_bits() -> None:
    ids = {new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert {len(id_) for id_ in ids} == {22}


# Which kind is due.


@pytest.mark.parametrize("due", KINDS)
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_refused_where_another_is_due(kind: Kind, due: Kind) -> None:
    claims = {**CLAIMS["access"], **CLAIMS["refresh"], **CLAIMS["login"]}
    token = codec_of().encode(kind, claims, now=NOW, lifetime=60)
    assert is_refused(token, due) is (kind != due)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("other", KINDS)
def test_the_type_and_the_audience_each_tell_the_kinds_apart(kind: Kind, other: Kind) -> None:
    if kind == other:
        return
    own, foreign = read(make(kind)), read(make(other))
    assert is_refused(forge(kind, header={"typ": foreign[0]["typ"]}), kind)
    assert is_refused(forge(kind, aud=foreign[1]["aud"]), kind)
    assert not is_refused(forge(kind, aud=own[1]["aud"]), kind)


# Whose signature.


@pytest.mark.parametrize("kind", KINDS)
def test_every_flipped_byte_is_refused(kind: Kind) -> None:
    token = make(kind)
    flipped = [f"{token[:i]}{'A' if token[i] != 'A' else 'B'}{token[i + 1 :]}" for i in range(len(token))]
    assert [one for one in flipped if not is_refused(one, kind)] == []


@pytest.mark.parametrize("algorithm", ASYMMETRIC)
def test_every_flipped_byte_of_a_signature_is_refused(algorithm: str) -> None:
    token = make("refresh", algorithm)
    start = token.rindex(".") + 1
    flipped = [
        f"{token[:i]}{'A' if token[i] != 'A' else 'B'}{token[i + 1 :]}" for i in range(start, len(token), 7)
    ] + [f"{token[:-1]}{last}" for last in "ABCDwxyz_-" if last != token[-1]]
    assert [one for one in flipped if not is_refused(one, "refresh", algorithm)] == []


@pytest.mark.parametrize(
    "alg", ["none", "None", "NONE", "nOnE", "", None, "HS384", "RS256", "ES256", ["HS256"], 1]
)
@pytest.mark.parametrize("keep_signature", [True, False])
def test_the_header_does_not_choose_the_algorithm(alg: object, keep_signature: bool) -> None:
    token = forge(header={"alg": alg})
    assert is_refused(token if keep_signature else token[: token.rindex(".") + 1])


def test_an_algorithm_is_one_per_app() -> None:
    header, claims = read(make())
    for algorithm in ("HS384", "HS512"):
        assert is_refused(sign({**header, "alg": algorithm}, claims, algorithm, SECRET * 2))
        assert is_refused(sign({**header, "alg": "HS256"}, claims, algorithm, SECRET * 2))


@pytest.mark.parametrize("algorithm", ASYMMETRIC)
def test_the_published_key_is_no_secret_to_sign_with(algorithm: str) -> None:
    header, claims = read(make("refresh", algorithm))
    jwk = keys_of(algorithm).active.jwk
    for secret in (public_pem(algorithm), public_pem(algorithm).strip(), json.dumps(jwk).encode(), b""):
        for alg in ("HS256", algorithm):
            signed = f"{base64url(json.dumps({**header, 'alg': alg}))}.{base64url(json.dumps(claims))}"
            signature = hmac.digest(secret, signed.encode(), "sha256")
            assert is_refused(f"{signed}.{base64url(signature)}", "refresh", algorithm)


@pytest.mark.parametrize(("algorithm", "other"), [("RS256", "PS256"), ("RS256", "RS512")])
def test_the_same_key_with_another_algorithm_is_refused(algorithm: str, other: str) -> None:
    header, claims = read(make("refresh", algorithm))
    key = private_key(algorithm)
    assert is_refused(sign({**header, "alg": other}, claims, other, key), "refresh", algorithm)
    assert not is_refused(sign(header, claims, algorithm, key), "refresh", algorithm)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_foreign_key_is_refused_under_its_own_name_and_under_ours(algorithm: str) -> None:
    foreign = {"secret_key": OTHER_SECRET} if algorithm == "HS256" else {"private_key": pem(algorithm, 1)}
    token = codec_of(algorithm, **foreign).encode("access", CLAIMS["access"], now=NOW, lifetime=60)
    assert is_refused(token, algorithm=algorithm)
    header, claims = read(token)
    ours = {**header, "kid": keys_of(algorithm).active.kid}
    key = keys_of(algorithm, **foreign).active.private
    assert is_refused(sign(ours, claims, algorithm, key), algorithm=algorithm)


@pytest.mark.parametrize(
    "kid", ["", "x", None, 1, True, [], {}, "../../dev/null", "' OR 1=1 --", "k" * 65536, "한"]
)
def test_a_strange_key_name_is_refused(kid: object) -> None:
    assert is_refused(forge(header={"kid": kid}))


@pytest.mark.parametrize(
    "member",
    [
        {"crit": ["exp"]},
        {"crit": ["b64"], "b64": False},
        {"b64": False},
        {"zip": "DEF"},
        {"cty": "JWT"},
        {"jku": "http://127.0.0.1:9/keys"},
        {"x5u": "file:///dev/null"},
        {"jwk": {"kty": "oct", "k": base64url(SECRET)}},
        {"x5c": ["AA=="]},
        {"anything": None},
    ],
)
def test_a_header_with_more_than_three_members_is_refused(member: dict[str, Any]) -> None:
    assert is_refused(forge(header=member))


@pytest.mark.parametrize(
    "typ", ["JWT", "jwt", "AT+JWT", "application/at+jwt", "secevent+jwt", "", None, 1, ["at+jwt"]]
)
def test_another_type_is_refused(typ: object) -> None:
    assert is_refused(forge(header={"typ": typ}))


@pytest.mark.parametrize("name", ["typ", "kid", "alg"])
def test_a_header_member_that_is_missing_is_refused(name: str) -> None:
    header, claims = read(make())
    del header[name]
    assert is_refused(sign(header, claims, "HS256", SECRET))


def test_duplicate_members_cannot_smuggle_a_second_meaning() -> None:
    header, claims = (json.dumps(part) for part in read(make()))
    twice = header.replace('"alg": "HS256"', '"alg": "none", "alg": "HS256"')
    token = decode(sign(twice, claims, "HS256", SECRET))
    assert token.sid == "s"
    assert is_refused(
        sign(header.replace('"alg": "HS256"', '"alg": "HS256", "alg": "none"'), claims, "HS256", SECRET)
    )


# Which claims.


@pytest.mark.parametrize("kind", KINDS)
def test_every_claim_that_is_due_must_be_there(kind: Kind) -> None:
    due = {*CLAIMS[kind], *TIMES, "iss", "aud"}
    assert [name for name in due if not is_refused(forge(kind, drop=name), kind)] == []


@pytest.mark.parametrize("value", NO_WHOLE_NUMBERS)
@pytest.mark.parametrize("name", [*TIMES, "gen", "auth_time"])
def test_a_number_must_be_a_whole_one(name: str, value: Any) -> None:
    assert is_refused(forge(**{name: value}))


@pytest.mark.parametrize("value", NO_TEXTS)
@pytest.mark.parametrize("name", ["iss", "aud", "sub", "jti", "sid"])
def test_a_text_must_be_a_text(name: str, value: Any) -> None:
    assert is_refused(forge(**{name: value}))


@pytest.mark.parametrize("value", NO_TEXTS)
@pytest.mark.parametrize("name", ["state", "nonce", "code_verifier", "next"])
def test_the_secrets_of_a_login_are_texts(name: str, value: Any) -> None:
    assert is_refused(forge("login", **{name: value}), "login")


@pytest.mark.parametrize(
    "aud", [[HOST], [HOST, "evil"], [], "", HOST + "/", HOST[:-1], HOST.upper(), HOST + "#access"]
)
def test_the_audience_is_one_exact_text(aud: object) -> None:
    assert is_refused(forge(aud=aud))


@pytest.mark.parametrize("iss", ["", HOST + "/", HOST[:-1], HOST[:4], HOST + ".evil", HOST.upper(), [HOST]])
def test_the_issuer_is_one_exact_text(iss: object) -> None:
    assert is_refused(forge(iss=iss))


@pytest.mark.parametrize(
    "payload", ["[]", "null", "1", '"x"', "", "{", "NaN", "{}" * 2, "[" * 100_000, '{"a":' * 5000]
)
def test_a_payload_that_is_no_object_is_refused(payload: str) -> None:
    assert is_refused(sign(read(make())[0], payload, "HS256", SECRET))


@pytest.mark.parametrize("header", ["[]", "null", "1", '"x"', "", "{", "NaN", "[" * 5000, '{"a":' * 1000])
def test_a_header_that_is_no_object_is_refused(header: str) -> None:
    assert is_refused(sign(header, read(make())[1], "HS256", SECRET))


@pytest.mark.parametrize("number", ["1" + "0" * 400, "9" * 5000, "1e400", "-1e400", "Infinity", "-0", "-1", "0.0"])
@pytest.mark.parametrize("name", ["iat", "nbf"])
def test_no_number_is_too_strange_to_be_refused(name: str, number: str) -> None:
    header, claims = read(make())
    text = json.dumps(claims).replace(f'"{name}": {NOW}', f'"{name}": {number}')
    token = sign(header, text, "HS256", SECRET)
    assert is_refused(token) is (number not in ("-0", "-1"))


# When.


@pytest.mark.parametrize("name", ["iat", "nbf"])
@pytest.mark.parametrize(("ahead", "refused"), [(0, False), (LEEWAY, False), (LEEWAY + 1, True), (10**9, True)])
def test_a_token_from_the_future_is_borne_as_far_as_clocks_differ(name: str, ahead: int, refused: bool) -> None:
    claims: dict[str, Any] = {name: NOW + ahead}
    assert is_refused(forge(**claims)) is refused


@pytest.mark.parametrize(
    ("late", "expired"), [(-1, False), (0, False), (LEEWAY - 0.5, False), (LEEWAY, True), (1e9, True)]
)
def test_a_token_runs_out_when_the_leeway_has_passed(late: float, expired: bool) -> None:
    with pytest.raises(TokenExpired) if expired else nullcontext():
        decode(make(lifetime=60)).check_expiry(NOW + 60 + late)


def test_a_token_that_ran_out_still_says_whose_it_was() -> None:
    assert decode(make(), now=NOW + 10**8).sid == "s"


def test_a_life_beyond_all_calendars_is_no_trouble() -> None:
    decode(forge(exp=10**300)).check_expiry(NOW)


# In which spelling.


@pytest.mark.parametrize(
    "respell",
    [
        lambda token: token + "=",
        lambda token: token.replace(".", "=.", 1),
        lambda token: token + "\n",
        lambda token: " " + token,
        lambda token: token + " ",
        lambda token: token[:20] + "\n" + token[20:],
        lambda token: token + "\0",
        lambda token: token + ".",
        lambda token: "." + token,
        lambda token: token + ".AAAA",
        lambda token: token.replace(".", ".."),
        lambda token: token.replace(".", ""),
        lambda token: token.rpartition(".")[0],
        lambda token: "",
        lambda token: ".",
        lambda token: "..",
        lambda token: "...",
        lambda token: json.dumps({"protected": token.split(".")[0], "payload": token.split(".")[1]}),
        lambda token: token.replace("e", "\N{CYRILLIC SMALL LETTER IE}"),
        lambda token: "".join(chr(ord(character) + 0xFEE0) for character in token),
        lambda token: token + "\ud800",
        lambda token: "Bearer " + token,
        lambda token: token.upper(),
        lambda token: token * 100,
        lambda token: "A" * 1_000_000,
        lambda token: "." * 1_000_000,
        lambda token: "한" * 1_000_000,
    ],
)
def test_any_other_spelling_is_refused(respell: Callable[[str], str]) -> None:
    assert is_refused(respell(make()))


@pytest.mark.parametrize("segment", [0, 1, 2])
def test_bits_that_mean_nothing_must_be_zero(segment: int) -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for length in range(3):
        segments = make(jti="j" * (length + 1)).split(".")
        last = segments[segment][-1]
        others = [f"{segments[segment][:-1]}{letter}" for letter in alphabet if letter != last]
        tokens = [".".join([*segments[:segment], other, *segments[segment + 1 :]]) for other in others]
        assert [token for token in tokens if not is_refused(token)] == []


def test_the_standard_base64_alphabet_is_refused() -> None:
    codec = codec_of()
    tokens = (
        codec.encode("access", {**CLAIMS["access"], "jti": new_id()}, now=NOW, lifetime=60) for _ in range(999)
    )
    token = next(token for token in tokens if "-" in token or "_" in token)
    assert is_refused(token.replace("-", "+").replace("_", "/"))


def test_a_huge_token_is_refused() -> None:
    header, claims = read(make())
    bombs = [sign(header, {**claims, "x": "x" * 1_000_000}, "HS256", SECRET), "a." * 500_000, "[" * 1_000_000]
    assert all(is_refused(bomb) for bomb in bombs)


# The host's claims.


@pytest.mark.parametrize("name", sorted(RESERVED_CLAIMS))
def test_a_reserved_claim_of_a_host_is_an_error(name: str, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ClaimsRefused):
        own_claims({name: "x", "https://app.example/role": "admin"})
    assert caplog.messages == [f"No token is issued: the additional claims use reserved names: {name}."]


def test_every_claim_of_ours_is_reserved() -> None:
    assert set(read(make())[1]) <= RESERVED_CLAIMS


def test_private_and_public_claims_of_a_host_come_through() -> None:
    claims = own_claims({"role": "admin", "https://app.example/team": [1, {"a": None}]})
    assert decode(make(**claims)).claims["https://app.example/team"] == (1, {"a": None})


@pytest.mark.parametrize("name", ["iss", "aud", *TIMES])
def test_what_the_codec_writes_cannot_be_overridden(name: str) -> None:
    evil: dict[str, Any] = {name: "evil"}
    assert read(make(**evil))[1][name] != "evil"


def test_two_apps_do_not_take_each_others_tokens() -> None:
    other = codec_of(issuer="https://other.example", audience=HOST)
    assert is_refused(other.encode("access", CLAIMS["access"], now=NOW, lifetime=60))
    with pytest.raises(InvalidToken):
        other.decode("access", make(), now=NOW)


def test_the_codec_needs_no_clock_of_its_own() -> None:
    codec: TokenCodec = codec_of()
    for now in (0, 1, NOW, 4_000_000_000.5):
        token = codec.encode("access", {**CLAIMS["access"], "auth_time": int(now)}, now=now, lifetime=1)
        codec.decode("access", token, now=now).check_expiry(now)


@pytest.mark.parametrize(
    ("claims", "problem"),
    [
        ({"list": "x" * 2100}, "take 2112 bytes as JSON, more than 1024"),
        ({"list": {1, 2}}, "are no JSON"),
        ({"share": float("nan")}, "are no JSON"),
    ],
)
def test_claims_that_cannot_go_into_a_cookie_are_refused_and_never_left_out(
    claims: dict[str, Any], problem: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ClaimsRefused):
        own_claims(claims)
    assert caplog.messages == [f"No token is issued: the additional claims {problem}."]


@pytest.mark.parametrize("generation", [-1, 2**31 - 1, 2**31, 2**63, 10**30])
@pytest.mark.parametrize("kind", ["access", "refresh"])
def test_a_generation_that_no_column_holds_is_refused(kind: Kind, generation: int) -> None:
    assert is_refused(make(kind, gen=generation), kind)
    assert not is_refused(make(kind, gen=2**31 - 2), kind)


def test_a_lifetime_that_was_shortened_holds_for_what_is_out_already() -> None:
    token = make(lifetime=3600)
    shorter = codec_of(access_token_expires=60).decode("access", token, now=NOW)
    assert (shorter.expires_at, decode(token).expires_at) == (NOW + 60, NOW + 3600)
    longer = codec_of(access_token_expires=7200).decode("access", token, now=NOW)
    assert longer.expires_at == NOW + 3600


@pytest.mark.parametrize("kind", ["access", "refresh", "login"])
def test_two_apps_with_one_secret_and_origin_refuse_each_others_tokens(kind: Kind) -> None:
    there = codec_of(audience=f"{HOST}/shop").encode(kind, CLAIMS[kind], now=NOW, lifetime=60)
    assert is_refused(there, kind)
