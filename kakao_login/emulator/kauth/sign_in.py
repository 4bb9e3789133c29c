"""A browser's session at Kakao: who is logged in there, and the cookie that says so."""

from __future__ import annotations

import secrets

from flask import Response, request

from ..store.grants import LONG_SESSION_LIFETIME, SESSION_LIFETIME, AutoSignIn, Session
from ..store.personas import Person
from ..store.state import EVERY_BROWSER
from ..web.context import current_state

SESSION_COOKIE = "emulated_kakao_session"
# A test or a person may give a browser a name; `PUT /emulator/browser` can then speak of that browser alone.
BROWSER_COOKIE = "emulated_kakao_browser"


def current_session() -> Session | None:
    """Give the live session of this browser, or None."""
    state = current_state()
    session = state.sessions.get(request.cookies.get(SESSION_COOKIE, ""))
    if session is None or session.expires_at <= state.clock.now() or session.person_id not in state.people:
        return None
    return session


def auto_sign_in() -> AutoSignIn | None:
    """Give who signs in here without pages: as set for this browser, else as set for every browser."""
    browsers = current_state().browsers
    return browsers.get(request.cookies.get(BROWSER_COOKIE, EVERY_BROWSER)) or browsers.get(EVERY_BROWSER)


def start_session(response: Response, person: Person, stay: bool) -> None:
    """Log the browser in: for 24 hours, which use does not extend, or for a month if it stays logged in."""
    state = current_state()
    now, value = state.clock.now(), secrets.token_urlsafe(32)
    state.sessions[value] = Session(person.id, now, now + (LONG_SESSION_LIFETIME if stay else SESSION_LIFETIME))
    max_age = LONG_SESSION_LIFETIME if stay else None
    response.set_cookie(SESSION_COOKIE, value, max_age=max_age, httponly=True, samesite="Lax")


def end_session(response: Response) -> None:
    """Log the browser out of Kakao."""
    current_state().sessions.pop(request.cookies.get(SESSION_COOKIE, ""), None)
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="Lax")
