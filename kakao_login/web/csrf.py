"""Whether a request that changes something was meant by the user, or sent by another site on the user's behalf.

Only for requests whose credential is a cookie: what a browser sends by itself proves no intention.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Iterable

from werkzeug.datastructures import Headers

from ..errors import CsrfFailed
from ..tokens.keys import SigningKeys

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
HEADER = "X-CSRF-Token"
FIELDS = ("kakao_csrf_token", "csrf_token")


def check_origin(headers: Headers, own_origins: Collection[str], trusted_origins: Collection[str]) -> bool:
    """Tell whether a CSRF token is due as well; raise ``CsrfFailed`` for a request of another site.

    ``Sec-Fetch-Site: same-origin`` is proof enough, for only a browser can write that header.  Where none is sent,
    ``Origin`` must be ours or a trusted one; where the browser says ``cross-site``, or ``same-site``, which is a
    sibling subdomain, a trusted one.
    """
    site = headers.get("Sec-Fetch-Site")
    if site == "same-origin":
        return False
    origin = headers.get("Origin")
    if origin not in trusted_origins and (site not in (None, "none") or origin not in own_origins):
        raise CsrfFailed
    return True


def make_csrf_token(keys: SigningKeys, sid: str) -> str:
    """Give the token of a session, the same for the session's whole life."""
    return keys.active.mac(f"csrf {sid}")


def is_csrf_token(keys: SigningKeys, sid: str, unverified_tokens: Iterable[str]) -> bool:
    """Tell whether one of the tokens is the session's, made with any key that is still accepted."""
    # Compared as bytes: compare_digest refuses text that is not ASCII with a TypeError.
    expected = [key.mac(f"csrf {sid}").encode() for key in keys.keys]
    candidates = (token.encode(errors="replace") for token in unverified_tokens)
    return any(hmac.compare_digest(each, candidate) for candidate in candidates for each in expected)
