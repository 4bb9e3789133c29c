"""The keys our own tokens are signed with: one signs, it and its fallbacks verify, and each has a ``kid``."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt import PyJWK, PyJWS
from jwt.algorithms import ECAlgorithm, HMACAlgorithm, OKPAlgorithm, RSAAlgorithm
from jwt.exceptions import InvalidKeyError, InvalidSignatureError, PyJWKError
from jwt.types import SigOptions
from jwt.utils import base64url_decode, base64url_encode

from ..errors import SettingsError
from ..settings.values import TokenSettings

_TO_JWK: dict[str, Callable[..., Any]] = {
    "ES256": ECAlgorithm.to_jwk,
    "EdDSA": OKPAlgorithm.to_jwk,
    "RS256": RSAAlgorithm.to_jwk,
}
_NEW_KEYS: dict[str, Callable[[], Any]] = {
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
    "RS256": lambda: rsa.generate_private_key(public_exponent=65537, key_size=3072),
}
_SHAPES = {"ES256": ("EC", "P-256"), "EdDSA": ("OKP", "Ed25519"), "RS256": ("RSA", None)}
# RFC 7638 section 3.2: the members a thumbprint is made of.
_THUMBPRINT_MEMBERS = {"EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x"), "RSA": ("e", "kty", "n")}
_MINIMUM_RSA_BITS = 2048


@dataclass(frozen=True, repr=False)
class SigningKey:
    """One key: what signs, what verifies, and the public half for other services (None for HMAC)."""

    kid: str
    private: Any
    public: Any
    jwk: dict[str, str] | None
    mac_key: bytes

    def mac(self, text: str) -> str:
        """Give a code for ``text`` that only this server can make and check, such as the CSRF token."""
        return _base64url(hmac.digest(self.mac_key, text.encode(), "sha256"))


@dataclass(frozen=True, repr=False)
class SigningKeys:
    """All keys of one app; the first one signs."""

    algorithm: str
    keys: tuple[SigningKey, ...]
    _jws: PyJWS = field(default_factory=PyJWS)

    @property
    def active(self) -> SigningKey:
        """The key that signs."""
        return self.keys[0]

    def sign(self, payload: bytes, *, typ: str) -> str:
        """Give ``payload`` as a signed token whose header says ``typ`` (RFC 7515)."""
        header = f'{{"alg":"{self.algorithm}","kid":"{self.active.kid}","typ":"{typ}"}}'
        signed = f"{_base64url(header.encode())}.{_base64url(payload)}"
        signature = self._jws.get_algorithm_by_name(self.algorithm).sign(signed.encode(), self.active.private)
        return f"{signed}.{_base64url(signature)}"

    def verify(self, unverified_token: str, key: SigningKey) -> bytes:
        """Give the payload of a token that ``key`` has signed; raises ``jwt.PyJWTError``."""
        options: SigOptions = {"verify_signature": True, "enforce_minimum_key_length": True}
        algorithms = [self.algorithm]
        payload: bytes = self._jws.decode(unverified_token, key.public, algorithms=algorithms, options=options)
        return payload

    def verify_known(self, unverified_token: str, key: SigningKey) -> bytes:
        """Do the same for a token in canonical spelling whose very header ``verify`` has passed before."""
        signed, _, signature = unverified_token.rpartition(".")
        algorithm = self._jws.get_algorithm_by_name(self.algorithm)
        if not algorithm.verify(signed.encode(), key.public, base64url_decode(signature)):
            raise InvalidSignatureError
        return base64url_decode(signed.partition(".")[2])

    def find(self, unverified_kid: object) -> SigningKey | None:
        """Give the key of that name, or None; the name only selects among configured keys."""
        return next((key for key in self.keys if key.kid == unverified_kid), None)

    def jwks(self) -> dict[str, list[dict[str, str]]] | None:
        """Give the public JSON Web Key Set (RFC 7517 section 5), or None for HMAC, which has no public half."""
        # A key that is its own fallback too is published once: strict readers refuse a kid that comes twice.
        public = {key.kid: key.jwk for key in self.keys if key.jwk is not None}
        return {"keys": list(public.values())} if public else None


def load_keys(settings: TokenSettings) -> SigningKeys:
    """Make the keys the settings name.

    Raises ``SettingsError`` with the key's name when a PEM text cannot be read or does not fit the algorithm.
    """
    if settings.algorithm == "HS256":
        secrets = (settings.secret_key or "", *settings.secret_key_fallbacks)
        return SigningKeys("HS256", tuple(_hmac_key(secret) for secret in secrets))
    pems = {
        "JWT_PRIVATE_KEY": (settings.private_key or "",),
        "JWT_PRIVATE_KEY_FALLBACKS": settings.private_key_fallbacks,
    }
    keys = [_private_key(name, pem, settings.algorithm) for name, texts in pems.items() for pem in texts]
    return SigningKeys(settings.algorithm, tuple(keys))


def new_key(algorithm: str) -> str:
    """Make a secret for HS256, or else a private key as PEM text, as the settings take it."""
    if algorithm == "HS256":
        return secrets.token_urlsafe(48)
    pem: bytes = _NEW_KEYS[algorithm]().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem.decode().strip()


def _hmac_key(secret: str) -> SigningKey:
    try:
        key = HMACAlgorithm(HMACAlgorithm.SHA256).prepare_key(secret)
    except InvalidKeyError:
        cure = "Make one with: flask kakao keys new"
        raise SettingsError(f"JWT_SECRET_KEY must be a random text, not a PEM, SSH or JSON key. {cure}") from None
    kid = _base64url(_derive(key, "kid")[:12])
    return SigningKey(kid=kid, private=key, public=key, jwk=None, mac_key=_derive(key, "mac"))


def _private_key(name: str, pem: str, algorithm: str) -> SigningKey:
    try:
        private = serialization.load_pem_private_key(pem.replace("\\n", "\n").encode(), password=None)
        public: Any = private.public_key()
        jwk = json.loads(_TO_JWK[algorithm](public))
    except (ValueError, TypeError, AttributeError, InvalidKeyError, PyJWKError):
        raise SettingsError(f"{name} must be an unencrypted PEM private key for {algorithm}.") from None
    _check_shape(name, jwk, algorithm, getattr(public, "key_size", _MINIMUM_RSA_BITS))
    jwk = {key: jwk[key] for key in _THUMBPRINT_MEMBERS[jwk["kty"]]}
    kid = _thumbprint(jwk)
    raw = private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    published = {**jwk, "kid": kid, "use": "sig", "alg": algorithm}
    return SigningKey(kid, private, PyJWK(published).key, published, _derive(raw, "mac"))


def _check_shape(name: str, jwk: dict[str, str], algorithm: str, bits: int) -> None:
    if (jwk["kty"], jwk.get("crv")) != _SHAPES[algorithm]:
        raise SettingsError(f"{name} is not a key for {algorithm}. Make one with: flask kakao keys new")
    if jwk["kty"] == "RSA" and bits < _MINIMUM_RSA_BITS:
        raise SettingsError(f"{name} must have at least {_MINIMUM_RSA_BITS} bits.")


def _thumbprint(jwk: dict[str, str]) -> str:
    """RFC 7638: the same key has the same name on every host, without anything to configure."""
    canonical = json.dumps(jwk, separators=(",", ":"), sort_keys=True).encode()
    return _base64url(hashlib.sha256(canonical).digest())


def _derive(key: bytes, purpose: str) -> bytes:
    return hmac.digest(key, f"kakao_login {purpose}".encode(), "sha256")


def _base64url(data: bytes) -> str:
    return base64url_encode(data).decode()
