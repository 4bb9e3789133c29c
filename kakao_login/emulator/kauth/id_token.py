"""The claims of an id_token."""

from __future__ import annotations

from typing import Any

from ..store.apps import App
from ..store.grants import Token
from ..store.personas import Person
from ..store.profiles import granted_profile
from ..store.state import State

Claims = dict[str, Any]


def claims_for(state: State, app: App, person: Person, token: Token, nonce: str | None) -> Claims:
    """Give Kakao's claims: `sub` is text, `exp` is that of the access token, `email` only if it is sure."""
    claims: Claims = {
        "iss": state.issuer,
        "aud": token.client_id,
        "sub": str(person.id + app.user_id_offset),
        "auth_time": int(token.auth_time),
        "iat": int(state.clock.now()),
        "exp": int(token.expires_at),
    }
    if nonce is not None:
        claims["nonce"] = nonce
    profile = granted_profile(state, app, person)
    return claims | {name: profile[name] for name in ("nickname", "picture", "email") if name in profile}
