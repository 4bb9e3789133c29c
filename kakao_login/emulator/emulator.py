"""The emulator as one object. Its methods are the control API; the one over HTTP calls these."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import apps, checks, personas
from .apps import App
from .checks import InvalidSetting, checked
from .faults import parse_fault
from .grants import AutoSignIn
from .leaving import REFERRER_TYPES, drop_unfinished_sign_ups, remove_app
from .personas import Person
from .security_events import EVENT_TYPES, event_claims, event_parcel
from .state import EVERY_BROWSER, KAKAO_ISSUER, Addresses, State
from .tls import CA_FILE

Json = dict[str, Any]
_OPTIONS = {"issuer": checks.optional(checks.http_url), "api_url": checks.optional(checks.http_url)}


@dataclass(frozen=True)
class Options:
    """How an emulator starts. Port 0 is any free one; `tls_dir` has it speak https as Kakao's own hosts.

    Host, port and TLS matter to a server only. With TLS the issuer is Kakao's unless another is given.
    """

    host: str = "127.0.0.1"
    port: int = 0
    allow_remote: bool = False
    issuer: str | None = None
    api_url: str | None = None
    apps: tuple[App, ...] = field(default=(App(),))
    redirect_uris: tuple[str, ...] = ()
    sign_in_as: str | None = None
    tls_dir: Path | None = None


class NotFound(LookupError):
    """No app, person or link answers to what was named."""


class Emulator:
    """A local Kakao: what it knows, and the control API as methods.

    Methods take and give what the JSON of `/emulator/...` holds. They raise InvalidSetting (HTTP 400) for
    a value that cannot be used and NotFound (HTTP 404) for a person, app or link that does not exist.
    """

    def __init__(self, options: Options | None = None) -> None:
        options = options or Options()
        checked({"issuer": options.issuer, "api_url": options.api_url}, _OPTIONS)
        issuer = options.issuer or (KAKAO_ISSUER if options.tls_dir else None)
        self.state = State(_with_redirect_uris(options), Addresses(issuer, options.api_url))
        self.ca_file = options.tls_dir / CA_FILE if options.tls_dir else None
        if options.sign_in_as is not None:
            self.state.always_sign_in(AutoSignIn(self._person(options.sign_in_as).id))

    @property
    def url(self) -> str:
        """The address it is reached at, without a trailing slash."""
        return self.state.url

    def app(self, client_id: str | None = None) -> Json:
        """Give the settings of the app with this REST API key; of the first app if none is named."""
        return self._app(client_id).as_json()

    def apps(self) -> list[Json]:
        """Give the settings of every app."""
        return [app.as_json() for app in self.state.apps]

    def add_app(self, **settings: Any) -> Json:
        """Register a further app; keys and ids that are left out are made up. Gives its settings."""
        with self.state.lock:
            app = apps.next_app(self.state.apps, settings)
            self.state.apps = apps.distinct([*self.state.apps, app])
        return app.as_json()

    def patch_app(self, client_id: str | None = None, /, **changes: Any) -> Json:
        """Change settings of an app and give them all."""
        state = self.state
        with state.lock:
            place = state.apps.index(self._app(client_id))
            patched = apps.changed(state.apps[place], changes)
            state.apps = apps.distinct([*state.apps[:place], patched, *state.apps[place + 1 :]])
            return patched.as_json()

    def users(self) -> list[Json]:
        """Give everyone who has a Kakao account, with the apps they are linked to and what they agreed to."""
        links: dict[int, list[Json]] = {}
        for link in list(self.state.links.values()):
            links.setdefault(link.person_id, []).append(link.as_json())
        people = list(self.state.people.values())
        return [person.as_json() | {"links": links.get(person.id, [])} for person in people]

    def add_user(self, **settings: Any) -> Json:
        """Add a person; what is left out is made up. Give the person with `id`."""
        state = self.state
        with state.lock:
            person = personas.new_person(len(state.people) + 1, settings)
            if person.id in state.people:
                raise InvalidSetting("id: taken by another person")
            _keep(state, person)
        return person.as_json()

    def patch_user(self, user: int | str, **changes: Any) -> Json:
        """Change a person, named by id or persona."""
        with self.state.lock:
            person = personas.changed(self._person(user), changes)
            _keep(self.state, person)
        return person.as_json()

    def sign_in_as(self, user: int | str, agree: str | Sequence[str] = "all", browser: str | None = None) -> None:
        """Answer authorize requests at once as this person, in every browser or in the one named so.

        `agree` is "all", which leaves out only what the persona refuses, or the items to agree to.
        """
        items = None if agree == "all" else frozenset(checks.tuple_of(checks.text)(agree))
        self.state.browsers[browser or EVERY_BROWSER] = AutoSignIn(self._person(user).id, items)

    def show_pages(self, browser: str | None = None) -> None:
        """Bring the pages back, after `sign_in_as`."""
        self.state.browsers.pop(browser or EVERY_BROWSER, None)

    def fault(self, endpoint: str, fault: str, **details: Any) -> None:
        """Make the next calls of an endpoint fail: `times` (1; None for ever), `delay_ms`, `status`, `body`."""
        settings = {"endpoint": endpoint, "fault": fault, **details}
        self.state.faults.add(parse_fault(settings))

    def clear_faults(self) -> None:
        """Forget the failures still to come and release the calls that hang."""
        self.state.faults.clear()

    def advance_clock(self, seconds: float) -> float:
        """Move the emulator's clock and give its new time in seconds since the epoch."""
        try:
            self.state.clock.advance(checks.seconds(seconds))
        except ValueError as error:
            raise InvalidSetting(f"advance: {error}") from error
        drop_unfinished_sign_ups(self.state)
        return self.state.clock.now()

    def requests(self, endpoint: str | None = None) -> list[Json]:
        """Give what was called, oldest first, secrets masked; of one endpoint only if it is named."""
        return [call.as_json() for call in self.state.recorder.calls(endpoint)]

    def clear_requests(self) -> None:
        """Forget what was called so far."""
        self.state.recorder.clear()

    def rotate_keys(self, keep_old: bool = True) -> str:
        """Sign with a new key and give its kid; without `keep_old` the old ones leave the JWKS at once."""
        return self.state.keys.rotate(keep_old)

    def reset(self) -> None:
        """Go back to the start: apps, people, links, tokens, sessions, faults, clock and recorded calls."""
        self.state.forget()

    def unlink(
        self, user: int | str, referrer_type: str = "UNLINK_FROM_APPS", client_id: str | None = None
    ) -> list[Json]:
        """The person (or Kakao) removes the app: consents and tokens go at once, the webhooks are sent.

        Gives their deliveries. `referrer_type` is one of the five that Kakao knows.
        """
        checks.one_of(*sorted(REFERRER_TYPES))(referrer_type)
        app, person = self._app(client_id), self._person(user)
        deliveries = remove_app(self.state, app, person, referrer_type)
        if deliveries is None:
            raise NotFound(f"{person.persona} is not linked to app {app.app_id}")
        return [delivery.as_json() for delivery in deliveries]

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
        checks.one_of(*EVENT_TYPES)(event_type)
        app, person, state = self._app(client_id), self._person(user), self.state
        made = event_claims(state, app, person, event_type, details or {}, toe) | (claims or {})
        parcel = event_parcel(state, app, made)
        if parcel is None:
            raise InvalidSetting("account_status_webhook_url: the app has none")
        return [delivery.as_json() for delivery in state.outbox.send(parcel, state.clock.now())]

    def deliveries(self) -> list[Json]:
        """Give the webhooks that were sent and what was answered, once none is under way."""
        return [delivery.as_json() for delivery in self.state.outbox.deliveries()]

    def switch_webhooks(self, *, copies: int | None = None, hold: bool | None = None) -> Json:
        """Send each webhook `copies` times from now on, or hold them back until `release_webhooks`."""
        outbox = self.state.outbox
        outbox.copies = outbox.copies if copies is None else checks.identifier(copies)
        outbox.hold = outbox.hold if hold is None else checks.flag(hold)
        return {"copies": outbox.copies, "hold": outbox.hold, "held": outbox.held()}

    def release_webhooks(self, *, reverse: bool = False) -> list[Json]:
        """Stop holding and send what was held, the last first with `reverse`. Gives the deliveries."""
        sent = self.state.outbox.release(self.state.clock.now(), reverse=reverse)
        return [delivery.as_json() for delivery in sent]

    def _app(self, client_id: str | None) -> App:
        for app in self.state.apps:
            if client_id in {None, app.client_id}:
                return app
        raise NotFound(f"no app has the REST API key {client_id}")

    def _person(self, user: int | str) -> Person:
        person = self.state.person_named(str(user))
        if person is None:
            raise NotFound(f"there is no person {user}; known are {', '.join(_names(self.state))}")
        return person


def _keep(state: State, person: Person) -> None:
    try:
        state.keep_person(person)
    except ValueError as error:
        raise InvalidSetting(str(error)) from error


def _names(state: State) -> list[str]:
    return [person.persona for person in list(state.people.values())[:20]]


def _with_redirect_uris(options: Options) -> Iterable[App]:
    """Give the apps; redirect URIs of the options replace those of the first."""
    if not options.redirect_uris:
        return options.apps
    return (apps.changed(options.apps[0], {"redirect_uris": options.redirect_uris}), *options.apps[1:])
