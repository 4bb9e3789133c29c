"""Tokens that must be refused, made from a good one by its public form alone."""

from __future__ import annotations

from typing import Any

import jwt

LONG_AGO = 100 * 24 * 60 * 60


def spoiled(token: str) -> str:
    """Give the token with one character of its signature changed; the last is left, for not all its bits count."""
    at = len(token) - 10
    return f"{token[:at]}{'A' if token[at] != 'A' else 'B'}{token[at + 1 :]}"


def expired(token: str, key: Any) -> str:
    """Give the same token signed anew with ``key`` as if all of it had been long ago."""
    header = jwt.get_unverified_header(token)
    claims = jwt.decode(token, options={"verify_signature": False})
    past = {name: claims[name] - LONG_AGO for name in ("iat", "nbf", "exp") if name in claims}
    return jwt.encode(claims | past, key, algorithm=header["alg"], headers=header)
