"""Who calls kapi: a person's access token or an app's admin key, and of whom the call speaks."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

from ..store.apps import App
from ..store.grants import Link, Token
from ..store.personas import Person
from ..store.state import State
from ..web.context import call_name, call_parameters, current_state
from ..web.errors import KapiError
from .parameters import number

LONGEST_TOKEN = 512


@dataclass(frozen=True)
class Caller:
    """An authenticated call: its app, the person it is about, and its token (None for an admin key)."""

    app: App
    person: Person
    token: Token | None

    @property
    def user_id(self) -> int:
        return self.person.id + self.app.user_id_offset


@dataclass(frozen=True)
class TokenCaller(Caller):
    """A call by a person's access token."""

    token: Token


def caller() -> Caller:
    """Give the caller of the current request. Raises KapiError -401, -406, -2, -3 or -101."""
    state = current_state()
    if _credential("kakaoak") is None:
        return caller_by_token()
    app = admin_app()
    person = target_person(state, app)
    link_or_error(state, app, person)
    return Caller(app, person, None)


def caller_by_token() -> TokenCaller:
    """Give the caller where only a person's token will do. Raises KapiError -401, -406, -2 or -3."""
    if _credential("kakaoak") is not None:
        raise KapiError(-3, "the admin key is not allowed for this API.", scheme="KakaoAK")
    state, value = current_state(), _credential("bearer") or call_parameters().get("access_token", "")
    if len(value) > LONGEST_TOKEN:
        raise KapiError(-2, "too long for access token.")
    known = state.access_tokens.get(value)
    token = state.live(known)
    if token is None:
        expired = known is not None and known.expires_at <= state.clock.now()
        raise KapiError(-401, msg="this access token is already expired" if expired else None)
    app = state.app_by_id(token.app_id)
    if app is None:
        raise KapiError(-401)
    _check_address(app, "Bearer")
    person = state.people[token.person_id]
    if person.under_14 and not app.under_14_allowed:
        raise KapiError(-406)
    return TokenCaller(app, person, token)


def _credential(scheme: str) -> str | None:
    """Give what follows this scheme in the `Authorization` header; None if it has another or is missing."""
    named, _, credential = request.headers.get("Authorization", "").partition(" ")
    return credential.strip() if named.lower() == scheme else None


def admin_app() -> App:
    """Give the app whose admin key is in the `Authorization: KakaoAK` header. Raises KapiError -401 or -3."""
    key = _credential("kakaoak")
    app = None if key is None else current_state().app_by_admin_key(key)
    if app is None:
        raise KapiError(-401, scheme="KakaoAK", msg="invalid app key.")
    _check_address(app, "KakaoAK")
    if app.admin_key_calls is not None and call_name() not in app.admin_key_calls:
        raise KapiError(-3, "the admin key is not allowed for this API.")
    return app


def _check_address(app: App, scheme: str) -> None:
    address = request.remote_addr or ""
    if not app.takes_calls_from(address):
        message = f"ip mismatched! callerIp={address} check out registered ips."
        raise KapiError(-401, scheme=scheme, msg=message)


def target_person(state: State, app: App) -> Person:
    """Give the person named by `target_id_type` and `target_id`. Raises KapiError -2 or -101."""
    parameters = call_parameters()
    if parameters.get("target_id_type") != "user_id":
        raise KapiError(-2, "target_id_type must be user_id.")
    user_id = number("target_id")
    if user_id is None:
        raise KapiError(-2, "target_id must be a number.")
    person = state.person_of(app, user_id)
    if person is None:
        raise KapiError(-101)
    return person


def link_or_error(state: State, app: App, person: Person) -> Link:
    """Give the person's link to the app. Raises KapiError -101 if there is none."""
    link = state.links.get((app.app_id, person.id))
    if link is None:
        raise KapiError(-101)
    return link
