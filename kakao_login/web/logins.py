"""One login on its way to Kakao and back: state, nonce, code_verifier and next, in one short-lived cookie each.

RFC 6749 section 10.12 and RFC 9700 section 4.7: the state is bound to the browser that started by being in its
cookie.  The cookie's name holds a hash of the state, so that logins in several tabs do not meet.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter

from ..errors import InvalidToken
from ..settings.values import LEEWAY
from ..tokens.codec import TokenCodec

LIFETIME = 10 * 60
MOST_AT_ONCE = 5
# Five login cookies have to fit into the 8 KiB that servers take as headers.
LONGEST_NEXT_IN_COOKIE = 400


@dataclass(frozen=True)
class LoginState:
    """What this server must remember of a login until Kakao sends the browser back."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    code_verifier: str = field(repr=False)
    next: str
    started_at: int
    """Milliseconds since the epoch, so that logins started in one second keep their order."""

    @property
    def cookie_suffix(self) -> str:
        """The last part of its cookie's name."""
        return cookie_suffix(self.state)


class LoginStates:
    """Makes and reads the login cookies of one app; a login lives no longer than its cookie."""

    def __init__(self, codec: TokenCodec, *, clock: Callable[[], float]) -> None:
        self._codec = codec
        self._clock = clock

    def start(self, next_path: str) -> tuple[LoginState, str]:
        """Give a new login and its cookie's value; each secret has 256 bits."""
        login = LoginState(
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            code_verifier=secrets.token_urlsafe(32),
            next=next_path,
            started_at=int(self._clock() * 1000),
        )
        return login, self._codec.encode("login", vars(login), now=self._clock(), lifetime=LIFETIME)

    def read(self, unverified_cookies: Mapping[str, str]) -> list[LoginState]:
        """Give the logins of the cookies whose names end in these suffixes, newest first."""
        found = [self._decode(suffix, value) for suffix, value in unverified_cookies.items()]
        return sorted(filter(None, found), key=attrgetter("started_at"), reverse=True)

    def superfluous(self, unverified_cookies: Mapping[str, str]) -> list[str]:
        """Give the suffixes of the cookies that must go when one more login starts.

        A few that are none of ours may stay: another app on this host name may have its logins under way.
        """
        logins = [login.cookie_suffix for login in self.read(unverified_cookies)]
        others = [suffix for suffix in unverified_cookies if suffix not in logins]
        return [*logins[MOST_AT_ONCE - 1 :], *others[MOST_AT_ONCE:]]

    def _decode(self, suffix: str, unverified_value: str) -> LoginState | None:
        now = self._clock()
        try:
            token = self._codec.decode("login", unverified_value, now=now)
        except InvalidToken:
            return None
        if token.expires_at + LEEWAY <= now:
            return None
        login = LoginState(**{name: token.claims[name] for name in LoginState.__dataclass_fields__})
        return login if login.cookie_suffix == suffix else None


def cookie_suffix(state: str) -> str:
    """Give the short hash of a state that names its cookie."""
    return hashlib.sha256(state.encode()).hexdigest()[:16]


def find_login(logins: Iterable[LoginState], unverified_state: str) -> LoginState | None:
    """Give the login of that state, compared in constant time, or None."""
    candidate = unverified_state.encode()
    for login in logins:
        if secrets.compare_digest(login.state.encode(), candidate):
            return login
    return None
