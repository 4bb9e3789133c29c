"""Proves an id_token (OpenID Connect Core section 3.1.3.7), more strictly than asked where Kakao never differs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from hmac import compare_digest
from typing import Any

import jwt
from jwt.types import Options
from jwt.utils import base64url_encode

from ..errors import KakaoRejected
from ..settings.values import KakaoSettings
from .jwks import ALGORITHM, JwksCache
from .responses import KakaoUser, parse_claims

LEEWAY = 60
"""Seconds our clock and Kakao's may differ."""
MAX_AGE = 24 * 60 * 60
"""Seconds since ``iat`` after which no login in progress can be the reason for the token."""
COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
MAX_LENGTH = 16 * 1024
# RFC 8725 section 3.10: a key that travels with the token proves nothing.  The rest change how it would be read.
FORBIDDEN_HEADERS = frozenset({"crit", "b64", "zip", "enc", "jku", "jwk", "x5u", "x5c"})
# PyJWT proves the signature, the issuer and that the claims are there; the checks below go by our clock and types.
OPTIONS: Options = {
    "verify_signature": True,
    "enforce_minimum_key_length": True,
    "require": ["iss", "aud", "sub", "exp", "iat"],
    "verify_iss": True,
    "verify_aud": False,
    "strict_aud": False,
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "verify_sub": True,
    "verify_jti": True,
}


def verify_id_token(
    id_token: str,
    *,
    jwks: JwksCache,
    settings: KakaoSettings,
    nonce: str | None,
    access_token: str | None,
    now: float,
) -> KakaoUser:
    """Give the person an id_token names, once everything about it is proved.

    ``nonce`` is the one this login began with and is due.  ``access_token`` is the one that came along, None if
    none did; ``now`` is in seconds.  Raises ``KakaoRejected`` (502) with the name of what is wrong, or
    ``KakaoUnavailable`` if no signing keys can be had.
    """
    kid = _check_header(id_token)
    claims = _check_signature(id_token, jwks.key(kid), settings.issuer)
    _check_audience(claims, {settings.client_id, *settings.client_keys})
    _check_times(claims, now)
    _check_secrets(claims, nonce, access_token)
    return parse_claims(claims)


def _check_header(id_token: str) -> str:
    # One token has one spelling: padding is refused here, stray bits are by PyJWT.
    if len(id_token) > MAX_LENGTH or not COMPACT.fullmatch(id_token):
        raise KakaoRejected("id_token")
    try:
        unverified_header = jwt.get_unverified_header(id_token)
    except jwt.PyJWTError:
        raise KakaoRejected("id_token header") from None
    kid = unverified_header.get("kid")
    is_right_kind = unverified_header.get("alg") == ALGORITHM and unverified_header.get("typ", "JWT") == "JWT"
    if not is_right_kind or not isinstance(kid, str) or not FORBIDDEN_HEADERS.isdisjoint(unverified_header):
        raise KakaoRejected("id_token header")
    return kid


def _check_signature(id_token: str, key: jwt.PyJWK, issuer: str) -> Mapping[str, Any]:
    try:
        claims = jwt.decode(id_token, key, algorithms=[ALGORITHM], issuer=issuer, options=OPTIONS)
    except jwt.InvalidIssuerError:
        raise KakaoRejected("iss") from None
    except jwt.PyJWTError:
        raise KakaoRejected("id_token") from None
    # RFC 8417 section 4.5: a security event is signed with the same keys and must not pass for a login.
    if "events" in claims:
        raise KakaoRejected("events")
    return claims


def _check_audience(claims: Mapping[str, Any], keys: set[str]) -> None:
    aud, azp = claims.get("aud"), claims.get("azp")
    only = aud[0] if isinstance(aud, list) and len(aud) == 1 else aud
    if not isinstance(only, str) or only not in keys:
        raise KakaoRejected("aud")
    if "azp" in claims and (not isinstance(azp, str) or azp not in keys):
        raise KakaoRejected("azp")


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    exp, iat = claims.get("exp"), claims.get("iat")
    # type() and not isinstance(): JSON's true is an int to the latter.
    if type(exp) is not int or exp <= now - LEEWAY:
        raise KakaoRejected("exp")
    if type(iat) is not int or not now - MAX_AGE - LEEWAY <= iat <= now + LEEWAY:
        raise KakaoRejected("iat")
    # Kakao sends none, but whoever signs one means that the token does not count before.
    if "nbf" in claims and (type(claims["nbf"]) is not int or claims["nbf"] > now + LEEWAY):
        raise KakaoRejected("nbf")


def _check_secrets(claims: Mapping[str, Any], nonce: str | None, access_token: str | None) -> None:
    # A login without a nonce must fail, not find that None equals None.
    if not nonce or not _is_same(claims.get("nonce"), nonce):
        raise KakaoRejected("nonce")
    if "at_hash" in claims and access_token is not None:
        left_half = sha256(_bytes(access_token)).digest()[:16]
        if not _is_same(claims["at_hash"], base64url_encode(left_half).decode()):
            raise KakaoRejected("at_hash")


def _is_same(unverified: object, expected: str) -> bool:
    # compare_digest refuses texts beyond ASCII.
    return isinstance(unverified, str) and compare_digest(_bytes(unverified), _bytes(expected))


def _bytes(text: str) -> bytes:
    # JSON may hold lone surrogates, which plain UTF-8 refuses.
    return text.encode("utf-8", "surrogatepass")
