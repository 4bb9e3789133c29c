"""Making tokens: values, lifetimes, and the body that carries them."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

from ..store.apps import App
from ..store.grants import REFRESH_TOKEN_LIFETIME, Link, Token
from ..store.profiles import agreed_items
from ..store.spoiling import sign_spoiled
from ..store.state import State
from .id_token import claims_for

Answer = dict[str, Any]
HOUR = 3600


def new_access(
    state: State, app: App, client_id: str, link: Link, auth_time: float, wants_id_token: bool
) -> Token:
    hours = {app.javascript_key: 2, app.native_key: 12}.get(client_id, 6)
    access = Token(
        value=secrets.token_urlsafe(40),
        app_id=app.app_id,
        person_id=link.person_id,
        client_id=client_id,
        epoch=link.epoch,
        expires_at=state.clock.now() + hours * HOUR,
        auth_time=auth_time,
        wants_id_token=wants_id_token,
    )
    state.access_tokens[access.value] = access
    return access


def new_refresh(state: State, access: Token) -> Token:
    expires_at = state.clock.now() + REFRESH_TOKEN_LIFETIME
    refresh = replace(access, value=secrets.token_urlsafe(40), expires_at=expires_at)
    state.refresh_tokens[refresh.value] = refresh
    state.access_tokens[access.value] = replace(access, pair=refresh.value)
    return refresh


def answer_with(state: State, app: App, access: Token, refresh: Token | None, nonce: str | None) -> Answer:
    now = state.clock.now()
    answer: Answer = {
        "access_token": access.value,
        "token_type": "bearer",
        # Kakao rounds down: a token of six hours is announced with 21599 seconds.
        "expires_in": _whole_seconds(access, now),
    }
    if refresh is not None:
        answer |= {"refresh_token": refresh.value, "refresh_token_expires_in": _whole_seconds(refresh, now)}
    if app.oidc and access.wants_id_token:
        claims = claims_for(state, app, state.people[access.person_id], access, nonce)
        answer["id_token"] = sign_spoiled(state, claims, "id_token")
    return answer


def _whole_seconds(token: Token, now: float) -> int:
    return int(token.expires_at - now - 1e-6)


def scope_of(app: App, link: Link, with_openid: bool) -> Answer:
    scope = sorted(agreed_items(app, link) | ({"openid"} if with_openid else set()))
    return {"scope": " ".join(scope)} if scope else {}
