"""The routes of kauth.kakao.com."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from ..web.context import current_state
from .authorize import authorize
from .logout import logout_page
from .token import token
from .token_info import tokeninfo

CLAIMS = ["iss", "aud", "sub", "auth_time", "exp", "iat", "nonce", "nickname", "picture", "email"]


def discovery() -> Response:
    """Give the provider metadata (OpenID Connect Discovery 3)."""
    state = current_state()
    issuer, api_url = state.issuer.rstrip("/"), state.api_url.rstrip("/")
    return jsonify(
        issuer=state.issuer,
        authorization_endpoint=f"{issuer}/oauth/authorize",
        token_endpoint=f"{issuer}/oauth/token",
        userinfo_endpoint=f"{api_url}/v1/oidc/userinfo",
        jwks_uri=f"{issuer}/.well-known/jwks.json",
        token_endpoint_auth_methods_supported=["client_secret_post"],
        subject_types_supported=["public"],
        id_token_signing_alg_values_supported=["RS256"],
        request_uri_parameter_supported=False,
        response_types_supported=["code"],
        response_modes_supported=["query"],
        grant_types_supported=["authorization_code", "refresh_token"],
        code_challenge_methods_supported=["S256"],
        claims_supported=CLAIMS,
    )


def jwks() -> Response:
    """Give the public signing keys (RFC 7517)."""
    return jsonify(current_state().keys.jwks())


def kauth() -> Blueprint:
    """Make the blueprint; an endpoint's name is also its name for faults and in the log of requests."""
    blueprint = Blueprint("kauth", __name__)
    route = blueprint.add_url_rule
    route("/oauth/authorize", view_func=authorize, methods=["GET", "POST"])
    route("/oauth/token", view_func=token, methods=["POST"])
    route("/oauth/tokeninfo", view_func=tokeninfo, methods=["POST"])
    route("/oauth/logout", view_func=logout_page, methods=["GET", "POST"])
    route("/.well-known/openid-configuration", view_func=discovery)
    route("/.well-known/jwks.json", view_func=jwks)
    return blueprint
