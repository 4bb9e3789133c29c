"""Keys and id_tokens for tests: an issuer like Kakao, that can also sign what Kakao never would."""

from __future__ import annotations

import functools
import json
from base64 import urlsafe_b64encode
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from jwt.algorithms import RSAAlgorithm

NOW = 1_800_000_000
CLIENT_ID = "0123456789abcdef0123456789abcdef"
ISSUER = "https://kauth.kakao.com"
NONCE = "nonce-of-this-login"
KID = "kid-1"
HEADER: dict[str, Any] = {"alg": "RS256", "typ": "JWT", "kid": KID}
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "aud": CLIENT_ID,
    "sub": "9007199254740993",
    "iat": NOW,
    "exp": NOW + 21599,
    "auth_time": NOW - 5,
    "nonce": NONCE,
    "nickname": "춘식이",
    "picture": "http://k.kakaocdn.net/dn/thumb.jpg",
    "email": "ryan@kakao.com",
}


def private_key(name: str = KID, bits: int = 2048) -> RSAPrivateKey:
    """Give the key of that name."""
    return _made_once(name, bits)


@functools.cache
def _made_once(_: str, bits: int) -> RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def jwk(kid: str = KID, *, key: RSAPrivateKey | None = None, **changes: Any) -> dict[str, Any]:
    """Give the public JWK of a key as Kakao publishes it; a change to None leaves the member out."""
    public = RSAAlgorithm.to_jwk((key or private_key(str(kid))).public_key(), as_dict=True)
    members = {
        "kid": kid,
        "kty": "RSA",
        "alg": "RS256",
        "use": "sig",
        "n": public["n"],
        "e": public["e"],
        **changes,
    }
    return {name: value for name, value in members.items() if value is not None}


def id_token(header: dict[str, Any] | None = None, **changes: Any) -> str:
    """Sign an id_token as Kakao would, with changed claims (None leaves one out) and, if given, another header."""
    claims = {name: value for name, value in {**CLAIMS, **changes}.items() if value is not None}
    return sign(json.dumps(HEADER if header is None else header), json.dumps(claims))


def sign(header: str, payload: str, key: RSAPrivateKey | None = None) -> str:
    """Sign the given JSON texts as they stand, with RS256 whatever the header says."""
    signing_input = f"{encode(header.encode())}.{encode(payload.encode())}"
    signature = (key or private_key()).sign(signing_input.encode(), padding.PKCS1v15(), SHA256())
    return f"{signing_input}.{encode(signature)}"


def sign_otherwise(algorithm: str, key: Any, **changes: Any) -> str:
    """Sign proper claims with another algorithm or key."""
    return jwt.encode({**CLAIMS, **changes}, key, algorithm=algorithm, headers={"kid": KID, "alg": algorithm})


def encode(data: bytes) -> str:
    """Give base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()
