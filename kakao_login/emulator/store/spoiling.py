"""Signing, and the ways to spoil a signed token on order, so that a client can show that it looks."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import jwt

from .keys import jws, new_signing_key
from .state import State

Json = dict[str, Any]


def sign_spoiled(state: State, claims: Json, kind: str, typ: str = "JWT") -> str:
    """Sign the claims, spoiled if a fault was ordered for `kind`: `id_token` or `security_event`."""
    fault = state.faults.take(kind)
    if fault is None:
        return state.keys.sign(claims, typ)
    if fault.fault in _WRONG_CLAIMS:
        return state.keys.sign(claims | _WRONG_CLAIMS[fault.fault](claims, int(state.clock.now())), typ)
    if fault.fault in _WRONG_SIGNATURES:
        return _WRONG_SIGNATURES[fault.fault](state, claims, typ)
    missing = fault.fault.removeprefix("no_")
    return state.keys.sign({name: value for name, value in claims.items() if name != missing}, typ)


def _alg_none(_state: State, claims: Json, typ: str) -> str:
    return f"{_part({'alg': 'none', 'typ': typ})}.{_part(claims)}."


def _hs256(state: State, claims: Json, typ: str) -> str:
    app = state.app_by_key(claims["aud"])
    secret = app.client_secret if app else ""
    header = {"alg": "HS256", "typ": typ, "kid": state.keys.published()[0].kid}
    signed = f"{_part(header)}.{_part(claims)}".encode()
    algorithm = jwt.get_algorithm_by_name("HS256")
    return f"{signed.decode()}.{_base64url(algorithm.sign(signed, secret.encode()))}"


def _signed_by_stranger(claims: Json, kid: str, typ: str) -> str:
    return jws(claims, new_signing_key(), {"typ": typ, "kid": kid})


def _unknown_kid(_state: State, claims: Json, typ: str) -> str:
    return _signed_by_stranger(claims, "0" * 30, typ)


def _bad_signature(state: State, claims: Json, typ: str) -> str:
    return _signed_by_stranger(claims, state.keys.published()[0].kid, typ)


def _no_kid(state: State, claims: Json, typ: str) -> str:
    return jws(claims, state.keys.published()[0], {"typ": typ})


def _not_a_jwt(_state: State, _claims: Json, _typ: str) -> str:
    return "not.a.jwt"


def _wrong_kind(state: State, claims: Json, typ: str) -> str:
    """Sign as the other kind of token, which must never pass for this one (RFC 8725 3.11)."""
    other = "JWT" if typ == "secevent+jwt" else "secevent+jwt"
    return state.keys.sign({"events": {}} | claims, typ=other)


def _part(content: Json) -> str:
    return _base64url(json.dumps(content, separators=(",", ":")).encode())


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


_WRONG_CLAIMS: dict[str, Callable[[Json, int], Json]] = {
    "wrong_iss": lambda claims, _now: {"iss": f"{claims['iss']}.example"},
    "wrong_aud": lambda _claims, _now: {"aud": "some-other-app-key"},
    "wrong_nonce": lambda _claims, _now: {"nonce": "a-nonce-of-another-login"},
    "wrong_sub": lambda claims, _now: {"sub": f"{claims['sub']}1"},
    "expired": lambda _claims, now: {"iat": now - 7200, "exp": now - 3600},
    "future_iat": lambda _claims, now: {"iat": now + 3600, "exp": now + 7200},
}
_WRONG_SIGNATURES: dict[str, Callable[[State, Json, str], str]] = {
    "alg_none": _alg_none,
    "hs256": _hs256,
    "unknown_kid": _unknown_kid,
    "bad_signature": _bad_signature,
    "no_kid": _no_kid,
    "not_a_jwt": _not_a_jwt,
    "wrong_kind": _wrong_kind,
}
