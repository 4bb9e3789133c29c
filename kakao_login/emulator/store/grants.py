"""What Kakao hands out: links of people to apps, codes, tokens, browser sessions. Values without behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DAY = 86_400
CODE_LIFETIME = 600
REFRESH_TOKEN_LIFETIME = 60 * DAY
# A refresh request brings a new refresh token only when less than this is left of the old one.
REFRESH_TOKEN_RENEWAL = 30 * DAY
SESSION_LIFETIME = DAY
LONG_SESSION_LIFETIME = 30 * DAY
# A person who must sign up by hand (auto-link off) is unlinked again after this time.
SIGN_UP_LIFETIME = DAY


@dataclass(frozen=True)
class Agreement:
    """Agreement to a service term: when, and whether on Kakao's page (KAUTH) or told by the app (KAPI)."""

    at: float
    by: str


@dataclass(frozen=True)
class Link:
    """A person's link to an app. Tokens carry its `epoch`: changing it kills all of them at once."""

    app_id: int
    person_id: int
    epoch: int
    connected_at: float
    agreed: frozenset[str] = frozenset()
    agreed_terms: Mapping[str, Agreement] = field(default_factory=dict)
    signed_up: bool = True
    properties: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Give what the control API shows of the link."""
        return {
            "app_id": self.app_id,
            "connected_at": self.connected_at,
            "agreed": sorted(self.agreed),
            "agreed_terms": sorted(self.agreed_terms),
            "signed_up": self.signed_up,
        }


@dataclass(frozen=True)
class Code:
    """An authorization code and what its token request will be held to."""

    value: str = field(repr=False)
    app_id: int
    person_id: int
    client_id: str
    redirect_uri: str
    agreed: frozenset[str]
    agreed_terms: frozenset[str]
    wants_id_token: bool
    nonce: str | None
    code_challenge: str | None
    auth_time: float
    expires_at: float


@dataclass(frozen=True)
class Token:
    """An access or refresh token. It counts while its link has the same epoch and `expires_at` lies ahead."""

    value: str = field(repr=False)
    app_id: int
    person_id: int
    client_id: str
    epoch: int
    expires_at: float
    auth_time: float
    wants_id_token: bool
    pair: str = field(default="", repr=False)


@dataclass(frozen=True)
class Session:
    """A browser's login at Kakao itself."""

    person_id: int
    auth_time: float
    expires_at: float


@dataclass(frozen=True)
class AutoSignIn:
    """Answer authorize requests at once as this person. `agree` None means all that the person does not refuse."""

    person_id: int
    agree: frozenset[str] | None = None

    def as_json(self) -> dict[str, Any]:
        """Give what the control API shows of it."""
        return {"user_id": self.person_id, "agree": "all" if self.agree is None else sorted(self.agree)}
