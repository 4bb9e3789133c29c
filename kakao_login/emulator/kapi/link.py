"""kapi's calls on the link between a person and an app: logout, unlink, sign-up and user properties."""

from __future__ import annotations

from dataclasses import replace

from flask import Response, jsonify

from ..web.context import current_state
from ..web.errors import KapiError
from ..webhooks.leaving import leave
from .auth import Caller, caller, caller_by_token, link_or_error
from .parameters import json_value

# The user properties that every app has; Kakao's console lets a team add more, this emulator any name of theirs.
PROPERTIES = frozenset({"nickname", "profile_image", "thumbnail_image"})


def logout() -> Response:
    """End tokens: the one presented with its refresh token, or by admin key all of the person's."""
    state, who = current_state(), caller()
    if who.token is None or who.app.logout_all_tokens:
        with state.lock:
            state.connect(link_or_error(state, who.app, who.person))
    else:
        state.access_tokens.pop(who.token.value, None)
        state.refresh_tokens.pop(who.token.pair, None)
    return jsonify(id=who.user_id)


def unlink() -> Response:
    """Withdraw the person's consents and end all tokens at once. Kakao sends no unlink webhook for this."""
    who = caller()
    leave(current_state(), who.app, who.person, "UNLINK_FROM_SERVICE")
    return jsonify(id=who.user_id)


def signup() -> Response:
    """Finish the sign-up of a person whose app does not link by itself. Raises KapiError -102 the second time."""
    state, who = current_state(), caller_by_token()
    properties = _properties(who)
    with state.lock:
        link = link_or_error(state, who.app, who.person)
        if link.signed_up:
            raise KapiError(-102)
        state.links[who.app.app_id, who.person.id] = replace(link, signed_up=True, properties=properties)
    return jsonify(id=who.user_id)


def update_profile() -> Response:
    """Store user properties. Raises KapiError -201 for one the app does not have."""
    state, who = current_state(), caller()
    properties = _properties(who)
    with state.lock:
        link = link_or_error(state, who.app, who.person)
        merged = {**link.properties, **properties}
        state.links[who.app.app_id, who.person.id] = replace(link, properties=merged)
    return jsonify(id=who.user_id)


def _properties(who: Caller) -> dict[str, str]:
    properties = json_value("properties", "{}")
    if not isinstance(properties, dict) or not all(isinstance(value, str) for value in properties.values()):
        raise KapiError(-2, "properties must be a JSON object of strings.")
    unknown = sorted(properties.keys() - PROPERTIES - set(who.app.user_properties))
    if unknown:
        raise KapiError(-201, f"[{', '.join(unknown)}] for appId={who.app.app_id}")
    return properties
