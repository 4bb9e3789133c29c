"""The routes of kapi.kakao.com."""

from __future__ import annotations

from flask import Blueprint

from .kapi_user import access_token_info, user_me, userinfo


def kapi() -> Blueprint:
    """Make the blueprint; an endpoint's name is also its name for faults and in the log of requests."""
    blueprint = Blueprint("kapi", __name__)
    route = blueprint.add_url_rule
    route("/v2/user/me", view_func=user_me, methods=["GET", "POST"])
    route("/v1/user/access_token_info", view_func=access_token_info)
    route("/v1/oidc/userinfo", view_func=userinfo, methods=["GET", "POST"])
    return blueprint
