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
from .clicks import is_page, refuse_prefetch, was_clicked
from .logins import LONGEST_NEXT_IN_COOKIE, MOST_AT_ONCE, LoginState, LoginStates, find_login
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
    refuse_prefetch(request.headers)
    path = next_path(longest=LONGEST_NEXT_IN_COOKIE)
    prompt, scope = _prompt(), _scope()
    if _needs_the_button(visit):
        return render_page("login", services.locale_selector(), next_path=path)
    login_state, cookie = states.start(path)
    cookies.drop_logins(states.superfluous(cookies.logins))
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
    """Finish a login: check the state, exchange the code once, sign in, 303 to where the person was going.

    Nothing is written before it is certain that there is a code to exchange, and an answer without one stays what
    it was when it is loaded again.
    """
    visit = current_visit()
    refuse_prefetch(request.headers)
    if not is_page(request.headers):
        raise InvalidRequest("Sec-Fetch-Dest")
    unverified_state = request.args.get("state", "")
    logins = _states(visit).read(visit.cookies.logins)
    login_state = find_login(logins[:MOST_AT_ONCE], unverified_state)
    if login_state is None:
        return _answer_unknown(visit, unverified_state)
    try:
        _check_issuer(visit.services.settings.kakao.issuer)
        _check_error()
        code = _code()
        visit.services.heartbeat.start()
        if not visit.services.accounts.claim_login(login_state.state, login_state.next):
            return _answer_used(visit, login_state.next)
        over = [login_state, *logins[MOST_AT_ONCE:]]
        visit.cookies.drop_logins(login.cookie_suffix for login in over)
        return _sign_in(visit, login_state, code)
    except KakaoLoginError as error:
        error.next_path = login_state.next
        raise


def _needs_the_button(visit: Visit) -> bool:
    """Tell whether nobody has clicked, or somebody just logged out: the back button repeats a click as it was."""
    is_confirmed = "confirmed" in request.args
    is_back = visit.cookies.says_logged_out and not is_confirmed
    return is_back or not was_clicked(request.headers, is_confirmed=is_confirmed)


def _states(visit: Visit) -> LoginStates:
    return LoginStates(visit.services.codec, clock=visit.services.clock)


def _sign_in(visit: Visit, login_state: LoginState, code: str) -> Response:
    services = visit.services
    kakao_user = services.kakao.sign_in(code, code_verifier=login_state.code_verifier, nonce=login_state.nonce)
    user, host_claims = services.accounts.sign_in_with(kakao_user)
    sid = visit.start_session(services.models.key_of(user), host_claims)
    signals.user_logged_in.send(services.app, user=user, kakao_user=kakao_user, sid=sid)
    return redirect_to_next(login_state.next)


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
