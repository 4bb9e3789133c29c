"""The part of the control API that has Kakao call an app."""

from __future__ import annotations

from typing import Any

from ..store import checks
from ..store.checks import checked
from ..store.refusals import InvalidSetting
from ..webhooks.leaving import REFERRER_TYPES, WITHDRAWN_TERMS, remove_app
from ..webhooks.security_events import EVENT_TYPES, event_claims, event_parcel
from .lookup import Lookup

Json = dict[str, Any]


RULES: dict[str, checks.Check] = {
    "referrer_type": checks.one_of(*sorted(REFERRER_TYPES), WITHDRAWN_TERMS),
    "type": checks.one_of(*EVENT_TYPES),
    "copies": checks.number_between(1, 10),
    "hold": checks.flag,
}


class WebhookCalls(Lookup):
    """Unlinking at Kakao, account-status events, and the switches for how they are sent."""

    def unlink(
        self, user: int | str, referrer_type: str = "UNLINK_FROM_APPS", client_id: str | None = None
    ) -> list[Json]:
        """The person (or Kakao) removes the app: consents and tokens go at once, the webhooks are sent.

        Gives their deliveries. `referrer_type` is one of the five of the unlink webhook, or
        `REVOKE_ACCOUNT_SERVICE_TERMS`, which only the event tells.
        """
        checked({"referrer_type": referrer_type}, RULES)
        app, person = self._app(client_id), self._person(user)
        self._link(app, person)
        return [delivery.as_json() for delivery in remove_app(self.state, app, person, referrer_type)]

    def send_event(
        self,
        user: int | str,
        event_type: str,
        *,
        details: Json | None = None,
        toe: int | None = None,
        claims: Json | None = None,
        client_id: str | None = None,
    ) -> list[Json]:
        """Sign and send an account-status event about a person and give its deliveries.

        `details` go into the event (`reason`, `scope`), `toe` is when it happened (seconds since the epoch),
        `claims` replace claims of the token. Nothing is sent while webhooks are held.
        """
        checked({"type": event_type}, RULES)
        app, person, state = self._app(client_id), self._person(user), self.state
        made = event_claims(state, app, person, event_type, details or {}, toe) | (claims or {})
        parcel = event_parcel(state, app, made)
        if parcel is None:
            raise InvalidSetting("not_set", "account_status_webhook_url")
        return [delivery.as_json() for delivery in state.outbox.send([parcel], state.clock.now())]

    def deliveries(self) -> list[Json]:
        """Give the webhooks that were sent and what was answered, once none is under way."""
        return [delivery.as_json() for delivery in self.state.outbox.deliveries()]

    def switch_webhooks(self, *, copies: int | None = None, hold: bool | None = None) -> Json:
        """Send each webhook `copies` times from now on, or hold them back until `release_webhooks`."""
        outbox = self.state.outbox
        given = {name: value for name, value in (("copies", copies), ("hold", hold)) if value is not None}
        changes = checked(given, RULES)
        outbox.copies = changes.get("copies", outbox.copies)
        outbox.hold = changes.get("hold", outbox.hold)
        return {"copies": outbox.copies, "hold": outbox.hold, "held": outbox.held()}

    def release_webhooks(self, *, reverse: bool = False) -> list[Json]:
        """Stop holding and send what was held, the last first with `reverse`. Gives the deliveries."""
        sent = self.state.outbox.release(self.state.clock.now(), reverse=reverse)
        return [delivery.as_json() for delivery in sent]
