"""Kakao's public keys (RFC 7517): fetched when first needed, kept, and fetched anew rarely."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK, PyJWTError

from ..errors import KakaoRejected, KakaoUnavailable
from .patience import Patience
from .processes import PerProcess

logger = logging.getLogger("kakao_login.kakao")

ALGORITHM = "RS256"
MINIMUM_KEY_BITS = 2048
MAX_AGE = 24 * 60 * 60
FETCHES_A_MINUTE = 2
FIRST_FETCHES_A_MINUTE = 12
"""Without any key nobody can log in, so then it is tried every few seconds."""


Failure = KakaoUnavailable | KakaoRejected


class JwksCache:
    """Finds a key by its ``kid``; safe to share between threads.

    Kakao changes its keys without notice, so an unknown ``kid`` fetches the set again.  Anyone can invent one,
    hence at most twice a minute and one thread at a time.  The last good set outlives an outage.
    """

    def __init__(self, fetch: Callable[[], object], clock: Callable[[], float], patience: Patience) -> None:
        """``fetch`` gives the parsed JWKS or raises as Kakao's answers do; ``clock`` gives seconds.

        ``patience`` bounds the wait for it.
        """
        self._fetch = fetch
        self._clock = clock
        self._patience = patience
        self._lock = PerProcess(Lock)
        self._keys: Mapping[str, PyJWK] = {}
        self._fetched_at: float | None = None
        self._tries: list[float] = []
        self._tries_made = 0
        self._is_kakao_away = False

    def key(self, unverified_kid: str) -> PyJWK:
        """Give the key.

        Raises ``KakaoRejected`` (502) if Kakao has no such key and ``KakaoUnavailable`` if it cannot be asked.
        """
        is_enough = unverified_kid in self._keys and self._is_fresh()
        impatience = None if is_enough else self._refresh()
        key = self._keys.get(unverified_kid)
        if key is not None:
            return key
        if impatience is not None:
            raise impatience
        if self._is_kakao_away:
            raise KakaoUnavailable("no signing keys")
        raise KakaoRejected("kid")

    def _is_fresh(self) -> bool:
        return self._fetched_at is not None and 0 <= self._clock() - self._fetched_at < MAX_AGE

    def _refresh(self) -> KakaoUnavailable | None:
        """Fetch the keys if it is time to, or wait for the thread that does; give why this one could not wait."""
        if not self._lock().locked() and not self._may_fetch():
            return None
        try:
            failure = self._patience.run("signing keys", self._fetch_once, self._tries_made)
        except KakaoUnavailable as impatience:
            return impatience
        if failure is not None:
            logger.warning("Kakao's signing keys could not be fetched: %s.", failure.describe("en"))
        return None

    def _fetch_once(self, seen: int) -> Failure | None:
        """Run in a helper thread, and give what failed to the request's thread, which writes the line."""
        with self._lock():
            # Whoever waited for another thread's fetch takes its outcome, good or bad.
            return self._replace_keys() if self._tries_made == seen and self._may_fetch() else None

    def _may_fetch(self) -> bool:
        now = self._clock()
        tries = sum(0 <= now - tried_at < 60 for tried_at in self._tries)
        return tries < (FETCHES_A_MINUTE if self._keys else FIRST_FETCHES_A_MINUTE)

    def _replace_keys(self) -> Failure | None:
        now = self._clock()
        self._tries = [*self._tries, now][-FIRST_FETCHES_A_MINUTE:]
        try:
            self._keys = usable_keys(self._fetch())
            self._fetched_at, self._is_kakao_away = now, False
            return None
        except (KakaoUnavailable, KakaoRejected) as failure:
            self._is_kakao_away = isinstance(failure, KakaoUnavailable)
            return failure
        finally:
            self._tries_made += 1


def usable_keys(jwks: object) -> dict[str, PyJWK]:
    """Give the keys of a parsed JWKS that may sign, by ``kid``.

    Left out are keys of another kind, use or algorithm, short ones, and those whose ``kid`` another key has too.
    Raises ``KakaoRejected`` (502) if none is left.
    """
    entries = [entry for entry in _entries(jwks) if isinstance(entry, dict) and isinstance(entry.get("kid"), str)]
    times = Counter(entry["kid"] for entry in entries)
    keys = {entry["kid"]: _public_key(entry) for entry in entries if times[entry["kid"]] == 1}
    usable = {kid: key for kid, key in keys.items() if key is not None}
    if not usable:
        raise KakaoRejected("no usable signing key")
    return usable


def _entries(jwks: object) -> list[Any]:
    entries = jwks.get("keys") if isinstance(jwks, dict) else None
    return entries if isinstance(entries, list) else []


def _public_key(entry: Mapping[str, Any]) -> PyJWK | None:
    if entry.get("kty") != "RSA" or entry.get("use", "sig") != "sig" or entry.get("alg", ALGORITHM) != ALGORITHM:
        return None
    try:
        # Only the public half is read, whatever else the entry may hold.
        key = PyJWK({"kty": "RSA", "n": entry.get("n"), "e": entry.get("e")}, ALGORITHM)
    except (PyJWTError, ValueError, TypeError):
        return None
    is_long = isinstance(key.key, RSAPublicKey) and key.key.key_size >= MINIMUM_KEY_BITS
    return key if is_long else None
