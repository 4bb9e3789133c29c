"""The routes of kapi.kakao.com."""

from __future__ import annotations

from flask import Blueprint, request

from ..web.context import repeated
from ..web.errors import KapiError
from .admin import app_users, user_ids
from .consent import (
    revoke_scopes,
    revoke_service_terms,
    scopes,
    service_terms,
    upgrade_service_terms,
)
from .link import logout, signup, unlink, update_profile
from .shipping import shipping_addresses
from .user import access_token_info, user_me, userinfo


def _refuse_repeated() -> None:
    for parameters in (request.args, request.form):
        name = repeated(parameters)
        if name is not None:
            raise KapiError(-2, f"{name} was sent more than once.")


def kapi() -> Blueprint:
    """Make the blueprint; an endpoint's name is also its name for faults and in the log of requests."""
    blueprint = Blueprint("kapi", __name__)
    blueprint.before_request(_refuse_repeated)
    route = blueprint.add_url_rule
    route("/v2/user/me", view_func=user_me, methods=["GET", "POST"])
    route("/v1/user/access_token_info", view_func=access_token_info)
    route("/v1/oidc/userinfo", view_func=userinfo, methods=["GET", "POST"])
    route("/v1/user/logout", view_func=logout, methods=["POST"])
    route("/v1/user/unlink", view_func=unlink, methods=["POST"])
    route("/v1/user/signup", view_func=signup, methods=["POST"])
    route("/v1/user/update_profile", view_func=update_profile, methods=["POST"])
    route("/v2/user/scopes", view_func=scopes)
    route("/v2/user/revoke/scopes", view_func=revoke_scopes, methods=["POST"])
    route("/v2/user/service_terms", view_func=service_terms)
    route("/v2/user/revoke/service_terms", view_func=revoke_service_terms, methods=["POST"])
    route("/v2/user/upgrade/service_terms", view_func=upgrade_service_terms, methods=["POST"])
    route("/v1/user/shipping_address", view_func=shipping_addresses)
    route("/v1/user/ids", view_func=user_ids)
    route("/v2/app/users", view_func=app_users)
    return blueprint
