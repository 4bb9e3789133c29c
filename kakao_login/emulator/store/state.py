"""Everything the emulated Kakao remembers, in memory, behind one lock."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import count
from threading import RLock
from typing import Any
from urllib.parse import urlsplit

from .apps import App
from .clock import Clock
from .faults import Faults
from .grants import AutoSignIn, Code, Link, Session, Token
from .keys import KeyRing
from .masking import Masking
from .outbox import Outbox
from .personas import FIRST_ID, PERSONAS, Person
from .recorder import Recorder
from .refusals import InvalidSetting

KAKAO_ISSUER, KAKAO_API = "https://kauth.kakao.com", "https://kapi.kakao.com"
EVERY_BROWSER = "*"
# Fewer codes, tokens and sessions than this are not worth looking through for expired ones.
LEAST_CROWDED = 10_000


@dataclass(frozen=True)
class Addresses:
    """Under which names the emulator presents itself, where None means its own origin, and where it listens."""

    issuer: str | None = None
    api_url: str | None = None
    advertised: str | None = None
    host: str = ""


class State:
    """The store. Its methods keep several dicts in step; others may use a lone dict as it is."""

    def __init__(self, apps: Iterable[App], addresses: Addresses, *, open_to_all: bool = False) -> None:
        self.lock = RLock()
        self.url = "http://kakao.emulator"
        self.addresses = addresses
        self.open_to_all = open_to_all
        self.clock = Clock()
        self.keys = KeyRing()
        self.faults = Faults()
        self.recorder = Recorder()
        self.outbox = Outbox()
        self._first_apps = tuple(apps)
        self._first_browsers: dict[str, AutoSignIn] = {}
        self._epochs = count(1)
        self._crowded = LEAST_CROWDED
        self.forget()

    def forget(self) -> None:
        """Go back to the apps, people and keys of the start. Recorded calls, faults and the moved clock go too."""
        with self.lock:
            self.apps: list[App] = list(self._first_apps)
            self.links: dict[tuple[int, int], Link] = {}
            self.codes: dict[str, Code] = {}
            self.access_tokens: dict[str, Token] = {}
            self.refresh_tokens: dict[str, Token] = {}
            self.sessions: dict[str, Session] = {}
            # What leads to a person is gone before the person is, for calls go on meanwhile.
            self.people: dict[int, Person] = {person.id: person for person in PERSONAS}
            self._ids: dict[str, int] = {person.persona: person.id for person in PERSONAS}
            self.browsers: dict[str, AutoSignIn] = dict(self._first_browsers)
            self.counted: dict[tuple[int, int, str], list[float]] = {}
        self.clock.reset()
        self.keys.reset()
        self.faults.clear()
        self.recorder.clear()
        self.outbox.clear()

    def always_sign_in(self, auto: AutoSignIn) -> None:
        """Make this the sign-in of every browser, from now on and after each `forget`."""
        self._first_browsers = {EVERY_BROWSER: auto}
        self.browsers[EVERY_BROWSER] = auto

    @property
    def shown_url(self) -> str:
        """The origin that others are told, which need not be the one that the server sees."""
        return self.addresses.advertised or self.url

    @property
    def issuer(self) -> str:
        """The `iss` of id_tokens and the base of kauth's endpoints."""
        return self.addresses.issuer or self.shown_url

    @property
    def api_url(self) -> str:
        """The base of kapi's endpoints, as discovery names it."""
        beside = KAKAO_API if self.issuer == KAKAO_ISSUER else self.issuer
        return self.addresses.api_url or beside

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts that clients are told to call, and the one the server was told to listen at."""
        told = (self.url, self.shown_url, self.issuer, self.api_url)
        return frozenset((self.addresses.host.lower(), *(urlsplit(url).hostname or "" for url in told)))

    def app_by_key(self, key: str) -> App | None:
        """Give the app whose REST, JavaScript or native key this is."""
        keys = ((app, (app.client_id, app.javascript_key, app.native_key)) for app in self.apps)
        return next((app for app, of_app in keys if key in of_app), None)

    def app_by_id(self, app_id: int) -> App | None:
        return next((app for app in self.apps if app.app_id == app_id), None)

    def app_by_admin_key(self, key: str) -> App | None:
        return next(
            (app for app in self.apps if secrets.compare_digest(app.admin_key.encode(), key.encode())), None
        )

    def person_of(self, app: App, user_id: int) -> Person | None:
        """Give the person whom `app` knows as `user_id`."""
        return self.people.get(user_id - app.user_id_offset)

    def person_named(self, name: str) -> Person | None:
        """Give the person of this persona, or of this id written out."""
        if name in self._ids:
            return self.people[self._ids[name]]
        return self.people.get(int(name)) if name.isascii() and name.isdigit() and len(name) < 20 else None

    def person_called(self, name: str) -> Person | None:
        """Give the person of this persona, id or e-mail, as one may be called on a page."""
        by_email = (person for person in list(self.people.values()) if person.email == name)
        return self.person_named(name) or next(by_email, None)

    def keep_person(self, person: Person) -> None:
        """Keep a new or changed person. Raises InvalidSetting if another one has the name."""
        with self.lock:
            if self._ids.get(person.persona, person.id) != person.id:
                raise InvalidSetting("taken_by_person", "persona")
            before = self.people.get(person.id)
            if before is not None:
                del self._ids[before.persona]
            self._ids[person.persona] = person.id
            self.people[person.id] = person

    def free_number(self) -> int:
        """Give a number for a new person whose id and name nobody has."""
        numbers = count(len(self.people) + 1)
        return next(n for n in numbers if FIRST_ID + n not in self.people and f"person_{n}" not in self._ids)

    def connect(self, link: Link) -> Link:
        """Keep a new link, with an epoch that no token has had before."""
        with self.lock:
            fresh = replace(link, epoch=next(self._epochs))
            self.links[link.app_id, link.person_id] = fresh
            return fresh

    def disconnect(self, app_id: int, person_id: int) -> Link | None:
        """Drop a link, and with it every token that was made under it. Give what was dropped."""
        with self.lock:
            return self.links.pop((app_id, person_id), None)

    def masking(self) -> Masking:
        """Give what masks one call by the secrets of now; looking them up for each value of it would be slow."""
        app_secrets = (secret for app in self.apps for secret in (app.client_secret, app.admin_key))
        return Masking(app_secrets, self._is_live)

    def _is_live(self, word: str) -> bool:
        stores = (self.codes, self.access_tokens, self.refresh_tokens, self.sessions)
        return any(word in store for store in stores)

    def make_room(self) -> None:
        """Forget what has expired, once there is twice as much as was left the last time."""
        with self.lock:
            stores: tuple[dict[str, Any], ...] = (
                self.codes,
                self.access_tokens,
                self.refresh_tokens,
                self.sessions,
            )
            if sum(map(len, stores)) < self._crowded:
                return
            now = self.clock.now()
            for store in stores:
                # Others add to a store meanwhile, so it is copied first.
                for value in [value for value, kept in list(store.items()) if kept.expires_at <= now]:
                    store.pop(value, None)
            self._crowded = max(LEAST_CROWDED, 2 * sum(map(len, stores)))

    def live(self, token: Token | None) -> Token | None:
        """Give the token back if it still counts: not expired, and its link not dropped or renewed since."""
        if token is None or token.expires_at <= self.clock.now():
            return None
        link = self.links.get((token.app_id, token.person_id))
        return token if link is not None and link.epoch == token.epoch else None
