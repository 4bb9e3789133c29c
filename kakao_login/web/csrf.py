"""Whether a request that changes something was meant by the user, or sent by another site on the user's behalf.

Only for requests whose credential is a cookie: what a browser sends by itself proves no intention.  Two proofs
are due, because each has failed somewhere: where the request comes from, and a token bound to the session.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection

from werkzeug.datastructures import Headers

from ..errors import CsrfFailed
from ..tokens.keys import SigningKeys

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
HEADER = "X-CSRF-Token"
FIELD = "csrf_token"


def check_origin(headers: Headers, own_origins: Collection[str]) -> None:
    """Raise ``CsrfFailed`` unless the request comes from our own origin, or the user typed it.

    Fetch Metadata decides where the browser sends it: ``same-site`` is a sibling subdomain and counts as foreign.
    Otherwise ``Origin`` must be ours; a request with neither is nobody's.
    """
    site = headers.get("Sec-Fetch-Site")
    ours = site in ("same-origin", "none") if site is not None else headers.get("Origin") in own_origins
    if not ours:
        raise CsrfFailed


def make_csrf_token(keys: SigningKeys, sid: str) -> str:
    """Give the token of a session, the same for the session's whole life."""
    return keys.active.mac(f"csrf {sid}")


def check_csrf_token(keys: SigningKeys, sid: str, unverified_token: str | None) -> None:
    """Raise ``CsrfFailed`` unless the token is the session's, made with any key that is still accepted."""
    # Compared as bytes: compare_digest refuses text that is not ASCII with a TypeError.
    candidate = (unverified_token or "").encode(errors="replace")
    matches = [hmac.compare_digest(key.mac(f"csrf {sid}").encode(), candidate) for key in keys.keys]
    if True not in matches:
        raise CsrfFailed
