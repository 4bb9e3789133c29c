"""`/oauth/tokeninfo`: Kakao's debugging aid that shows what an id_token holds."""

from __future__ import annotations

from typing import Any

import jwt
from flask import Response, jsonify, request

from ..store.state import State
from ..web.context import current_state
from ..web.errors import TokenError


def tokeninfo() -> Response:
    """Give the payload of the posted `id_token`. Raises TokenError KOE400 to KOE403."""
    state, unverified = current_state(), request.form.get("id_token", "")
    try:
        header, claims = jwt.get_unverified_header(unverified), _unverified_claims(unverified)
    except (jwt.PyJWTError, ValueError) as error:
        raise TokenError("KOE400") from error
    if claims.get("iss") != state.issuer:
        raise TokenError("KOE401")
    _check_signature(state, unverified, header.get("kid"))
    if not isinstance(claims.get("exp"), int) or claims["exp"] <= state.clock.now():
        raise TokenError("KOE403")
    return jsonify(claims)


def _unverified_claims(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def _check_signature(state: State, token: str, kid: str | None) -> None:
    key = next((key for key in state.keys.published() if key.kid == kid), None)
    if key is None:
        raise TokenError("KOE402")
    # Whose token it is and when it ends is judged apart, for each of these has a code of its own.
    try:
        jwt.PyJWS().decode(token, key.private_key.public_key(), algorithms=["RS256"])
    except jwt.PyJWTError as error:
        raise TokenError("KOE402") from error
