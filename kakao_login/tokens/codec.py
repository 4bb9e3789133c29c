"""Our own JWT: the access token, the refresh token and the login state, each refused where another is due.

Pure: everything is decided from the arguments, time included.  RFC 7519, RFC 8725, RFC 9068 for ``at+jwt``.
"""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

import jwt

from ..errors import ClaimsRefused, InvalidToken, TokenExpired
from ..settings.values import LEEWAY, TokenSettings
from .keys import SigningKey, SigningKeys

logger = logging.getLogger("kakao_login.tokens")

Kind = Literal["access", "refresh", "login"]

# Ours are far below 1 KB; the host's claims may add to that.
_LONGEST_TOKEN = 8192
# RFC 6265bis section 5.6: a browser drops a cookie of more than 4096 bytes, and base64 makes four of three.
_LARGEST_CLAIMS = 1024
# A generation goes into a column of 32 bits, and so does the one after it.
_MOST_GENERATIONS = 2**31 - 2
# Proved access tokens that one process remembers; a few MB.
MOST_REMEMBERED = 4096
# RFC 7515 section 2: each of three segments in the one base64url spelling of its bytes, whose spare bits are zero.
# Lenient decoders accept many spellings of one token, which defeats whoever compares or logs them.
_SEGMENT = "(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-][AQgw]|[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048])?"
_SPELLING = re.compile(rf"({_SEGMENT})\.{_SEGMENT}\.{_SEGMENT}")
_TYPES: Mapping[Kind, str] = {"access": "at+jwt", "refresh": "rt+jwt", "login": "ls+jwt"}
_compact = json.JSONEncoder(separators=(",", ":")).encode
_HEADER = frozenset({"alg", "typ", "kid"})
_TIMES = {"iat": int, "nbf": int, "exp": int}
_REQUIRED: Mapping[Kind, Mapping[str, type]] = {
    "access": {**_TIMES, "sub": str, "jti": str, "sid": str, "gen": int, "auth_time": int},
    "refresh": {**_TIMES, "sid": str, "gen": int, "use": str},
    "login": {**_TIMES, "state": str, "nonce": str, "code_verifier": str, "next": str, "started_at": int},
}
# What a host's own claims may not touch, written by us and written last.
RESERVED_CLAIMS = frozenset({"iss", "aud", "sub", "iat", "nbf", "exp", "jti", "sid", "gen", "auth_time", "typ"})


@dataclass(frozen=True)
class Token:
    """A verified token of ours; ``claims`` can be read only, to the bottom, for many requests share them."""

    claims: Mapping[str, Any] = field(repr=False)
    sid: str
    """The login session it belongs to."""
    generation: int
    """The step of the session's rotation it was made at."""
    starts_at: int
    """Seconds since the epoch, as ``expires_at``."""
    expires_at: int

    def check_start(self, now: float) -> None:
        """Raise ``InvalidToken`` when it is from the future, the leeway included."""
        if self.starts_at > now + LEEWAY:
            raise InvalidToken

    def check_expiry(self, now: float) -> None:
        """Raise ``TokenExpired`` when it ran out, the leeway included."""
        if self.expires_at + LEEWAY <= now:
            raise TokenExpired


class TokenCodec:
    """Makes and reads the tokens of one app."""

    def __init__(self, settings: TokenSettings, keys: SigningKeys) -> None:
        self._settings = settings
        self._keys = keys
        self._key_of_header: dict[tuple[Kind, str], SigningKey] = {}
        self._proved: dict[str, Token] = {}
        self._proving = threading.Lock()

    def encode(self, kind: Kind, claims: Mapping[str, Any], *, now: float, lifetime: int) -> str:
        """Sign ``claims`` as a token of ``kind`` that lives ``lifetime`` seconds from ``now``."""
        times = {"iat": int(now), "nbf": int(now), "exp": int(now) + lifetime}
        payload = {**claims, **times, "iss": self._settings.issuer, "aud": self._audience(kind)}
        return self._keys.sign(_compact(payload).encode(), typ=_TYPES[kind])

    def decode(self, kind: Kind, unverified_token: str, *, now: float) -> Token:
        """Verify everything but the expiry, which the caller judges with ``Token.check_expiry``.

        An expired access token still says whose it was, and the refresh of a browser needs just that.
        A proved access token is remembered by its exact spelling: it comes with every request.
        Raises ``InvalidToken``.
        """
        token = self._proved.get(unverified_token) if kind == "access" else None
        if token is None:
            token = self._prove(kind, unverified_token)
            if kind == "access":
                self._remember(unverified_token, token)
        token.check_start(now)
        return token

    def _prove(self, kind: Kind, unverified_token: str) -> Token:
        spelling = _SPELLING.fullmatch(unverified_token) if len(unverified_token) <= _LONGEST_TOKEN else None
        if spelling is None:
            raise InvalidToken
        head = spelling[1]
        known = self._key_of_header.get((kind, head))
        try:
            key = known or self._select_key(kind, unverified_token)
            verify = self._keys.verify_known if known else self._keys.verify
            claims = json.loads(verify(unverified_token, key))
        except (jwt.PyJWTError, ValueError, RecursionError):
            raise InvalidToken from None
        # Only what a key of ours has signed is remembered, so nobody else can fill the table.
        self._key_of_header[kind, head] = key
        return self._judge(kind, claims)

    def _judge(self, kind: Kind, claims: Any) -> Token:
        if not isinstance(claims, dict):
            raise InvalidToken
        for name, type_ in _REQUIRED[kind].items():
            if type(claims.get(name)) is not type_:
                raise InvalidToken
        # RFC 8725 section 3.8 and 3.9; a list of audiences is refused, for others are meant by it, too.
        if claims.get("iss") != self._settings.issuer or claims.get("aud") != self._audience(kind):
            raise InvalidToken
        generation = claims.get("gen", 0)
        if not 0 <= generation <= _MOST_GENERATIONS:
            raise InvalidToken
        return Token(
            claims=_freeze(claims),
            sid=claims.get("sid", ""),
            generation=generation,
            starts_at=max(claims["iat"], claims["nbf"]),
            expires_at=self._expires_at(kind, claims),
        )

    def _expires_at(self, kind: Kind, claims: Mapping[str, Any]) -> int:
        expires_at: int = claims["exp"]
        # Ends are remembered for as long as an access token lives by today's settings, so none may live longer.
        return (
            min(expires_at, claims["iat"] + self._settings.access_token_expires)
            if kind == "access"
            else expires_at
        )

    def _remember(self, proved_token: str, token: Token) -> None:
        with self._proving:
            if len(self._proved) >= MOST_REMEMBERED:
                del self._proved[next(iter(self._proved))]
            self._proved[proved_token] = token

    def _audience(self, kind: Kind) -> str:
        return self._settings.audience if kind == "access" else f"{self._settings.audience}#{kind}"

    def _select_key(self, kind: Kind, unverified_token: str) -> SigningKey:
        try:
            unverified_header = jwt.get_unverified_header(unverified_token)
        except (jwt.PyJWTError, ValueError, RecursionError):
            raise InvalidToken from None
        key = self._keys.find(unverified_header.get("kid"))
        if key is None or set(unverified_header) != _HEADER or unverified_header["typ"] != _TYPES[kind]:
            raise InvalidToken
        return key


def _freeze(claims: dict[str, Any]) -> Mapping[str, Any]:
    inner = {name: _freeze_inner(value) for name, value in claims.items() if isinstance(value, (dict, list))}
    return MappingProxyType({**claims, **inner})


def _freeze_inner(value: Any) -> Any:
    if isinstance(value, dict):
        return _freeze(value)
    return tuple(map(_freeze_inner, value)) if isinstance(value, list) else value


def own_claims(host_claims: Mapping[str, Any]) -> dict[str, Any]:
    """Give the host's claims; raises ``ClaimsRefused``, with the cause in the log.

    They may be what restricts the user, so a token without them is not issued either.
    """
    problem = _problem_of(host_claims) if host_claims else None
    if problem is not None:
        logger.error("No token is issued: the additional claims %s.", problem)
        raise ClaimsRefused
    return dict(host_claims)


def _problem_of(host_claims: Mapping[str, Any]) -> str | None:
    taken = RESERVED_CLAIMS & set(host_claims)
    if taken:
        return f"use reserved names: {', '.join(sorted(taken))}"
    try:
        size = len(json.dumps(dict(host_claims), allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        return "are no JSON"
    return f"take {size} bytes as JSON, more than {_LARGEST_CLAIMS}" if size > _LARGEST_CLAIMS else None
