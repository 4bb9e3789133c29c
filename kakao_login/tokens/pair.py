"""The token pair of a session's present generation, which can be made again at any time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..store.models import LoginSession, new_id
from .codec import TokenCodec, own_claims

ClaimsOf = Callable[[Any], Mapping[str, Any]]


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
    """Makes the pairs of one app; ``claims_of`` gives the host's claims for a user's key."""

    def __init__(
        self, codec: TokenCodec, *, access_lifetime: int, clock: Callable[[], float], claims_of: ClaimsOf
    ) -> None:
        self._codec = codec
        self._access_lifetime = access_lifetime
        self._clock = clock
        self._claims_of = claims_of

    def make(self, row: LoginSession) -> TokenPair:
        """Make the pair of ``row``'s generation.

        The refresh token depends on the row alone, so that everybody who asks for one generation gets the same.
        """
        now = self._clock()
        idle_end = min(row.idle_expires_at, row.expires_at)
        access_lifetime = max(min(self._access_lifetime, int(row.expires_at - now)), 1)
        born = row.created_at if row.rotated_at is None else row.rotated_at
        refresh = {"sid": row.id, "gen": row.generation}
        return TokenPair(
            access_token=self._codec.encode("access", self._claims(row), now=now, lifetime=access_lifetime),
            refresh_token=self._codec.encode("refresh", refresh, now=born, lifetime=int(idle_end - int(born))),
            expires_in=access_lifetime,
            refresh_expires_in=max(int(idle_end - now), 0),
        )

    def _claims(self, row: LoginSession) -> dict[str, Any]:
        # Ours are written last, so that a host's claim can never take the place of one.
        return {
            **own_claims(self._claims_of(row.user_id)),
            "sub": str(row.user_id),
            "jti": new_id(),
            "sid": row.id,
            "gen": row.generation,
            "auth_time": int(row.created_at),
        }
