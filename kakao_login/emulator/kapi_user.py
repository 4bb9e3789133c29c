"""kapi's answers about one person: `/v2/user/me`, token info, and the OIDC user info."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, jsonify

from .context import call_parameters, current_state
from .errors import KapiError
from .kapi_auth import caller
from .profiles import user_me as whole_user
from .profiles import userinfo_claims

Json = dict[str, Any]


def user_me() -> Response:
    """Give the person as Kakao's `/v2/user/me` does, whole or only the `property_keys` asked for."""
    state, who = current_state(), caller()
    secure = call_parameters().get("secure_resource", "false").lower() == "true"
    answer = whole_user(state, who.app, who.person, secure=secure)
    keys = string_list("property_keys")
    return jsonify(answer if keys is None else only(answer, keys))


def access_token_info() -> Response:
    """Tell whose token this is, of which app, and for how many more seconds."""
    who = caller(admin_allowed=False)
    left = int(who.expires_at - current_state().clock.now())
    return jsonify(id=who.user_id, expires_in=left, app_id=who.app.app_id)


def userinfo() -> Response:
    """Give the OIDC user info (OpenID Connect Core 5.3). Raises KapiError -402 without an OIDC login."""
    who = caller(admin_allowed=False)
    if not who.app.oidc:
        raise KapiError(-402, required_scopes=["openid"], allowed_scopes=sorted(who.app.consent_items))
    return jsonify(userinfo_claims(current_state(), who.app, who.person))


def string_list(name: str) -> list[str] | None:
    """Read a parameter that is a JSON array of strings; None if it was not sent. Raises KapiError -2."""
    raw = call_parameters().get(name)
    if not raw:
        return None
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise KapiError(-2, f"{name} must be a JSON array of strings.")
    return value


def only(answer: Json, keys: list[str]) -> Json:
    """Give the id and the parts named: `kakao_account.email`, or `kakao_account.` for all of a part."""
    chosen: Json = {name: answer[name] for name in ("id", "connected_at", "synched_at") if name in answer}
    for key in keys:
        group, _, name = key.partition(".")
        part = answer.get(group)
        if not isinstance(part, dict):
            chosen |= {group: part} if part is not None else {}
            continue
        named = {field: part[field] for field in part if _belongs(field, name)}
        chosen[group] = chosen.get(group, {}) | named
    return chosen


# What a key of `/v2/user/me` brings along besides the field of its own name.
_COMPANIONS = {
    "email": ("is_email_valid", "is_email_verified"),
    "birthday": ("birthday_type", "is_leap_month"),
    "profile": ("profile_nickname_needs_agreement", "profile_image_needs_agreement"),
}


def _belongs(field: str, name: str) -> bool:
    if name in {"", field} or field in {f"{name}_needs_agreement", f"has_{name}"}:
        return True
    return field in _COMPANIONS.get(name, ())
