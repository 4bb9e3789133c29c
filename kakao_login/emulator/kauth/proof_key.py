"""Proof Key for Code Exchange (RFC 7636), with S256 alone as Kakao's discovery says."""

from __future__ import annotations

import base64
import hashlib
import secrets

from ..web.errors import ProofKeyError


def check_proof_key(challenge: str | None, verifier: str | None) -> None:
    """Compare by S256 (RFC 7636 4.6); a verifier without a challenge is refused against downgrades (RFC 9700)."""
    if challenge is None and verifier is None:
        return
    if challenge is None:
        raise ProofKeyError("code_verifier was not announced by a code_challenge")
    digest = hashlib.sha256((verifier or "").encode()).digest()
    expected = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    if verifier is None or not secrets.compare_digest(expected, challenge):
        raise ProofKeyError("code_verifier does not match the code_challenge")
