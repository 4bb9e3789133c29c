"""The id_token: its claims, and the ways to spoil one so that a client can show that it looks."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import jwt

from .apps import App
from .grants import Token
from .keys import new_signing_key
from .personas import Person
from .profiles import granted_profile
from .state import State

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


def sign_id_token(state: State, claims: Claims) -> str:
    """Sign the claims, spoiled if a fault was ordered for `id_token`."""
    fault = state.faults.take("id_token")
    if fault is None:
        return state.keys.sign(claims)
    if fault.fault in _WRONG_CLAIMS:
        return state.keys.sign(claims | _WRONG_CLAIMS[fault.fault](claims))
    if fault.fault in _WRONG_SIGNATURES:
        return _WRONG_SIGNATURES[fault.fault](state, claims)
    missing = fault.fault.removeprefix("no_")
    return state.keys.sign({name: value for name, value in claims.items() if name != missing})


def _alg_none(_state: State, claims: Claims) -> str:
    return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(claims)}."


def _hs256(state: State, claims: Claims) -> str:
    app = state.app_by_key(claims["aud"])
    secret = app.client_secret if app else ""
    header = {"alg": "HS256", "typ": "JWT", "kid": state.keys.published()[0].kid}
    signed = f"{_part(header)}.{_part(claims)}".encode()
    algorithm = jwt.get_algorithm_by_name("HS256")
    return f"{signed.decode()}.{_base64url(algorithm.sign(signed, secret.encode()))}"


def _signed_by_stranger(claims: Claims, kid: str | None) -> str:
    headers = {"typ": "JWT"} | ({"kid": kid} if kid else {})
    return jwt.encode(claims, new_signing_key().private_key, "RS256", headers=headers)


def _unknown_kid(_state: State, claims: Claims) -> str:
    return _signed_by_stranger(claims, "0" * 30)


def _bad_signature(state: State, claims: Claims) -> str:
    return _signed_by_stranger(claims, state.keys.published()[0].kid)


def _no_kid(state: State, claims: Claims) -> str:
    return jwt.encode(claims, state.keys.published()[0].private_key, "RS256", headers={"typ": "JWT"})


def _not_a_jwt(_state: State, _claims: Claims) -> str:
    return "not.a.jwt"


def _security_event(state: State, claims: Claims) -> str:
    return state.keys.sign(claims | {"events": {}}, typ="secevent+jwt")


def _part(content: Claims) -> str:
    return _base64url(json.dumps(content, separators=(",", ":")).encode())


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


_WRONG_CLAIMS: dict[str, Callable[[Claims], Claims]] = {
    "wrong_iss": lambda claims: {"iss": f"{claims['iss']}.example"},
    "wrong_aud": lambda _claims: {"aud": "some-other-app-key"},
    "wrong_nonce": lambda _claims: {"nonce": "a-nonce-of-another-login"},
    "wrong_sub": lambda claims: {"sub": str(int(claims["sub"]) + 1)},
    "expired": lambda claims: {"iat": claims["iat"] - 7200, "exp": claims["iat"] - 3600},
    "future_iat": lambda claims: {"iat": claims["iat"] + 3600, "exp": claims["exp"] + 3600},
}
_WRONG_SIGNATURES: dict[str, Callable[[State, Claims], str]] = {
    "alg_none": _alg_none,
    "hs256": _hs256,
    "unknown_kid": _unknown_kid,
    "bad_signature": _bad_signature,
    "no_kid": _no_kid,
    "not_a_jwt": _not_a_jwt,
    "security_event": _security_event,
}
