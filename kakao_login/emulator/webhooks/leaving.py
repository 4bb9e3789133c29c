"""A person leaves an app: consents and tokens go, and the app is told as Kakao would tell it."""

from __future__ import annotations

from urllib.parse import urlencode

from ..store.apps import App
from ..store.grants import SIGN_UP_LIFETIME
from ..store.masking import MASK
from ..store.outbox import Delivery
from ..store.parcels import Parcel
from ..store.personas import Person
from ..store.state import State
from .security_events import announce, event_claims, event_parcel

# The person withdrew from the service terms: an event tells it, the unlink webhook does not.
WITHDRAWN_TERMS = "REVOKE_ACCOUNT_SERVICE_TERMS"
# What the unlink webhook tells; when the app itself unlinks a person, there is no such webhook.
REFERRER_TYPES = frozenset(
    {
        "ACCOUNT_DELETE",
        "FORCED_ACCOUNT_DELETE",
        "UNLINK_FROM_ADMIN",
        "UNLINK_FROM_APPS",
        "INCOMPLETE_SIGN_UP",
    }
)


def leave(state: State, app: App, person: Person, reason: str) -> bool:
    """The app unlinks the person. Gives false if there was no link. The event is sent in the background."""
    if state.disconnect(app.app_id, person.id) is None:
        return False
    announce(state, app, person, "user-unlinked", {"reason": reason})
    return True


def remove_app(state: State, app: App, person: Person, referrer_type: str) -> list[Delivery]:
    """The person or Kakao ends the link; both webhooks are sent and their deliveries given."""
    if state.disconnect(app.app_id, person.id) is None:
        return []
    claims = event_claims(state, app, person, "user-unlinked", {"reason": referrer_type}, None)
    parcels = (unlink_parcel(app, person, referrer_type), event_parcel(state, app, claims))
    return state.outbox.send(filter(None, parcels), state.clock.now())


def unlink_parcel(app: App, person: Person, referrer_type: str) -> Parcel | None:
    """Give the unlink webhook ready to send, with the primary admin key; None if none is due."""
    if app.unlink_webhook is None or referrer_type == WITHDRAWN_TERMS:
        return None
    user_id = str(person.id + app.user_id_offset)
    values = {"app_id": str(app.app_id), "user_id": user_id, "referrer_type": referrer_type}
    headers = {"Authorization": f"KakaoAK {app.admin_key}"}
    content = values | {"Authorization": f"KakaoAK {MASK}"}
    secret = app.admin_key
    url = app.unlink_webhook.url
    if app.unlink_webhook.method == "GET":
        separator = "&" if "?" in url else "?"
        return Parcel(
            "unlink", "GET", f"{url}{separator}{urlencode(values)}", content, headers=headers, secret=secret
        )
    headers["Content-Type"] = "application/x-www-form-urlencoded;charset=utf-8"
    return Parcel("unlink", "POST", url, content, urlencode(values), headers, secret)


def drop_unfinished_sign_ups(state: State) -> None:
    """Unlink those who did not finish signing up within a day, as Kakao does for apps without auto-link."""
    latest = state.clock.now() - SIGN_UP_LIFETIME
    for link in list(state.links.values()):
        app = state.app_by_id(link.app_id)
        if app is not None and not link.signed_up and link.connected_at <= latest:
            remove_app(state, app, state.people[link.person_id], "INCOMPLETE_SIGN_UP")
