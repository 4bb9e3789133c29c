"""What one app holds of this package: whatever lives as long as the app, and nothing that is a request's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from flask import Flask, current_app, has_app_context

from .errors import Language
from .kakao.client import KakaoClient
from .settings.values import Settings
from .store.accounts import Accounts
from .store.activity import Activity
from .store.database import Database
from .store.ends import Ends
from .store.heartbeat import Heartbeat
from .store.models import LoginSession, Models
from .store.pruning import Pruning
from .store.renewals import Renewals
from .store.sessions import Sessions
from .store.users import Users
from .tokens.codec import TokenCodec, own_claims
from .tokens.keys import SigningKeys
from .tokens.pair import PairMaker, TokenPair, Use

EXTENSION = "kakao_login"
_present_app = cast("Callable[[], Flask]", cast("Any", current_app)._get_current_object)


@dataclass(frozen=True)
class Services:
    """The services of one app, wired."""

    app: Flask
    settings: Settings
    clock: Callable[[], float]
    locale_selector: Callable[[], Language]
    database: Database
    models: Models
    keys: SigningKeys
    codec: TokenCodec
    pairs: PairMaker
    kakao: KakaoClient
    accounts: Accounts
    users: Users
    sessions: Sessions
    renewals: Renewals
    ends: Ends
    activity: Activity
    pruning: Pruning
    heartbeat: Heartbeat

    def start_session(
        self, user_id: Any, host_claims: Mapping[str, Any], use: Use, *, replaces: str | None = None, **client: str
    ) -> TokenPair:
        """Start a session and make its first pair; the claims are judged first, so that a refusal ends nothing.

        ``client`` is the session's ``user_agent`` and ``ip``.
        Raises ``ClaimsRefused``, ``AccountDisabled`` and ``DatabaseUnavailable``.
        """
        claims = own_claims(host_claims)
        return self.pairs.make(self.sessions.start(user_id, replaces=replaces, **client), claims, use)

    def pair_of(self, row: LoginSession, use: Use) -> TokenPair:
        """Make a session's pair with the host's claims; raises ``ClaimsRefused`` and ``DatabaseUnavailable``."""
        return self.pairs.make(row, own_claims(self.users.claims_of(row.user_id)), use)


def current_services() -> Services:
    """Give the services of the app that serves the present request."""
    services: Services = _present_app().extensions[EXTENSION]
    return services


def present_users() -> Users | None:
    """Give the users of the present app, or None outside an app or in one that has no Kakao login."""
    services = current_app.extensions.get(EXTENSION) if has_app_context() else None
    return services and services.users
