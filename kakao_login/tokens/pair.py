"""The token pair of a session's present generation, which can be made again at any time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..store.models import LoginSession, new_id
from .codec import TokenCodec

Use = Literal["cookie", "json"]
"""How a pair is handed out; its refresh token is taken back the same way alone."""


@dataclass(frozen=True)
class TokenPair:
    """An access and a refresh token and the seconds each has left."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int
    refresh_expires_in: int

    def as_json(self) -> dict[str, Any]:
        """Give the pair as a token response (RFC 6749 section 5.1)."""
        return {
            "token_type": "Bearer",
            "access_token": self.access_token,
            "expires_in": self.expires_in,
            "refresh_token": self.refresh_token,
            "refresh_expires_in": self.refresh_expires_in,
        }


class PairMaker:
    """Makes the pairs of one app."""

    def __init__(self, codec: TokenCodec, *, access_lifetime: int, clock: Callable[[], float]) -> None:
        self._codec = codec
        self._access_lifetime = access_lifetime
        self._clock = clock

    def make(self, row: LoginSession, own_claims: Mapping[str, Any], use: Use) -> TokenPair:
        """Make the pair of ``row``'s generation; ``own_claims`` are the host's, as ``codec.own_claims`` lets them.

        The refresh token depends on the row alone, so that everybody who asks for one generation gets the same.
        """
        now = self._clock()
        idle_end = min(row.idle_expires_at, row.expires_at)
        access_lifetime = max(min(self._access_lifetime, int(row.expires_at - now)), 1)
        born = row.created_at if row.rotated_at is None else row.rotated_at
        # Ours are written last, so that a host's claim can never take the place of one.
        access = {**own_claims, **_claims(row)}
        refresh = {"sid": row.id, "gen": row.generation, "use": use}
        return TokenPair(
            access_token=self._codec.encode("access", access, now=now, lifetime=access_lifetime),
            refresh_token=self._codec.encode("refresh", refresh, now=born, lifetime=int(idle_end - int(born))),
            expires_in=access_lifetime,
            refresh_expires_in=max(int(idle_end - now), 0),
        )


def _claims(row: LoginSession) -> dict[str, Any]:
    return {
        "sub": str(row.user_id),
        "jti": new_id(),
        "sid": row.id,
        "gen": row.generation,
        "auth_time": int(row.created_at),
    }
