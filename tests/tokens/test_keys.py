"""One key signs and it and its fallbacks verify; a key that does not fit the algorithm stops the start."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import jwt
import pytest

from kakao_login import SettingsError
from kakao_login.settings.loading import load_settings
from kakao_login.tokens.keys import load_keys
from kakao_login.web.csrf import is_csrf_token, make_csrf_token
from tests.builders import (
    ASYMMETRIC,
    OTHER_SECRET,
    TRADITIONAL,
    base64url,
    codec_of,
    keys_of,
    pem,
    private_key,
    token_settings,
)
from tests.support import HOST, SECRET, config_for, make_host

NOW = 1_800_000_000
CLAIMS = {"sub": "1", "jti": "j", "sid": "s", "gen": 0, "auth_time": NOW}
ONE_LINE = {algorithm: pem(algorithm).replace("\n", "\\n") for algorithm in ASYMMETRIC}


def verify_as_another_service(token: str, jwks: dict[str, Any], algorithm: str) -> dict[str, Any]:
    """Verify as anybody would who has PyJWT and the public key set, and nothing of this package."""
    key = jwt.PyJWKSet.from_dict(jwks)[jwt.get_unverified_header(token)["kid"]]
    options: Any = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
    claims: dict[str, Any] = jwt.decode(
        token, key, algorithms=[algorithm], audience=HOST, issuer=HOST, options=options
    )
    return claims


# The secret.


def test_the_secret_is_the_hmac_key_as_it_stands() -> None:
    token = codec_of().encode("access", CLAIMS, now=NOW, lifetime=60)
    signed, _, signature = token.rpartition(".")
    assert signature == base64url(hmac.digest(SECRET.encode(), signed.encode(), "sha256"))


def test_a_secret_in_any_script_is_its_utf_8() -> None:
    secret = "비밀키" * 12
    assert keys_of(secret_key=secret).active.private == secret.encode()


def test_a_secret_is_never_published_and_its_name_does_not_give_it_away() -> None:
    keys = keys_of()
    assert keys.jwks() is None
    assert keys.active.kid not in (SECRET, base64url(SECRET))
    assert SECRET not in repr(keys) + repr(keys.active)


def test_every_secret_has_its_own_name_the_same_on_every_host() -> None:
    assert keys_of().active.kid == keys_of().active.kid
    assert keys_of().active.kid != keys_of(secret_key=OTHER_SECRET).active.kid


def test_the_key_of_the_csrf_tokens_is_not_the_key_of_the_tokens() -> None:
    for algorithm in ("HS256", *ASYMMETRIC):
        active = keys_of(algorithm).active
        assert active.mac_key not in (SECRET.encode(), active.private)


@pytest.mark.parametrize("kid", [None, 1, True, "", [], {}, "../../dev/null", "' OR 1=1", "x" * 65536, b"x"])
def test_a_strange_name_finds_no_key(kid: object) -> None:
    assert keys_of().find(kid) is None


# Private keys.


@pytest.mark.parametrize("algorithm", ASYMMETRIC)
def test_another_service_verifies_with_nothing_but_the_published_keys(algorithm: str) -> None:
    token = codec_of(algorithm).encode("access", CLAIMS, now=NOW, lifetime=60)
    jwks = keys_of(algorithm).jwks()
    assert jwks is not None
    assert verify_as_another_service(token, jwks, algorithm)["sub"] == "1"


@pytest.mark.parametrize("algorithm", ASYMMETRIC)
def test_the_published_keys_hold_the_public_half_alone(algorithm: str) -> None:
    jwks = keys_of(algorithm, private_key_fallbacks=(pem(algorithm, 1),)).jwks()
    assert jwks is not None
    for key in jwks["keys"]:
        assert set(key) <= {"kty", "crv", "x", "y", "n", "e", "kid", "use", "alg"}
        assert (key["use"], key["alg"]) == ("sig", algorithm)
    assert len({key["kid"] for key in jwks["keys"]}) == 2


@pytest.mark.parametrize("algorithm", ASYMMETRIC)
def test_a_host_publishes_its_keys(algorithm: str) -> None:
    changes = {
        "JWT_ALGORITHM": algorithm,
        "JWT_PRIVATE_KEY": pem(algorithm),
        "SQLALCHEMY_DATABASE_URI": "sqlite://",
    }
    host = make_host(config_for(None, **changes))
    response = host.app.test_client().get("/.well-known/jwks.json")
    assert response.json == host.services.keys.jwks()
    assert response.cache_control.max_age == 300


def test_a_host_with_a_secret_publishes_nothing() -> None:
    host = make_host(config_for(None, SQLALCHEMY_DATABASE_URI="sqlite://"))
    assert host.app.test_client().get("/.well-known/jwks.json").status_code == 404


@pytest.mark.parametrize("algorithm", ASYMMETRIC)
def test_the_name_of_a_key_is_its_thumbprint_whatever_the_text_it_came_in(algorithm: str) -> None:
    texts = [
        pem(algorithm),
        ONE_LINE[algorithm],
        "\n" + pem(algorithm) + "\n",
        pem(algorithm).replace("\n", "\r\n"),
    ]
    if algorithm != "EdDSA":
        texts.append(pem(algorithm, form=TRADITIONAL))
    kids = {keys_of(algorithm, private_key=text).active.kid for text in texts}
    assert len(kids) == 1
    assert len(kids.pop()) == 43


def test_a_thumbprint_is_that_of_rfc_7638() -> None:
    numbers = private_key("RS256").public_key().public_numbers()
    modulus = base64url(numbers.n.to_bytes(256, "big"))
    canonical = f'{{"e":"AQAB","kty":"RSA","n":"{modulus}"}}'
    assert keys_of("RS256").active.kid == base64url(hashlib.sha256(canonical.encode()).digest())


@pytest.mark.parametrize("setting", ["private_key", "private_key_fallbacks"])
@pytest.mark.parametrize("algorithm", ASYMMETRIC)
@pytest.mark.parametrize(
    "kind",
    ["ES256", "EdDSA", "RS256", "RSA 1024", "P-384", "secp256k1", "P-224", "brainpool", "Ed448", "X25519", "DSA"],
)
def test_a_key_of_another_kind_is_refused_by_its_setting(setting: str, algorithm: str, kind: str) -> None:
    if kind == algorithm:
        return
    text = pem(kind)
    changes: dict[str, Any] = {setting: text if setting == "private_key" else (text,)}
    with pytest.raises(SettingsError, match=rf"^JWT_{setting.upper()} "):
        keys_of(algorithm, **changes)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "\udcff",
        "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----",
        pem("ES256")[:100],
        pem("ES256").replace("PRIVATE", "PUBLIC"),
        pem("ES256", password=b"locked"),
        5,
    ],
    # A key that is made anew in each process must not be in the test's name.
    ids=["empty", "one letter", "surrogate", "nothing inside", "cut short", "public", "locked", "number"],
)
def test_what_is_no_private_key_is_refused_without_showing_it(text: object) -> None:
    with pytest.raises(SettingsError, match=r"^JWT_PRIVATE_KEY must be an unencrypted PEM") as caught:
        keys_of("ES256", private_key=text)
    assert caught.value.__suppress_context__


# Rotation without logging anyone out.


@pytest.mark.parametrize("algorithm", ["HS256", *ASYMMETRIC])
def test_a_token_of_the_key_before_is_good_until_the_key_is_retired(algorithm: str) -> None:
    old, new = (SECRET, OTHER_SECRET) if algorithm == "HS256" else (pem(algorithm), pem(algorithm, 1))
    name = "secret_key" if algorithm == "HS256" else "private_key"
    before = codec_of(algorithm, **{name: old})
    during = codec_of(algorithm, **{name: new, f"{name}_fallbacks": (old,)})
    announced = codec_of(algorithm, **{name: old, f"{name}_fallbacks": (new,)})
    after = codec_of(algorithm, **{name: new})
    tokens = [codec.encode("access", CLAIMS, now=NOW, lifetime=60) for codec in (before, during)]
    for token in tokens:
        assert during.decode("access", token, now=NOW).sid == "s"
        assert announced.decode("access", token, now=NOW).sid == "s"
    assert after.decode("access", tokens[1], now=NOW).sid == "s"
    with pytest.raises(Exception, match=r"^$") as caught:
        after.decode("access", tokens[0], now=NOW)
    assert type(caught.value).__name__ == "InvalidToken"


def test_a_csrf_token_of_the_key_before_is_good_as_well() -> None:
    before, during = keys_of(), keys_of(secret_key=OTHER_SECRET, secret_key_fallbacks=(SECRET,))
    assert is_csrf_token(during, "s", [make_csrf_token(before, "s")])


@pytest.mark.parametrize("algorithm", ASYMMETRIC)
def test_a_key_named_twice_is_published_once(algorithm: str) -> None:
    jwks = keys_of(algorithm, private_key_fallbacks=(pem(algorithm), ONE_LINE[algorithm])).jwks()
    assert jwks is not None
    assert len(jwks["keys"]) == 1


@pytest.mark.parametrize(
    "text",
    [
        pem("ES256", 1) + pem("ES256", 2),
        pem("ES256", 1).replace("\n", "\\n") + pem("ES256", 2).replace("\n", "\\n"),
        pem("ES256", 1, TRADITIONAL) + pem("ES256", 2, TRADITIONAL),
        pem("ES256", 1, TRADITIONAL) + "\n" + pem("ES256", 2),
        [pem("ES256", 1), pem("ES256", 2)],
    ],
)
def test_fallback_keys_can_stand_one_after_the_other(text: object) -> None:
    config = config_for(None, JWT_ALGORITHM="ES256", JWT_PRIVATE_KEY=pem("ES256"), JWT_PRIVATE_KEY_FALLBACKS=text)
    keys = load_keys(load_settings(config, development=True).tokens)
    expected = [keys_of("ES256", private_key=pem("ES256", number)).active.kid for number in range(3)]
    assert [key.kid for key in keys.keys] == expected


@pytest.mark.parametrize("text", ["x", pem("ES256") + "x", [pem("ES256"), "x"], [1], 5, pem("ES256", 1)[:-40]])
def test_a_fallback_key_that_cannot_be_read_is_not_left_out(text: object) -> None:
    config = config_for(None, JWT_ALGORITHM="ES256", JWT_PRIVATE_KEY=pem("ES256"), JWT_PRIVATE_KEY_FALLBACKS=text)
    with pytest.raises(SettingsError, match=r"^JWT_PRIVATE_KEY_FALLBACKS "):
        load_keys(load_settings(config, development=True).tokens)


def test_no_setting_shows_a_key() -> None:
    settings = token_settings("ES256", private_key_fallbacks=(pem("ES256", 1),))
    assert "BEGIN" not in repr(settings)
