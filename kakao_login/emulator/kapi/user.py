"""kapi's answers about one person: `/v2/user/me`, token info, and the OIDC user info."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify

from ..store.profiles import agreed_items, link_of, userinfo_claims
from ..store.profiles import user_me as whole_user
from ..web.context import current_state
from ..web.errors import KapiError
from .auth import caller, caller_by_token
from .parameters import choice, string_list

Json = dict[str, Any]


def user_me() -> Response:
    """Give the person as Kakao's `/v2/user/me` does, whole or only the `property_keys` asked for."""
    state, who = current_state(), caller()
    secure = choice("secure_resource", "false", "true") == "true"
    answer = whole_user(state, who.app, who.person, secure=secure)
    keys = string_list("property_keys")
    return jsonify(answer if keys is None else only(answer, keys))


def access_token_info() -> Response:
    """Tell whose token this is, of which app, and for how many more seconds."""
    who = caller_by_token()
    left = int(who.token.expires_at - current_state().clock.now())
    return jsonify(id=who.user_id, expires_in=left, app_id=who.app.app_id)


def userinfo() -> Response:
    """Give the OIDC user info (OpenID Connect Core 5.3). Raises KapiError -402 without an OIDC login."""
    state, who = current_state(), caller_by_token()
    if not who.app.oidc or not who.token.wants_id_token:
        allowed = sorted(agreed_items(who.app, link_of(state, who.app, who.person)))
        raise KapiError(-402, api_type="OIDC_USERINFO", required_scopes=["openid"], allowed_scopes=allowed)
    return jsonify(userinfo_claims(state, who.app, who.person))


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
