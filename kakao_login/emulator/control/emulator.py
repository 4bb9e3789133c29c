"""The emulator as one object. Its methods are the control API; the one over HTTP calls these."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..http.tls import CA_FILE
from ..store import apps, checks, personas
from ..store.apps import REQUIRED
from ..store.faults import parse_fault
from ..store.grants import AutoSignIn
from ..store.refusals import InvalidSetting
from ..store.state import EVERY_BROWSER, State
from ..webhooks.consents import change_consents
from ..webhooks.leaving import drop_unfinished_sign_ups, remove_app
from ..webhooks.security_events import event_claims, event_parcel
from .lookup import Lookup
from .options import Options
from .rules import RULES, check

Json = dict[str, Any]


class Emulator:
    """A local Kakao: what it knows, and the control API as methods.

    Methods take and give what the JSON of `/emulator/...` holds. They raise InvalidSetting (HTTP 400) for
    a value that cannot be used and NotFound (HTTP 404) for a person, app or link that does not exist.
    """

    def __init__(self, options: Options | None = None) -> None:
        options = options or Options()
        self.state = State(options.registered_apps(), options.addresses(), open_to_all=options.allow_remote)
        self._lookup = Lookup(self.state)
        self.ca_file = options.tls_dir / CA_FILE if options.tls_dir else None
        if options.sign_in_as is not None:
            self.state.always_sign_in(AutoSignIn(self._lookup.person(options.sign_in_as).id))

    @property
    def url(self) -> str:
        """The address it listens at, without a trailing slash."""
        return self.state.url

    def app(self, client_id: str | None = None) -> Json:
        """Give the settings of the app with this REST API key; of the first app if none is named."""
        return self._lookup.app(client_id).as_json()

    def apps(self) -> list[Json]:
        """Give the settings of every app."""
        return [app.as_json() for app in self.state.apps]

    def add_app(self, /, **settings: Any) -> Json:
        """Register a further app; keys and ids that are left out are made up. Gives its settings."""
        with self.state.lock:
            app = apps.next_app(self.state.apps, settings)
            self.state.apps = apps.distinct([*self.state.apps, app])
        return app.as_json()

    def patch_app(self, client_id: str | None = None, /, **changes: Any) -> Json:
        """Change settings of an app and give them all."""
        state = self.state
        with state.lock:
            place = state.apps.index(self._lookup.app(client_id))
            patched = apps.changed(state.apps[place], changes)
            state.apps = apps.distinct([*state.apps[:place], patched, *state.apps[place + 1 :]])
            return patched.as_json()

    def users(self, search: str = "", limit: int | None = None) -> list[Json]:
        """Give those who have a Kakao account, with the apps they are linked to and what they agreed to.

        `search` keeps those whose id, persona, nickname, name or e-mail holds it; `limit` keeps the first few.
        """
        links: dict[int, list[Json]] = {}
        for link in list(self.state.links.values()):
            links.setdefault(link.person_id, []).append(link.as_json())
        people = self._lookup.people(search, limit)
        return [person.as_json() | {"links": links.get(person.id, [])} for person in people]

    def add_user(self, /, **settings: Any) -> Json:
        """Add a person; what is left out is made up. Give the person with `id`."""
        state = self.state
        with state.lock:
            person = personas.new_person(state.free_number(), settings)
            if person.id in state.people:
                raise InvalidSetting("taken_by_person", "id")
            state.keep_person(person)
        return person.as_json()

    def patch_user(self, user: int | str, /, **changes: Any) -> Json:
        """Change a person, named by id or persona."""
        with self.state.lock:
            person = personas.changed(self._lookup.person(user), changes)
            self.state.keep_person(person)
        return person.as_json()

    def consent(self, user: int | str, agreed: Sequence[str] | None = None, client_id: str | None = None) -> Json:
        """Have a linked person agree to these items and no others, and give the person's link.

        As on Kakao's own account page, the required items stay.
        """
        check(client_id=client_id)
        state, app, person = self.state, self._lookup.app(client_id), self._lookup.person(user)
        rules = {"agreed": checks.tuple_of(checks.one_of(*app.consent_items))}
        items = frozenset(checks.checked({"agreed": agreed}, rules)["agreed"])
        with state.lock:
            link = self._lookup.link(app, person)
            kept = link.agreed & app.items_at(REQUIRED)
            return change_consents(state, app, link, items | kept).as_json()

    def sign_in_as(self, user: int | str, agree: str | Sequence[str] = "all", browser: str | None = None) -> None:
        """Answer authorize requests at once as this person, in every browser or in the one named so.

        `agree` is "all", which leaves out only what the persona refuses, or the items to agree to.
        """
        check(agree=agree, browser=browser)
        items = None if agree == "all" else frozenset(agree)
        self.state.browsers[browser or EVERY_BROWSER] = AutoSignIn(self._lookup.person(user).id, items)

    def show_pages(self, browser: str | None = None) -> None:
        """Bring the pages back, after `sign_in_as`."""
        check(browser=browser)
        self.state.browsers.pop(browser or EVERY_BROWSER, None)

    def browsers(self) -> Json:
        """Give who signs in without pages, by the name of the browser; "*" stands for every one."""
        return {name: auto.as_json() for name, auto in dict(self.state.browsers).items()}

    def unlink(
        self, user: int | str, referrer_type: str = "UNLINK_FROM_APPS", client_id: str | None = None
    ) -> list[Json]:
        """The person (or Kakao) removes the app: consents and tokens go at once, the webhooks are sent.

        Gives their deliveries. `referrer_type` is one of the five of the unlink webhook, or
        `REVOKE_ACCOUNT_SERVICE_TERMS`, which only the event tells.
        """
        check(referrer_type=referrer_type, client_id=client_id)
        app, person = self._lookup.app(client_id), self._lookup.person(user)
        self._lookup.link(app, person)
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
        check(type=event_type, toe=toe, claims=claims, client_id=client_id)
        app, person, state = self._lookup.app(client_id), self._lookup.person(user), self.state
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
        outbox, changes = self.state.outbox, check(copies=copies, hold=hold)
        outbox.copies = changes.get("copies", outbox.copies)
        outbox.hold = changes.get("hold", outbox.hold)
        return {"copies": outbox.copies, "hold": outbox.hold, "held": outbox.held()}

    def release_webhooks(self, *, reverse: bool = False) -> list[Json]:
        """Stop holding and send what was held, the last first with `reverse`. Gives the deliveries."""
        check(reverse=reverse)
        sent = self.state.outbox.release(self.state.clock.now(), reverse=reverse)
        return [delivery.as_json() for delivery in sent]

    def fault(self, endpoint: str, fault: str, /, **details: Any) -> None:
        """Make the next calls of an endpoint fail: `times` (1; None for ever), `delay_ms`, `status`, `body`."""
        settings = {"endpoint": endpoint, "fault": fault, **details}
        self.state.faults.add(parse_fault(settings))

    def clear_faults(self) -> None:
        """Forget the failures still to come and release the calls that hang."""
        self.state.faults.clear()

    def advance_clock(self, seconds: float) -> float:
        """Move the emulator's clock and give its new time in seconds since the epoch."""
        self.state.clock.advance(checks.checked({"advance": seconds}, RULES)["advance"])
        drop_unfinished_sign_ups(self.state)
        return self.state.clock.now()

    def requests(self, endpoint: str | None = None, last: int | None = None) -> list[Json]:
        """Give what was called, oldest first, secrets masked; of one endpoint only if named, or the `last` few."""
        calls = self.state.recorder.calls(endpoint)
        return [call.as_json() for call in (calls if last is None else calls[-last:])]

    def clear_requests(self, endpoint: str | None = None) -> None:
        """Forget what was called so far; of one endpoint only if it is named."""
        self.state.recorder.clear(endpoint)

    def rotate_keys(self, keep_old: bool = True) -> str:
        """Sign with a new key and give its kid; without `keep_old` the old ones leave the JWKS at once."""
        check(keep_old=keep_old)
        return self.state.keys.rotate(keep_old)

    def reset(self) -> None:
        """Go back to the start: apps, people, links, tokens, sessions, faults, clock and recorded calls."""
        self.state.forget()
