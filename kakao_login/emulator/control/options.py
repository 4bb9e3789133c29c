"""How an emulator starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ..store import apps, checks
from ..store.apps import App
from ..store.checks import checked
from ..store.state import KAKAO_ISSUER, Addresses

_URLS = {
    "advertise": checks.optional(checks.origin),
    "issuer": checks.optional(checks.http_url),
    "api_url": checks.optional(checks.http_url),
}


@dataclass(frozen=True)
class Options:
    """How an emulator starts. Port 0 is any free one; `tls_dir` has it speak https as Kakao's own hosts.

    Host, port and TLS matter to a server only. `advertise` is what others are told in place of its own origin.
    With TLS the issuer is Kakao's unless another is given.
    """

    host: str = "127.0.0.1"
    port: int = 0
    allow_remote: bool = False
    advertise: str | None = None
    issuer: str | None = None
    api_url: str | None = None
    apps: tuple[App, ...] = field(default=(App(),))
    redirect_uris: tuple[str, ...] = ()
    sign_in_as: str | None = None
    tls_dir: Path | None = None

    def __post_init__(self) -> None:
        checked({name: getattr(self, name) for name in _URLS}, _URLS)

    def addresses(self) -> Addresses:
        """Give the names that the emulator presents itself under."""
        issuer = self.issuer or (KAKAO_ISSUER if self.tls_dir else None)
        advertised = self.advertise.lower().removesuffix("/") if self.advertise else None
        return Addresses(issuer, self.api_url, advertised, self.host)

    def registered_apps(self) -> tuple[App, ...]:
        """Give the apps; redirect URIs named here are added to those of the first. Raises InvalidSetting."""
        if not self.redirect_uris:
            return self.apps
        uris = dict.fromkeys((*self.apps[0].redirect_uris, *self.redirect_uris))
        return (apps.changed(self.apps[0], {"redirect_uris": tuple(uris)}), *self.apps[1:])
