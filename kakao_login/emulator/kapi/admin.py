"""kapi's calls for an app's own server, by admin key: the ids of its users, and several users at once."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Response, jsonify, request

from ..store.apps import App
from ..store.profiles import user_me
from ..store.state import State
from ..web.context import call_parameters, current_state
from ..web.errors import KapiError
from ..web.limits import count_calls
from .auth import admin_app
from .parameters import choice, json_value, number, string_list
from .user import only

PAGE_MOST, USERS_MOST, USERS_MOST_WITH_KEYS = 100, 100, 20


def user_ids() -> Response:
    """Give a page of the ids of the app's users, with the URLs of the pages beside it."""
    state, app = current_state(), admin_app()
    count_calls(state, app)
    limit = PAGE_MOST if (asked := number("limit")) is None else asked
    if not 1 <= limit <= PAGE_MOST:
        raise KapiError(-2, "limit must be from 1 to 100.")
    descending = choice("order", "asc", "desc") == "desc"
    ids = _ids(state, app)
    first = ids[-1] if descending and ids else 0
    start = first if (asked := number("from_id")) is None else asked
    after = [user_id for user_id in ids if (user_id <= start if descending else user_id >= start)]
    page = sorted(after, reverse=descending)[: limit + 1]
    answer: dict[str, Any] = {"elements": page[:limit]}
    if len(page) > limit:
        answer["after_url"] = _page_url(limit, page[limit], descending)
    before = sorted(set(ids) - set(after), reverse=not descending)[:limit]
    if before:
        answer["before_url"] = _page_url(limit, before[-1], descending)
    return jsonify(answer)


def _ids(state: State, app: App) -> list[int]:
    return sorted(
        person_id + app.user_id_offset for app_id, person_id in list(state.links) if app_id == app.app_id
    )


def _page_url(limit: int, from_id: int, descending: bool) -> str:
    query = {"limit": limit, "from_id": from_id, "order": "desc" if descending else "asc"}
    return f"{current_state().api_url}{request.path}?{urlencode(query)}"


def app_users() -> Response:
    """Give several users: id and times, or what `property_keys` name. Users who are not linked are left out."""
    state, app = current_state(), admin_app()
    keys = string_list("property_keys")
    targets = _targets(USERS_MOST_WITH_KEYS if keys else USERS_MOST)
    users = [_user(state, app, user_id, keys or []) for user_id in targets]
    found = [user for user in users if user is not None]
    return jsonify({"elements": found} if app.users_in_elements else found)


def _targets(most: int) -> list[int]:
    targets = json_value("target_ids", "")
    if not isinstance(targets, list) or not all(type(target) is int for target in targets):
        raise KapiError(-2, "target_ids must be a JSON array of numbers.")
    if len(targets) > most or call_parameters().get("target_id_type", "user_id") != "user_id":
        raise KapiError(-2, f"at most {most} target_ids of target_id_type user_id.")
    return targets


def _user(state: State, app: App, user_id: int, keys: list[str]) -> dict[str, Any] | None:
    person = state.person_of(app, user_id)
    if person is None or (app.app_id, person.id) not in state.links:
        return None
    user = user_me(state, app, person)
    return only({"synched_at": user["connected_at"]} | user, keys)
