"""A person's way to Kakao and back: ``/auth/kakao/login`` and ``/auth/kakao/callback``."""

from __future__ import annotations

from flask import redirect, request
from werkzeug.wrappers import Response

from .. import signals
from ..errors import (
    AccessDenied,
    CodeUsed,
    InvalidRequest,
    InvalidState,
    KakaoLoginError,
    KakaoRejected,
    KakaoUnavailable,
)
from .answers import render_page
from .logins import LONGEST_NEXT_IN_COOKIE, LoginState, LoginStates, find_login
from .next_path import next_path, redirect_to_next
from .visit import Visit, current_visit

_PROMPTS = frozenset({"login", "create", "select_account"})
# Kakao's consent item ids; which of them the app may ask for is set in Kakao's console.
_CONSENT_ITEMS = frozenset(
    {
        *("openid", "profile", "profile_nickname", "profile_image", "account_email", "account_ci"),
        *("name", "gender", "age_range", "birthday", "birthyear", "phone_number", "shipping_address"),
        *("friends", "talk_message", "talk_calendar", "plusfriends"),
    }
)
_LONGEST_CODE = 1024
_SAID_NO = frozenset({"access_denied", "login_required", "consent_required", "interaction_required"})
_TRY_LATER = frozenset({"server_error", "temporarily_unavailable"})


def login() -> Response:
    """Start a login: 302 to Kakao with state, nonce and PKCE, the secrets in a cookie of this login alone."""
    visit = current_visit()
    services, cookies, states = visit.services, visit.cookies, _states(visit)
    path = next_path(longest=LONGEST_NEXT_IN_COOKIE)
    prompt, scope = _prompt(), _scope()
    if _needs_a_click():
        return render_page("login", services.locale_selector(), next_path=path)
    login_state, cookie = states.start(path)
    cookies.keep_logins(states.read(cookies.logins), room_for=1)
    cookies.set_login(login_state, cookie)
    url = services.kakao.authorization_url(
        state=login_state.state,
        code_verifier=login_state.code_verifier,
        nonce=login_state.nonce,
        prompt=prompt,
        scope=scope,
    )
    return redirect(url, 302)


def callback() -> Response:
    """Finish a login: check the state, exchange the code once, sign in, 303 to where the person was going."""
    visit = current_visit()
    unverified_state = request.args.get("state", "")
    logins = _states(visit).read(visit.cookies.logins)
    login_state = find_login(logins, unverified_state)
    if login_state is None:
        return _answer_unknown(visit, unverified_state)
    try:
        _check_issuer(visit.services.settings.kakao.issuer)
        if not visit.services.accounts.claim_login(login_state.state, login_state.next):
            return _answer_used(visit, login_state.next)
        visit.cookies.keep_logins([other for other in logins if other is not login_state])
        _check_error()
        return _sign_in(visit, login_state, _code())
    except KakaoLoginError as error:
        error.next_path = login_state.next
        raise


def _states(visit: Visit) -> LoginStates:
    return LoginStates(visit.services.codec, clock=visit.services.clock)


def _sign_in(visit: Visit, login_state: LoginState, code: str) -> Response:
    services = visit.services
    kakao_user = services.kakao.sign_in(code, code_verifier=login_state.code_verifier, nonce=login_state.nonce)
    user = services.accounts.sign_in_with(kakao_user)
    row = services.sessions.start(
        services.models.key_of(user),
        user_agent=request.user_agent.string,
        ip=request.remote_addr or "",
        replaces=_previous_sid(visit),
    )
    visit.cookies.set_pair(services.pairs.make(row))
    signals.user_logged_in.send(services.app, user=user, kakao_user=kakao_user, sid=row.id)
    return redirect_to_next(login_state.next)


def _previous_sid(visit: Visit) -> str | None:
    """Give the session that this browser held: its cookies are replaced, so nobody could end it later."""
    try:
        previous = visit.presented_login()
    except KakaoLoginError:
        return None
    return previous.sid if previous.by_cookie else None


def _answer_unknown(visit: Visit, unverified_state: str) -> Response:
    """A reload of a used callback has no cookie any more, but its login is known to have been used."""
    used_next = visit.services.accounts.next_of_used_login(unverified_state) if unverified_state else None
    if used_next is None:
        raise InvalidState
    return _answer_used(visit, used_next)


def _answer_used(visit: Visit, used_next: str) -> Response:
    try:
        visit.living_login()
    except KakaoLoginError as error:
        used = CodeUsed()
        used.next_path = used_next
        raise used from error
    return redirect_to_next(used_next)


def _check_issuer(expected: str) -> None:
    """RFC 9207 section 2.4: an issuer that is named must be the one we sent the browser to."""
    issuer = request.args.get("iss")
    if issuer is not None and issuer != expected:
        raise InvalidRequest("iss")


def _check_error() -> None:
    unverified_error = request.args.get("error")
    if unverified_error is None:
        return
    if unverified_error in _SAID_NO:
        raise AccessDenied
    if unverified_error in _TRY_LATER:
        raise KakaoUnavailable
    raise KakaoRejected


def _code() -> str:
    code = request.args.get("code", "")
    if not code or len(code) > _LONGEST_CODE or not code.isascii() or not code.isprintable():
        raise InvalidRequest("code")
    return code


def _prompt() -> str | None:
    prompt = request.args.get("prompt")
    if prompt is not None and prompt not in _PROMPTS:
        raise InvalidRequest("prompt")
    return prompt


def _scope() -> tuple[str, ...] | None:
    scope = tuple(request.args.get("scope", "").replace(",", " ").split())
    if not _CONSENT_ITEMS.issuperset(scope):
        raise InvalidRequest("scope")
    return scope or None


def _needs_a_click() -> bool:
    """Tell whether nobody may have wanted this login: a live session at Kakao would ask nothing any more.

    Another site must not be able to sign a visitor in, and the back button after a logout must not do it either:
    it opens the guarded page again, which leads here without a click (Fetch Metadata, section 2.4).
    """
    headers = request.headers
    if headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
        return True
    by_browser_alone = headers.get("Sec-Fetch-Dest") == "document" and headers.get("Sec-Fetch-User") != "?1"
    return by_browser_alone and "confirmed" not in request.args
