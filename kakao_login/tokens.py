"""Our own JWT: the access token, the refresh token and the login state, each refused where another is due.

Pure: everything is decided from the arguments, time included.  RFC 7519, RFC 8725, RFC 9068 for ``at+jwt``.
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import jwt

from .errors import InvalidToken, TokenExpired
from .keys import SigningKeys
from .settings import TokenSettings

logger = logging.getLogger("kakao_login.tokens")

Kind = Literal["access", "refresh", "login"]

# Hosts' clocks differ; RFC 8725 wants this small, and 10 s covers what NTP leaves.
LEEWAY = 10
# Ours are far below 1 KB; the host's claims may add to that.
_LONGEST_TOKEN = 8192
# RFC 6265bis section 5.6: a browser drops a cookie of more than 4096 bytes, and base64 makes four of three.
_LARGEST_CLAIMS = 1024
_ID = re.compile(r"[A-Za-z0-9_-]{22}")
_TYPES: Mapping[Kind, str] = {"access": "at+jwt", "refresh": "rt+jwt", "login": "ls+jwt"}
_HEADER = frozenset({"alg", "typ", "kid"})
_TIMES = ("iat", "nbf", "exp")
_REQUIRED: Mapping[Kind, Mapping[str, type]] = {
    "access": {"sub": str, "jti": str, "sid": str, "gen": int, "auth_time": int},
    "refresh": {"sid": str, "gen": int},
    "login": {"state": str, "nonce": str, "code_verifier": str, "next": str, "started_at": int},
}
# What a host's own claims may not touch, written by us and written last.
RESERVED_CLAIMS = frozenset({"iss", "aud", "sub", "iat", "nbf", "exp", "jti", "sid", "gen", "auth_time", "typ"})


@dataclass(frozen=True)
class Token:
    """A verified token of ours."""

    claims: Mapping[str, Any] = field(repr=False)

    @property
    def sid(self) -> str:
        """The login session it belongs to."""
        return str(self.claims["sid"])

    @property
    def generation(self) -> int:
        """The step of the session's rotation it was made at."""
        return int(self.claims["gen"])

    @property
    def expires_at(self) -> int:
        """Seconds since the epoch."""
        return int(self.claims["exp"])

    def check_expiry(self, now: float) -> None:
        """Raise ``TokenExpired`` when it ran out, the leeway included."""
        if self.expires_at + LEEWAY <= now:
            raise TokenExpired


class TokenCodec:
    """Makes and reads the tokens of one app."""

    def __init__(self, settings: TokenSettings, keys: SigningKeys) -> None:
        self._settings = settings
        self._keys = keys

    def encode(self, kind: Kind, claims: Mapping[str, Any], *, now: float, lifetime: int) -> str:
        """Sign ``claims`` as a token of ``kind`` that lives ``lifetime`` seconds from ``now``."""
        times = {"iat": int(now), "nbf": int(now), "exp": int(now) + lifetime}
        payload = {**claims, **times, "iss": self._settings.issuer, "aud": self._audience(kind)}
        key = self._keys.active
        headers = {"typ": _TYPES[kind], "kid": key.kid}
        return jwt.encode(payload, key.private, algorithm=self._keys.algorithm, headers=headers)

    def decode(self, kind: Kind, unverified_token: str, *, now: float) -> Token:
        """Verify everything but the expiry, which the caller judges with ``Token.check_expiry``.

        An expired access token still says whose it was, and the refresh of a browser needs just that.
        Raises ``InvalidToken``.
        """
        key = self._select_key(kind, unverified_token)
        try:
            claims = jwt.decode(
                unverified_token,
                key,
                algorithms=[self._keys.algorithm],
                issuer=self._settings.issuer,
                audience=self._audience(kind),
                options={
                    "verify_signature": True,
                    "verify_iss": True,
                    "verify_aud": True,
                    "strict_aud": True,
                    # The times are judged below against the injected clock.
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                    "require": ["iss", "aud", *_TIMES],
                },
            )
        except (jwt.PyJWTError, ValueError, RecursionError):
            raise InvalidToken from None
        _check_claims(kind, claims, now)
        return Token(claims)

    def _audience(self, kind: Kind) -> str:
        return self._settings.audience if kind == "access" else f"{self._settings.issuer}#{kind}"

    def _select_key(self, kind: Kind, unverified_token: str) -> Any:
        if not _is_canonical(unverified_token):
            raise InvalidToken
        try:
            unverified_header = jwt.get_unverified_header(unverified_token)
        except (jwt.PyJWTError, ValueError, RecursionError):
            raise InvalidToken from None
        key = self._keys.find(unverified_header.get("kid"))
        if key is None or set(unverified_header) != _HEADER or unverified_header["typ"] != _TYPES[kind]:
            raise InvalidToken
        return key.public


def own_claims(host_claims: Mapping[str, Any]) -> dict[str, Any]:
    """Give the host's claims; raises ``ValueError`` when one of them is reserved.

    Claims that have grown too large for a cookie are left out with an error in the log: the login must go on.
    """
    taken = RESERVED_CLAIMS & set(host_claims)
    if taken:
        raise ValueError(f"These claims are reserved: {', '.join(sorted(taken))}.")
    if len(json.dumps(dict(host_claims))) > _LARGEST_CLAIMS:
        logger.error("The additional claims take more than %d bytes as JSON and are left out.", _LARGEST_CLAIMS)
        return {}
    return dict(host_claims)


def new_id() -> str:
    """Give 128 random bits for a ``jti`` or a ``sid``."""
    return secrets.token_urlsafe(16)


def is_id(unverified_id: str) -> bool:
    """Tell whether the text has the form of an id; not every database bears to be asked for any text."""
    return _ID.fullmatch(unverified_id) is not None


def _check_claims(kind: Kind, claims: Mapping[str, Any], now: float) -> None:
    expected = {**dict.fromkeys(_TIMES, int), **_REQUIRED[kind]}
    if any(type(claims.get(name)) is not type_ for name, type_ in expected.items()):
        raise InvalidToken
    if max(claims["iat"], claims["nbf"]) > now + LEEWAY:
        raise InvalidToken


def _is_canonical(unverified_token: str) -> bool:
    """Tell whether each of three segments is the one base64url spelling of its bytes (RFC 7515 section 2).

    Lenient decoders accept many spellings of one token, which defeats whoever compares or logs them.
    """
    if len(unverified_token) > _LONGEST_TOKEN or not unverified_token.isascii():
        return False
    segments = unverified_token.split(".")
    return len(segments) == 3 and all(_is_base64url(segment) for segment in segments)


def _is_base64url(segment: str) -> bool:
    try:
        data = base64.b64decode(segment + "=" * (-len(segment) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return False
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode() == segment
