"""Tokens that must be refused, and new ones that must not, made from a good one by its public form alone."""

from __future__ import annotations

import secrets
from typing import Any

import jwt

LONG_AGO = 100 * 24 * 60 * 60


def spoiled(token: str) -> str:
    """Give the token with one character of its signature changed; the last is left, for not all its bits count."""
    at = len(token) - 10
    return f"{token[:at]}{'A' if token[at] != 'A' else 'B'}{token[at + 1 :]}"


def expired(token: str, key: Any) -> str:
    """Give the same token signed anew with ``key`` as if all of it had been long ago."""
    claims = jwt.decode(token, options={"verify_signature": False})
    past = {name: claims[name] - LONG_AGO for name in ("iat", "nbf", "exp") if name in claims}
    return _signed(token, claims | past, key)


def unseen(token: str, key: Any) -> str:
    """Give a token as good as this one that nobody has seen, signed with ``key``."""
    claims = jwt.decode(token, options={"verify_signature": False})
    return _signed(token, claims | {"jti": secrets.token_urlsafe(16)}, key)


def _signed(token: str, claims: dict[str, Any], key: Any) -> str:
    header = jwt.get_unverified_header(token)
    return jwt.encode(claims, key, algorithm=header["alg"], headers=header)
