"""kapi's calls on consents: which items and service terms a person agreed to, and withdrawing them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from flask import Response, jsonify

from ..store.apps import REQUIRED, App
from ..store.clock import utc_text
from ..store.grants import Agreement, Link
from ..store.state import State
from ..texts.names import consent_item
from ..web.context import call_parameters, current_state
from ..web.errors import KapiError
from ..webhooks.consents import change_consents
from .auth import Caller, caller, link_or_error
from .parameters import choice, string_list

Json = dict[str, Any]


def scopes() -> Response:
    """Give every consent item with whether it is agreed to, or those that `scopes` names."""
    who, chosen = caller(), string_list("scopes")
    link = link_or_error(current_state(), who.app, who.person)
    listed = _scopes(who.app, link)
    return jsonify(id=who.user_id, scopes=[item for item in listed if chosen is None or item["id"] in chosen])


def revoke_scopes() -> Response:
    """Withdraw consent to the items of `scopes`. Raises KapiError -3 for a required one, -2 if none is agreed."""
    state, who = current_state(), caller()
    named = frozenset(string_list("scopes") or ())
    with state.lock:
        link = link_or_error(state, who.app, who.person)
        _refuse_required(named, who.app.consent_items)
        if not named or named - link.agreed:
            raise KapiError(-2, "There is no scopes to revoke.")
        left = change_consents(state, who.app, link, link.agreed - named)
    return jsonify(id=who.user_id, scopes=_scopes(who.app, left))


def _refuse_required(named: Iterable[str], levels: Mapping[str, str]) -> None:
    required = sorted(name for name in named if levels.get(name) == REQUIRED)
    if required:
        raise KapiError(-3, f"[{', '.join(required)}] is not revocable.")


def _scopes(app: App, link: Link) -> list[Json]:
    known = [*app.consent_items, *sorted(link.agreed - app.consent_items.keys())]
    return [_scope(app, link, item) for item in known]


def _scope(app: App, link: Link, item: str) -> Json:
    known = consent_item(item)
    shown: Json = {
        "id": item,
        "display_name": known.name.korean,
        "type": known.type,
        "using": item in app.consent_items,
        "agreed": item in link.agreed,
    }
    if shown["agreed"]:
        shown["revocable"] = app.consent_items.get(item) != REQUIRED
    return shown


def service_terms() -> Response:
    """Give the service terms agreed to, or all of the app's when `result` says `app_service_terms`."""
    who = caller()
    link = link_or_error(current_state(), who.app, who.person)
    tags = _tags(who.app, needed=False)
    if choice("result", "agreed_service_terms", "app_service_terms") == "agreed_service_terms":
        tags = [tag for tag in tags if tag in link.agreed_terms]
    return jsonify(id=who.user_id, service_terms=[_term(who.app, link, tag) for tag in tags])


def upgrade_service_terms() -> Response:
    """Record that the person agreed to the terms of `tags` on a page of the app's own."""
    state, who = current_state(), caller()
    tags = _tags(who.app, needed=True)
    link = _change_terms(state, who, dict.fromkeys(tags, Agreement(state.clock.now(), "KAPI")), frozenset())
    shown = [_term(who.app, link, tag) for tag in tags]
    kept = ("tag", "agreed", "agreed_at", "agreed_by")
    return jsonify(id=who.user_id, agreed_service_terms=[{name: term[name] for name in kept} for term in shown])


def revoke_service_terms() -> Response:
    """Withdraw agreement to the terms of `tags`."""
    who = caller()
    tags = _tags(who.app, needed=True)
    _refuse_required(tags, who.app.service_terms)
    _change_terms(current_state(), who, {}, frozenset(tags))
    return jsonify(id=who.user_id, revoked_service_terms=[{"tag": tag, "agreed": False} for tag in tags])


def _change_terms(state: State, who: Caller, added: dict[str, Agreement], removed: frozenset[str]) -> Link:
    with state.lock:
        link = link_or_error(state, who.app, who.person)
        terms = {tag: agreed for tag, agreed in {**added, **link.agreed_terms}.items() if tag not in removed}
        changed = replace(link, agreed_terms=terms)
        state.links[who.app.app_id, who.person.id] = changed
        return changed


def _tags(app: App, *, needed: bool) -> list[str]:
    """Give the tags that are named and known, for a call may succeed for a part of them. Raises KapiError -2."""
    named = [tag for tag in re.split(r"[\s,]+", call_parameters().get("tags", "")) if tag]
    known = [tag for tag in dict.fromkeys(named) if tag in app.service_terms]
    if (named or needed) and not known:
        raise KapiError(-2, "There is no tags to get service terms.")
    return known or list(app.service_terms)


def _term(app: App, link: Link, tag: str) -> Json:
    required = app.service_terms[tag] == REQUIRED
    shown: Json = {"tag": tag, "required": required, "agreed": tag in link.agreed_terms, "revocable": not required}
    if shown["agreed"]:
        agreement = link.agreed_terms[tag]
        shown |= {"agreed_at": utc_text(agreement.at), "agreed_by": agreement.by}
    return shown
