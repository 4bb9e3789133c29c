"""The apps registered at the emulated Kakao, with what a team would set in Kakao's console."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from . import checks
from .checks import checked
from .faults import ENDPOINTS
from .refusals import InvalidSetting

REQUIRED, OPTIONAL, DURING_USE = "required", "optional", "during_use"
DEFAULT_REDIRECT_URI = "http://localhost:5000/auth/kakao/callback"
# Kakao gives the same person another user id in every app; each further app gets its own distance.
USER_ID_STEP = 1_000_000_007


@dataclass(frozen=True)
class Webhook:
    """Where Kakao reports that a user removed the app, and by which method (GET or POST)."""

    url: str
    method: str = "POST"


@dataclass(frozen=True)
class App:
    """One app with a key of each kind. Every field may be set by TOML, by the control API and on the console."""

    app_id: int = 1
    name: str = "Emulator app"
    client_id: str = "emulator-rest-api-key"
    client_secret: str = field(default="emulator-client-secret", repr=False)
    client_secret_enabled: bool = True
    javascript_key: str = "emulator-javascript-key"
    native_key: str = "emulator-native-key"
    admin_key: str = field(default="emulator-admin-key", repr=False)
    login_enabled: bool = True
    oidc: bool = True
    redirect_uris: tuple[str, ...] = (DEFAULT_REDIRECT_URI,)
    javascript_redirect_uris: tuple[str, ...] = ()
    logout_redirect_uris: tuple[str, ...] = ()
    consent_items: Mapping[str, str] = field(
        default_factory=lambda: {
            "profile_nickname": REQUIRED,
            "profile_image": OPTIONAL,
            "account_email": OPTIONAL,
        }
    )
    service_terms: Mapping[str, str] = field(default_factory=dict)
    user_properties: tuple[str, ...] = ()
    auto_link: bool = True
    under_14_allowed: bool = False
    members: tuple[str, ...] | None = None
    channels: tuple[str, ...] = ()
    allowed_ips: tuple[str, ...] = ()
    admin_key_calls: tuple[str, ...] | None = None
    select_account_at_once: bool = False
    rate_limited: bool = False
    rate_limit_status: int = 400
    logout_all_tokens: bool = False
    users_in_elements: bool = False
    unlink_webhook: Webhook | None = None
    account_status_webhook_url: str | None = None
    user_id_offset: int = 0

    def redirect_uris_of(self, key: str) -> tuple[str, ...]:
        """Give the redirect URIs registered on one of the app's keys; none for any other text."""
        if key == self.client_id:
            return self.redirect_uris
        if key == self.javascript_key:
            return self.javascript_redirect_uris
        return (f"kakao{key}://oauth",) if key == self.native_key else ()

    def admits(self, persona: str) -> bool:
        """Say whether this person may log in; a test app admits its members only."""
        return self.members is None or persona in self.members

    def takes_calls_from(self, address: str) -> bool:
        """Say whether the app's server may call from this address; without a list it may from any."""
        return not self.allowed_ips or address in self.allowed_ips

    def items_at(self, *levels: str) -> frozenset[str]:
        """Give the ids of the consent items set to any of these levels."""
        return frozenset(item for item, level in self.consent_items.items() if level in levels)

    def as_json(self) -> dict[str, Any]:
        """Give the settings as the control API shows them."""
        return asdict(self, dict_factory=checks.as_json)


def _webhook(value: Any) -> Webhook:
    rules = {"url": checks.webhook_url, "method": checks.one_of("GET", "POST")}
    values = checked(value, rules)
    if "url" not in values:
        raise InvalidSetting("url_missing")
    return Webhook(**values)


_URIS = checks.tuple_of(checks.redirect_uri)
_CHECKS: dict[str, checks.Check] = {
    "app_id": checks.small_identifier,
    "name": checks.text,
    "client_id": checks.key,
    "client_secret": checks.key,
    "client_secret_enabled": checks.flag,
    "javascript_key": checks.key,
    "native_key": checks.key,
    "admin_key": checks.key,
    "login_enabled": checks.flag,
    "oidc": checks.flag,
    "redirect_uris": _URIS,
    "javascript_redirect_uris": _URIS,
    "logout_redirect_uris": _URIS,
    "consent_items": checks.mapping_to(checks.one_of(REQUIRED, OPTIONAL, DURING_USE)),
    "service_terms": checks.mapping_to(checks.one_of(REQUIRED, OPTIONAL)),
    "user_properties": checks.tuple_of(checks.text),
    "auto_link": checks.flag,
    "under_14_allowed": checks.flag,
    "members": checks.optional(checks.tuple_of(checks.text)),
    "channels": checks.tuple_of(checks.text),
    "allowed_ips": checks.tuple_of(checks.text),
    "admin_key_calls": checks.optional(checks.tuple_of(checks.one_of(*sorted(ENDPOINTS)))),
    "select_account_at_once": checks.flag,
    "rate_limited": checks.flag,
    "rate_limit_status": checks.one_of(400, 429),
    "logout_all_tokens": checks.flag,
    "users_in_elements": checks.flag,
    "unlink_webhook": checks.optional(_webhook),
    "account_status_webhook_url": checks.optional(checks.webhook_url),
    "user_id_offset": checks.number_between(0, checks.LARGEST_EXACT),
}


def changed(app: App, changes: Any) -> App:
    """Give the app with `changes` (a dict of raw values) applied. Raises InvalidSetting."""
    return replace(app, **checked(changes, _CHECKS))


def distinct(apps: list[App]) -> list[App]:
    """Give the apps back if no two share a key or an id. Raises InvalidSetting."""
    for names in (("app_id",), ("client_id", "javascript_key", "native_key"), ("admin_key",)):
        values = [getattr(app, name) for app in apps for name in names]
        if len(set(values)) < len(values):
            raise InvalidSetting("taken_by_app", ", ".join(names))
    return apps


def next_app(apps: list[App], settings: Any) -> App:
    """Make a further app whose ids and keys differ from those of `apps` unless `settings` give them."""
    number = len(apps) + 1
    fresh = App(
        app_id=max((app.app_id for app in apps), default=0) + 1,
        name=f"Emulator app {number}",
        client_id=f"emulator-rest-api-key-{number}",
        client_secret=f"emulator-client-secret-{number}",
        javascript_key=f"emulator-javascript-key-{number}",
        native_key=f"emulator-native-key-{number}",
        admin_key=f"emulator-admin-key-{number}",
        user_id_offset=len(apps) * USER_ID_STEP,
    )
    return changed(fresh if apps else App(), settings)
