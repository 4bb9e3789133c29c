"""The RSA keys that sign id_tokens and security event tokens, and their public set (JWKS)."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm


@dataclass(frozen=True)
class SigningKey:
    """One RSA key and its `kid`."""

    kid: str
    private_key: RSAPrivateKey = field(repr=False)

    def public_jwk(self) -> dict[str, Any]:
        """Give the public half as Kakao publishes it."""
        jwk = json.loads(RSAAlgorithm.to_jwk(self.private_key.public_key()))
        return {"kid": self.kid, "kty": "RSA", "alg": "RS256", "use": "sig", "n": jwk["n"], "e": jwk["e"]}


def new_signing_key() -> SigningKey:
    return SigningKey(secrets.token_hex(15), generate_private_key(public_exponent=65537, key_size=2048))


def jws(claims: dict[str, Any], key: SigningKey, header: dict[str, Any]) -> str:
    """Sign any claims, also those that a library for JWTs would rightly refuse to write."""
    content = json.dumps(claims, separators=(",", ":")).encode()
    return jwt.PyJWS().encode(content, key.private_key, "RS256", headers=header)


class KeyRing:
    """The published keys, the signing one first. They are made when first asked for, to keep the start quick."""

    def __init__(self) -> None:
        self._keys: list[SigningKey] = []
        self._first: list[SigningKey] = []
        self._lock = Lock()

    def published(self) -> list[SigningKey]:
        """Give the key that signs and the one that signed before it; Kakao shows two as well."""
        with self._lock:
            while len(self._keys) < 2:
                self._keys.append(new_signing_key())
            self._first = self._first or list(self._keys)
            return list(self._keys)

    def rotate(self, keep_old: bool = True) -> str:
        """Sign with a new key from now on and give its kid; `keep_old` false withdraws the old ones at once."""
        fresh = new_signing_key()
        with self._lock:
            self._keys = [fresh, *self._keys[:1]] if keep_old else [fresh]
        return fresh.kid

    def reset(self) -> None:
        """Go back to the keys of the start."""
        with self._lock:
            self._keys = list(self._first)

    def sign(self, claims: dict[str, Any], typ: str = "JWT") -> str:
        """Give a compact JWS of `claims`, signed by RS256 with the current key."""
        key = self.published()[0]
        return jws(claims, key, {"kid": key.kid, "typ": typ})

    def jwks(self) -> dict[str, Any]:
        """Give the JSON Web Key Set (RFC 7517)."""
        return {"keys": [key.public_jwk() for key in self.published()]}
