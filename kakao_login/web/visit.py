"""One request: what it carries, whose it is, whether it was meant, and what goes back; each found out once.

Who sends it says ``Authorization: Bearer`` or else a cookie (RFC 6750 section 2.1).  The order matters.  Where a
cookie is the credential, the request's origin is checked before the cookie's authority is read; the CSRF token is
bound to the session, so it comes after the signature; the expiry is last, because only a request that would have
been served may be sent to be renewed.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, cast

from flask import Request, after_this_request, request
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from ..errors import CsrfFailed, DatabaseUnavailable, InvalidRequest, KakaoLoginError, LoginRequired, SessionEnded
from ..services import Services, current_services
from ..settings.urls import origin
from ..signals import EndReason
from ..tokens.codec import Token
from .cookies import Cookies
from .csrf import FIELDS, HEADER, SAFE_METHODS, check_origin, is_csrf_token, make_csrf_token
from .headers import keep_out_of_caches

logger = logging.getLogger("kakao_login.web")

_BEARER = re.compile(r"(?:^|,)\s*bearer(?![\w!#$%&'*+.^`|~-])\s*", re.IGNORECASE)
# What a browser wishes takes a line; a hundred times that would cost a second to read.
LONGEST_WISH = 1000
_VISIT = "kakao_login_visit"
_NOT_ASKED = object()
_present_request = cast("Callable[[], Request]", cast("Any", request)._get_current_object)


class Login(NamedTuple):
    """A proved credential and how it came."""

    token: Token
    by_cookie: bool

    @property
    def sid(self) -> str:
        """The id of its session."""
        return self.token.sid

    @property
    def claims(self) -> Mapping[str, Any]:
        """The claims of its access token, to be read only; a list in them has become a tuple."""
        return self.token.claims

    @property
    def user_id(self) -> Any:
        """The primary key of its user, without asking SQL whether there still is one."""
        return current_services().models.parse_key(self.token.claims["sub"])

    @property
    def auth_time(self) -> int:
        """When the person logged in, in seconds since the epoch."""
        return int(self.token.claims["auth_time"])


class Visit:
    """One request to one app.

    A login is asked for in three strengths: ``presented_login``, ``living_login`` and ``login``.  Each raises the
    ``KakaoLoginError`` that says what is missing.
    """

    def __init__(self, request: Request, services: Services) -> None:
        self.request = request
        self.services = services
        self.cookies = Cookies(request, services.settings)
        """The cookies that came, and those that go back."""
        self._is_kept_out_of_caches = False
        self._presented: Login | None = None
        self._needs_csrf_token = False
        self._is_living = False
        self._login: Login | None = None
        self._is_nobody = False
        self._user: Any = _NOT_ASKED

    @property
    def bearer(self) -> str | None:
        """The unverified token of ``Authorization: Bearer``, or None if another scheme or none was sent."""
        header: str = self.request.environ.get("HTTP_AUTHORIZATION", "")
        found = _BEARER.search(header) if header else None
        # Anything that names the scheme is taken for it, so that no odd spelling falls back to the cookies.
        return header[found.end() :].strip() if found else None

    @property
    def is_navigation(self) -> bool:
        """Whether a person's browser opens a page, rather than a program calling an API."""
        mode = self.request.headers.get("Sec-Fetch-Mode")
        if mode is not None:
            return mode == "navigate"
        accept = parse_accept_header(self.request.environ.get("HTTP_ACCEPT", "")[:LONGEST_WISH], MIMEAccept)
        return accept["text/html"] > accept["application/json"]

    @property
    def client(self) -> dict[str, str]:
        """What a session remembers of who started it, as hints for the list of devices."""
        return {"user_agent": self.request.user_agent.string, "ip": self.request.remote_addr or ""}

    def presented_login(self) -> Login:
        """Give the login that the request's access token is of, even if it ran out or the session is over.

        A cookie counts only if an unsafe request comes from this site.
        """
        if self._presented is None:
            unverified_bearer = self.bearer
            unverified_token = self._cookie_token() if unverified_bearer is None else unverified_bearer
            token = self.services.codec.decode("access", unverified_token, now=self.services.clock())
            self._presented = Login(token, unverified_bearer is None)
        return self._presented

    def living_login(self) -> Login:
        """Give the login of a session that is not over, even if its access token ran out.

        An unsafe request by cookie must carry the session's CSRF token, unless the browser vouches for its origin.
        """
        login = self.presented_login()
        if not self._is_living:
            if self.services.ends.has_ended(login.token.sid):
                raise self.forget(login)
            if not self.is_meant(login.token.sid):
                raise CsrfFailed
            self._is_living = True
        return login

    def check_origin(self) -> None:
        """Raise ``CsrfFailed`` for a request of another site, whose browser sends our cookies along."""
        trusted = self.services.settings.trusted_origins
        self._needs_csrf_token = check_origin(self.request.headers, self._own_origins(), trusted)

    def is_meant(self, sid: str) -> bool:
        """Tell whether the request carries the session's CSRF token, or needs none."""
        if not self._needs_csrf_token:
            return True
        return is_csrf_token(self.services.keys, sid, self._unverified_csrf_tokens())

    def excuse_csrf_token(self) -> None:
        """Ask for none: the request only leads on to where it is asked for, and its body is not for us to read."""
        self.presented_login()
        self._needs_csrf_token = False

    def login(self) -> Login:
        """Give the login of a session that is not over, with a token that has not run out; it is noted as used."""
        if self._login is None:
            # Whatever asks who is there depends on the answer, also when it is that nobody is.
            self.no_store()
            self.require_https()
            login, services = self.living_login(), self.services
            login.token.check_expiry(services.clock())
            services.heartbeat.start()
            services.activity.note(login.token.sid, login.token.generation)
            self._login = login
        return self._login

    @property
    def login_or_none(self) -> Login | None:
        """The login, or None if there is none for whatever reason."""
        if self._login is None and not self._is_nobody:
            try:
                return self.login()
            except CsrfFailed:
                logger.warning("Nobody is logged in for %s: the request was not meant.", self.request.endpoint)
                self._is_nobody = True
            except KakaoLoginError:
                self._is_nobody = True
        return self._login

    @property
    def user(self) -> Any:
        """The User of the login in the host's own ``db.session``, loaded when first asked for, or None."""
        if self._user is _NOT_ASKED:
            # Nobody, until it is known who: the page of an error that comes now may ask again.
            self._user = None
            login = self.login_or_none
            if login is not None:
                self._user = self.services.users.of_session(login.token.sid)
                if self._user is None:
                    raise self.forget(login)
        return self._user

    @property
    def csrf_token(self) -> str:
        """The CSRF token of the login for a form, or an empty text without one."""
        login = self.login_or_none
        return make_csrf_token(self.services.keys, login.token.sid) if login else ""

    def start_session(self, user_id: Any, host_claims: Mapping[str, Any]) -> str:
        """Log a proved user in by cookies and give the session's id; the rest of this request is the new login's.

        Raises what ``Services.start_session`` does.
        """
        pair = self.services.start_session(
            user_id, host_claims, "cookie", replaces=self._held_sid(), **self.client
        )
        self.no_store()
        self.cookies.set_pair(pair)
        self.cookies.forget_logged_out()
        token = self.services.codec.decode("access", pair.access_token, now=self.services.clock())
        self._become(Login(token, by_cookie=True))
        return token.sid

    def _held_sid(self) -> str | None:
        """Give the session that this browser holds: with its cookies replaced, nobody could end it any more."""
        try:
            held = self.presented_login()
        except KakaoLoginError:
            return None
        return held.sid if held.by_cookie else None

    def leave(self) -> None:
        """Delete the cookies of a login that its user has ended; the rest of this request is nobody's."""
        self.cookies.clear_pair()
        self.cookies.say_logged_out()
        self._become(None)

    def _become(self, login: Login | None) -> None:
        self._presented = self._login = login
        self._is_living, self._is_nobody = login is not None, login is None
        self._needs_csrf_token, self._user = False, _NOT_ASKED

    def forget(self, login: Login) -> SessionEnded:
        """Delete the cookies of a login whose session is surely over, and give the error that says so.

        Not those of a session that a new login of the same browser has replaced: the cookies are the new login's
        by now, and a late answer to a request that was under way would delete them.
        """
        if login.by_cookie and not self._was_replaced(login):
            self.cookies.clear_pair()
        return SessionEnded()

    def ask_no_user(self) -> None:
        """Leave the user at nobody if it was not asked for yet: the page of an error must not fail again."""
        self._user = None if self._user is _NOT_ASKED else self._user

    def no_store(self) -> None:
        """Keep the answer to this request out of every cache, whatever it turns out to be."""
        if not self._is_kept_out_of_caches:
            self._is_kept_out_of_caches = True
            after_this_request(keep_out_of_caches)

    def require_https(self) -> None:
        """Raise ``InvalidRequest`` on plain http outside debug and testing."""
        if not self.services.settings.development and not self.request.is_secure:
            raise InvalidRequest("HTTPS is required; behind a proxy, set KAKAO_LOGIN_PROXY_HOPS")

    def _cookie_token(self) -> str:
        unverified_token = self.cookies.access_token
        if unverified_token is None:
            raise LoginRequired
        if self.request.method not in SAFE_METHODS:
            self.check_origin()
        return unverified_token

    def _own_origins(self) -> set[str]:
        present = f"{self.request.scheme}://{self.request.host}"
        return {origin(present), origin(self.services.settings.kakao.redirect_uri)}

    def _unverified_csrf_tokens(self) -> Iterator[str]:
        yield self.request.headers.get(HEADER, "")
        # The body is read only where the header did not do, and only now that it is known who asks.
        yield from (self.request.form.get(field, "") for field in FIELDS)

    def _was_replaced(self, login: Login) -> bool:
        try:
            return self.services.ends.reason_of(login.token.sid) == EndReason.REPLACED
        except DatabaseUnavailable:
            return True


def current_visit() -> Visit:
    """Give the visit that the present request is.

    It is kept with the request and not in ``g``, which outlives it inside an app context of somebody else.
    """
    present = _present_request()
    visit: Visit | None = present.__dict__.get(_VISIT)
    if visit is None:
        visit = present.__dict__[_VISIT] = Visit(present, current_services())
    return visit
