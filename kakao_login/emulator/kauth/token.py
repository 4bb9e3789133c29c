"""`/oauth/token`: codes and refresh tokens against tokens, checked in Kakao's order."""

from __future__ import annotations

import secrets
from dataclasses import replace

from flask import Response, jsonify, request
from werkzeug.datastructures import MultiDict

from ..store.apps import App
from ..store.grants import DAY, REFRESH_TOKEN_RENEWAL, Agreement, Code, Link
from ..store.state import State
from ..web.context import current_state, repeated
from ..web.errors import TokenError
from ..web.limits import count_code, count_refresh
from ..webhooks.consents import change_consents
from ..webhooks.security_events import announce
from .issue import Answer, answer_with, new_access, new_refresh, scope_of
from .proof_key import check_proof_key


def token() -> Response:
    """Answer a token request (RFC 6749 4.1.3 and 6). Raises TokenError."""
    state, form = current_state(), request.form
    twice = repeated(form)
    if twice is not None:
        raise TokenError("KOE001")
    grant = {"authorization_code": _grant_code, "refresh_token": _grant_refresh}.get(form.get("grant_type", ""))
    if grant is None:
        raise TokenError("KOE310", form.get("grant_type", ""))
    app = authenticate(state, form)
    state.make_room()
    with state.lock:
        answer = grant(state, app, form)
    response = jsonify(answer)
    response.headers["Pragma"] = "no-cache"
    return response


def authenticate(state: State, form: MultiDict[str, str]) -> App:
    """Give the app that the body names and proves. A Basic header counts for nothing. Raises TokenError."""
    client_id = form.get("client_id", "")
    if not client_id and "Authorization" in request.headers:
        raise TokenError("KOE010")
    app = state.app_by_key(client_id)
    if app is None:
        raise TokenError("KOE101", client_id)
    if not app.login_enabled:
        raise TokenError("KOE004")
    if not app.takes_calls_from(request.remote_addr or ""):
        raise TokenError("KOE127", request.remote_addr or "")
    needs_secret = client_id == app.client_id and app.client_secret_enabled
    given = form.get("client_secret", "")
    if needs_secret and not secrets.compare_digest(given.encode(), app.client_secret.encode()):
        raise TokenError("KOE010")
    return app


def _grant_code(state: State, app: App, form: MultiDict[str, str]) -> Answer:
    code = state.codes.get(form.get("code", ""))
    if code is None or code.expires_at <= state.clock.now():
        raise TokenError("KOE320", form.get("code", "null"))
    if (code.client_id, code.app_id) != (form["client_id"], app.app_id):
        raise TokenError("KOE114")
    if form.get("redirect_uri", code.redirect_uri) != code.redirect_uri:
        raise TokenError("KOE303")
    check_proof_key(code.code_challenge, form.get("code_verifier"))
    count_code(state, app, code.person_id)
    # Only a request that succeeds uses the code up; a mistaken one leaves it to the app that it belongs to.
    del state.codes[code.value]
    link = _link(state, app, code)
    access = new_access(state, app, code.client_id, link, code.auth_time, code.wants_id_token)
    refresh = new_refresh(state, access)
    return answer_with(state, app, access, refresh, code.nonce) | scope_of(app, link, code.wants_id_token)


def _link(state: State, app: App, code: Code) -> Link:
    """Link the person now, for Kakao counts a login as done only when the token was fetched."""
    now, person = state.clock.now(), state.people[code.person_id]
    link = state.links.get((app.app_id, person.id))
    terms = dict.fromkeys(code.agreed_terms, Agreement(now, "KAUTH"))
    first = link is None
    if link is None:
        link = state.connect(Link(app.app_id, person.id, 0, now, signed_up=app.auto_link))
        announce(state, app, person, "user-linked", {})
    with_terms = replace(link, agreed_terms={**terms, **link.agreed_terms})
    link = change_consents(state, app, with_terms, link.agreed | code.agreed)
    if first and person.left_before:
        # News of how an earlier link ended, which comes late and must not end the new one.
        announce(state, app, person, "user-unlinked", {"reason": "UNLINK_FROM_APPS"}, int(now) - DAY)
    return link


def _grant_refresh(state: State, app: App, form: MultiDict[str, str]) -> Answer:
    value = form.get("refresh_token")
    if not value:
        raise TokenError("KOE319")
    old = state.live(state.refresh_tokens.get(value))
    if old is None or (old.client_id, old.app_id) != (form["client_id"], app.app_id):
        raise TokenError("KOE322")
    count_refresh(state, app, old.person_id)
    link = state.links[app.app_id, old.person_id]
    access = new_access(state, app, old.client_id, link, old.auth_time, old.wants_id_token)
    if old.expires_at - state.clock.now() >= REFRESH_TOKEN_RENEWAL:
        state.access_tokens[access.value] = replace(access, pair=old.value)
        return answer_with(state, app, access, None, None)
    del state.refresh_tokens[old.value]
    return answer_with(state, app, access, new_refresh(state, access), None)
