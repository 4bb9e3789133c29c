"""A proved access token is remembered by its exact spelling, and nothing that is judged anew is skipped for it."""

from __future__ import annotations

import dataclasses
from typing import Any
from unittest.mock import patch

import pytest

from kakao_login.errors import InvalidToken, SettingsError, TokenExpired
from kakao_login.settings.values import LEEWAY
from kakao_login.tokens import codec as codecs
from kakao_login.tokens.codec import Kind, TokenCodec
from kakao_login.tokens.keys import SigningKeys, load_keys
from tests.builders import ALGORITHMS, OTHER_SECRET, codec_of, keys_of, public_pem, token_settings
from tests.support import SECRET

NOW = 1_800_000_000
CLAIMS = {"sub": "1", "jti": "j", "sid": "s", "gen": 3, "auth_time": NOW, "use": "json"}


@pytest.fixture(params=ALGORITHMS)
def codec(request: pytest.FixtureRequest) -> TokenCodec:
    """A codec that remembers nothing yet."""
    return TokenCodec(token_settings(request.param), keys_of(request.param))


def make(codec: TokenCodec, kind: Kind = "access", **claims: Any) -> str:
    return codec.encode(kind, {**CLAIMS, **claims}, now=NOW, lifetime=60)


def proofs(codec: TokenCodec, *tokens: str, kind: Kind = "access") -> int:
    """Decode tokens and give how many signatures were checked for that."""
    with (
        patch.object(SigningKeys, "verify", autospec=True, side_effect=SigningKeys.verify) as verify,
        patch.object(SigningKeys, "verify_known", autospec=True, side_effect=SigningKeys.verify_known) as known,
    ):
        for token in tokens:
            codec.decode(kind, token, now=NOW)
    return verify.call_count + known.call_count


def test_a_token_is_proved_once(codec: TokenCodec) -> None:
    token = make(codec)
    assert proofs(codec, token, token, token) == 1
    assert codec.decode("access", token, now=NOW) is codec.decode("access", token, now=NOW)


def test_only_access_tokens_are_remembered(codec: TokenCodec) -> None:
    token = make(codec, "refresh")
    assert proofs(codec, token, token, kind="refresh") == 2


def test_a_remembered_access_token_is_still_no_refresh_token(codec: TokenCodec) -> None:
    token = make(codec)
    codec.decode("access", token, now=NOW)
    for kind in ("refresh", "login"):
        with pytest.raises(InvalidToken):
            codec.decode(kind, token, now=NOW)


def test_every_other_spelling_is_proved_and_refused(codec: TokenCodec) -> None:
    token = make(codec)
    codec.decode("access", token, now=NOW)
    head, _, signature = token.rpartition(".")
    other_signature = ("A" if signature[0] != "A" else "B") + signature[1:]
    for other in (f"{head}.{other_signature}", token[:-1], f"{token}=", f" {token}", f"{token}."):
        with pytest.raises(InvalidToken):
            codec.decode("access", other, now=NOW)


def test_a_remembered_token_expires_all_the_same(codec: TokenCodec) -> None:
    token = make(codec)
    codec.decode("access", token, now=NOW).check_expiry(NOW)
    with pytest.raises(TokenExpired):
        codec.decode("access", token, now=NOW + 60 + LEEWAY).check_expiry(NOW + 60 + LEEWAY)


def test_a_remembered_token_may_not_come_from_the_future_when_the_clock_goes_back(codec: TokenCodec) -> None:
    token = make(codec)
    codec.decode("access", token, now=NOW)
    with pytest.raises(InvalidToken):
        codec.decode("access", token, now=NOW - LEEWAY - 1)


def test_two_apps_do_not_share_what_they_have_proved() -> None:
    token = make(codec_of())
    codec_of().decode("access", token, now=NOW)
    other = TokenCodec(token_settings(secret_key=OTHER_SECRET), load_keys(token_settings(secret_key=OTHER_SECRET)))
    with pytest.raises(InvalidToken):
        other.decode("access", token, now=NOW)


def test_the_memory_is_bounded_and_lets_the_oldest_go(codec: TokenCodec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codecs, "MOST_REMEMBERED", 3)
    tokens = [make(codec, jti=str(number)) for number in range(5)]
    assert proofs(codec, *tokens) == 5
    assert proofs(codec, *tokens[2:]) == 0
    assert proofs(codec, tokens[0]) == 1


def test_what_is_shared_can_only_be_read(codec: TokenCodec) -> None:
    token: Any = codec.decode("access", make(codec, roles=["a", {"b": ["c"]}]), now=NOW)
    claims = token.claims
    with pytest.raises(TypeError):
        claims["sub"] = "2"
    assert claims["roles"] == ("a", {"b": ("c",)})
    with pytest.raises(TypeError):
        claims["roles"][1]["b"] = "d"
    with pytest.raises(dataclasses.FrozenInstanceError):
        token.sid = "other"


def test_a_known_header_chooses_a_key_and_proves_nothing(codec: TokenCodec) -> None:
    good, other = make(codec), make(codec, sub="2")
    codec.decode("access", good, now=NOW)
    head = good.split(".")[0]
    mixed = ".".join([head, other.split(".")[1], good.split(".")[2]])
    with pytest.raises(InvalidToken):
        codec.decode("access", mixed, now=NOW)


def test_the_header_of_one_kind_is_not_known_for_another(codec: TokenCodec) -> None:
    access, refresh = make(codec), make(codec, "refresh")
    codec.decode("access", access, now=NOW)
    codec.decode("refresh", refresh, now=NOW)
    with pytest.raises(InvalidToken):
        codec.decode("access", refresh, now=NOW)
    with pytest.raises(InvalidToken):
        codec.decode("refresh", access, now=NOW)


def test_strangers_leave_nothing_behind(codec: TokenCodec) -> None:
    before = {name: len(value) for name, value in vars(codec).items() if isinstance(value, dict)}
    head, payload, _ = make(codec).split(".")
    for number in range(50):
        with pytest.raises(InvalidToken):
            codec.decode("access", f"{head}.{payload}.{number:04}", now=NOW)
    assert {name: len(value) for name, value in vars(codec).items() if isinstance(value, dict)} == before


@pytest.mark.parametrize("secret", [public_pem("ES256").decode(), f'{{"kty": "oct", "k": "{SECRET}"}}'])
def test_a_secret_that_is_a_key_of_another_kind_stops_the_start(secret: str) -> None:
    """Whoever knows a public key could sign with it (CVE-2022-29217)."""
    with pytest.raises(SettingsError, match="JWT_SECRET_KEY must be a random text"):
        load_keys(token_settings(secret_key=secret))
