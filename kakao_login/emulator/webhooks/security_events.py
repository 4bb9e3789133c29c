"""Account-status changes as security event tokens (RFC 8417), pushed to the app (RFC 8935)."""

from __future__ import annotations

import secrets
from typing import Any

from ..store.apps import App
from ..store.parcels import Parcel
from ..store.personas import Person
from ..store.spoiling import sign_spoiled
from ..store.state import State

Json = dict[str, Any]
OAUTH = "https://schemas.openid.net/secevent/oauth/event-type/"
RISC = "https://schemas.openid.net/secevent/risc/event-type/"
CAEP = "https://schemas.openid.net/secevent/caep/event-type/"
KAKAO = "https://schemas.kakao.com/platevent/kakao/event-type/"

EVENT_TYPES: dict[str, str] = {
    name: prefix + name
    for prefix, names in {
        OAUTH: (
            "user-linked user-unlinked user-scope-consent user-scope-withdraw"
            " tokens-revoked token-issued token-revoked"
        ),
        RISC: (
            "account-credential-change-required account-disabled account-enabled account-purged"
            " credential-compromise identifier-changed identifier-recycled sessions-revoked"
        ),
        CAEP: "assurance-level-change credential-change",
        KAKAO: "user-profile-changed",
    }.items()
    for name in names.split()
}


def event_claims(state: State, app: App, person: Person, event_type: str, details: Json, toe: int | None) -> Json:
    """Give the claims of a SET. It has no `exp`; `toe` is when the event happened, by default now."""
    now, user_id = int(state.clock.now()), str(person.id + app.user_id_offset)
    subject = {"subject_type": "iss-sub", "iss": state.issuer, "sub": user_id}
    return {
        "iss": state.issuer,
        "aud": app.client_id,
        "sub": user_id,
        "iat": now,
        "jti": secrets.token_hex(16),
        "toe": now if toe is None else toe,
        "txm": secrets.token_hex(16),
        "app_id": str(app.app_id),
        "events": {EVENT_TYPES[event_type]: {"subject": subject, **details}},
    }


def event_parcel(state: State, app: App, claims: Json) -> Parcel | None:
    """Give the signed event ready to send; None if the app has no account-status webhook."""
    if app.account_status_webhook_url is None:
        return None
    signed = sign_spoiled(state, claims, "security_event", "secevent+jwt")
    headers = {"Content-Type": "application/secevent+jwt", "Accept": "application/json"}
    return Parcel("account_status", "POST", app.account_status_webhook_url, claims, signed, headers)


def announce(
    state: State, app: App, person: Person, event_type: str, details: Json, toe: int | None = None
) -> None:
    """Send an event in the background; `toe` is when it happened, by default now."""
    parcel = event_parcel(state, app, event_claims(state, app, person, event_type, details, toe))
    if parcel is not None:
        state.outbox.send_later(parcel, state.clock.now())
