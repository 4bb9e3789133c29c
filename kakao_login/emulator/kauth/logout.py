"""`/oauth/logout`: the page where a person leaves the service, or the Kakao Account with it."""

from __future__ import annotations

from flask import Response, make_response, render_template, request

from ..store.apps import App
from ..web.context import current_state, repeated
from ..web.errors import KakaoPageError, found, with_parameters
from .sign_in import current_session, end_session


def logout_page() -> Response:
    """Lead back to the app's logout redirect URI, asking first if a Kakao session is live.

    No token is revoked: the app ends its own session when the browser comes back. Raises KakaoPageError.
    """
    app, location = _checked()
    if request.form.get("action") == "cancel":
        return make_response(render_template("stayed.html", app=app))
    if request.method == "POST":
        response = found(location)
        if request.form.get("action") == "account":
            end_session(response)
        return response
    if current_session() is None:
        return found(location)
    return make_response(render_template("logout.html", app=app))


def _checked() -> tuple[App, str]:
    parameters = request.args
    twice = repeated(parameters)
    if twice is not None:
        raise KakaoPageError("KOE001", twice)
    client_id = parameters.get("client_id", "")
    app = current_state().app_by_key(client_id)
    if app is None:
        raise KakaoPageError("KOE101", f"Not exist client_id {client_id}")
    uri = parameters.get("logout_redirect_uri")
    if not uri:
        raise KakaoPageError("KOE207", "logout_redirect_uri")
    if uri not in app.logout_redirect_uris:
        raise KakaoPageError("KOE007", uri, known=app.logout_redirect_uris)
    return app, with_parameters(uri, {"state": parameters["state"]}) if "state" in parameters else uri
