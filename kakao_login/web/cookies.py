"""The cookies: their names by scheme, and the one place that reads, sets and deletes them.

RFC 6265bis section 4.1.3 for the prefixes: ``__Host-`` keeps sibling subdomains from setting the cookie,
``__Host-Http-`` scripts as well; ``__Secure-`` is what a cookie with a path of its own may have.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from flask import Request, Response, after_this_request

from ..errors import DuplicateCookie
from ..settings.values import Settings
from ..tokens.pair import TokenPair
from .logins import LIFETIME, LoginState

# RFC 6265bis section 5.5: browsers cut longer lives down to this.
_LONGEST_AGE = 400 * 24 * 60 * 60
_LOGGED_OUT_AGE = 10 * 60
_MOST_DROPPED = 8
# A login cookie's name ends like this; any other was planted and is left alone.
_SUFFIX = re.compile("[0-9a-f]{16}")


@dataclass(frozen=True)
class Names:
    """The cookie names of one scheme."""

    access: str
    refresh: str
    login: str
    logged_out: str
    secure: bool


def _names(settings: Settings, *, secure: bool) -> Names:
    # Safari drops Secure cookies on http://localhost, so development over plain http goes without the prefixes.
    host, own_path = ("__Host-Http-", "__Secure-") if secure else ("", "")
    return Names(
        access=f"{host}{settings.access_cookie_name}",
        refresh=f"{own_path}{settings.refresh_cookie_name}",
        login=f"{host}login_",
        logged_out=f"{host}logged_out",
        secure=secure,
    )


class Cookies:
    """The cookies of one request."""

    def __init__(self, request: Request, settings: Settings) -> None:
        secure = not settings.development or (settings.cookie_secure and request.is_secure)
        self._request = request
        self._header: str = request.environ.get("HTTP_COOKIE", "")
        self._settings = settings
        self._names = _names(settings, secure=secure)

    @property
    def access_token(self) -> str | None:
        """The unverified access token, or None; raises ``DuplicateCookie``."""
        return self._read(self._names.access)

    @property
    def refresh_tokens(self) -> list[str]:
        """The unverified refresh tokens, of which a sibling subdomain may have planted some."""
        return self._values(self._names.refresh)

    @property
    def says_logged_out(self) -> bool:
        """Whether somebody logged out in this browser a short while ago."""
        return bool(self._values(self._names.logged_out))

    @property
    def logins(self) -> dict[str, str]:
        """The unverified login cookies by the last part of their names; a name sent twice is left out."""
        prefix = self._names.login
        found = [(name.removeprefix(prefix), value) for name, value in self._pairs() if name.startswith(prefix)]
        times = Counter(suffix for suffix, _ in found)
        return {suffix: value for suffix, value in found if times[suffix] == 1 and _SUFFIX.fullmatch(suffix)}

    def set_pair(self, pair: TokenPair) -> None:
        """Send the pair; both cookies live as long as the session: an old access token says whose it was."""
        self.set_access(pair)
        self._send(self._names.refresh, pair.refresh_token, self._auth_path, _age(pair))

    def set_access(self, pair: TokenPair) -> None:
        """Send the access token alone, to a browser whose refresh token is the pair's already.

        A cookie that is not sent cannot arrive late and overwrite the next one that another tab has got by then.
        """
        self._send(self._names.access, pair.access_token, "/", _age(pair))

    def clear_access(self) -> None:
        """Delete the access token of a browser that has lost its refresh token, and so can use neither."""
        self._send(self._names.access, "", "/", 0)

    def clear_pair(self) -> None:
        """Delete the pair; only for a session that is surely over."""
        self._send(self._names.access, "", "/", 0)
        self._send(self._names.refresh, "", self._auth_path, 0)

    def set_login(self, login: LoginState, value: str) -> None:
        """Send the cookie of a login that starts."""
        self._send(self._names.login + login.cookie_suffix, value, "/", LIFETIME)

    def drop_logins(self, suffixes: Iterable[str]) -> None:
        """Delete the login cookies whose names end so, a few an answer: its headers must not grow too large."""
        for suffix in islice(suffixes, _MOST_DROPPED):
            self._send(self._names.login + suffix, "", "/", 0)

    def say_logged_out(self) -> None:
        """Remember in the browser that its user has logged out, so that only a click logs in again."""
        self._send(self._names.logged_out, "", "/", _LOGGED_OUT_AGE)

    def forget_logged_out(self) -> None:
        """Take that back, once somebody has clicked."""
        if self.says_logged_out:
            self._send(self._names.logged_out, "", "/", 0)

    @property
    def _auth_path(self) -> str:
        return self._request.root_path + self._settings.url_prefix

    def _read(self, name: str) -> str | None:
        values = self._values(name)
        # Which of two is ours cannot be told: the other may have been planted by a sibling subdomain.
        if len(values) > 1:
            raise DuplicateCookie
        return values[0] if values else None

    def _values(self, name: str) -> list[str]:
        # Most requests bring none but the one that is asked for.
        if name not in self._header:
            return []
        return [value for known, value in self._pairs() if known == name]

    def _pairs(self) -> Iterator[tuple[str, str]]:
        """Give names and values as browsers join them (RFC 6265 section 5.4): at every semicolon a new one begins.

        Readers that know quotes take all that stands between two of them for one value, and a sibling subdomain
        can plant a cookie with a quote before ours and one behind.
        """
        for part in self._header.split(";"):
            name, _, value = part.strip(" \t").partition("=")
            yield name, value

    def _send(self, name: str, value: str, path: str, max_age: int) -> None:
        @after_this_request
        def set_cookie(response: Response) -> Response:
            response.set_cookie(
                name,
                value,
                max_age=max_age,
                path=path,
                secure=self._names.secure,
                httponly=True,
                samesite="Lax",
            )
            return response


def _age(pair: TokenPair) -> int:
    return min(pair.refresh_expires_in, _LONGEST_AGE)
