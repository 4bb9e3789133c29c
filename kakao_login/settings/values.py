"""The settings of one app: what each means and its default; ``loading`` fills them."""

from __future__ import annotations

from dataclasses import dataclass, field

ALGORITHMS = ("HS256", "ES256", "EdDSA", "RS256")
DAY = 24 * 60 * 60
# Hosts' clocks differ; RFC 8725 wants this small, and 10 s covers what NTP leaves.
LEEWAY = 10
"""Seconds."""


@dataclass(frozen=True)
class KakaoSettings:
    """What ``kakao/`` needs to speak with Kakao."""

    client_id: str
    """The REST API key."""
    redirect_uri: str
    """Exactly as registered in Kakao's console."""
    client_secret: str | None = field(default=None, repr=False)
    admin_key: str | None = field(default=None, repr=False)
    app_id: int | None = None
    client_keys: tuple[str, ...] = ()
    """Further app keys whose id_tokens are ours: the native and the JavaScript key."""
    scope: tuple[str, ...] = ()
    """Consent items to ask for; empty leaves it to Kakao's console."""
    oidc: bool = False
    auth_url: str = "https://kauth.kakao.com"
    auth_browser_url: str = "https://kauth.kakao.com"
    """The address of ``auth_url`` as the browser sees it."""
    api_url: str = "https://kapi.kakao.com"
    issuer: str = "https://kauth.kakao.com"
    timeout: int = 5
    """Seconds one call to Kakao may take in all."""


@dataclass(frozen=True)
class TokenSettings:
    """How our own access and refresh JWT are made."""

    issuer: str
    audience: str
    algorithm: str = "HS256"
    secret_key: str | None = field(default=None, repr=False)
    secret_key_fallbacks: tuple[str, ...] = field(default=(), repr=False)
    private_key: str | None = field(default=None, repr=False)
    private_key_fallbacks: tuple[str, ...] = field(default=(), repr=False)
    access_token_expires: int = 60 * 60
    """Seconds an access token lives."""


@dataclass(frozen=True)
class SessionSettings:
    """How long a login lasts and how it ends."""

    idle_lifetime: int = 30 * DAY
    """Seconds without a refresh after which the session is over."""
    lifetime: int = 365 * DAY
    """Seconds after the login at which the session is over, whatever happens."""
    reuse_interval: int = 10
    """Seconds in which a refresh token may come again: tabs, reloads, lost answers."""
    poll_interval: int = 1
    """Seconds after which every worker knows of an end; 0 asks the database on every request."""
    max_per_user: int = 100

    @property
    def beat_interval(self) -> int:
        """Seconds between two rounds of the background tasks, which write down what was used."""
        return self.poll_interval or 1

    @property
    def late_after(self) -> int:
        """Seconds after which a generation asked for again counts as late: its use would have been noted."""
        return max(self.reuse_interval, self.beat_interval)


@dataclass(frozen=True)
class Settings:
    """All settings of one app."""

    kakao: KakaoSettings
    tokens: TokenSettings
    sessions: SessionSettings
    url_prefix: str
    cookie_secure: bool
    access_cookie_name: str
    refresh_cookie_name: str
    trusted_origins: frozenset[str]
    """Further origins whose pages may send requests with our cookies, if they know the session's CSRF token."""
    proxy_hops: int
    development: bool
    """Debug or testing: plain http is allowed and the cookies follow the request's scheme."""
