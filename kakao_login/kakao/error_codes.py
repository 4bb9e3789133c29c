"""Kakao's error codes: which of our errors an answer stands for, and what the operator is to do about it.

Kakao may reword its texts at any time and puts codes and tokens into them, so only the codes are read.
Sources: https://developers.kakao.com/docs/latest/en/kakaologin/trouble-shooting and
https://developers.kakao.com/docs/latest/en/rest-api/error-code
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ..errors import KakaoRejected, KakaoUnavailable

logger = logging.getLogger("kakao_login.kakao")

# Kakao reports these with status 400, yet they say "not now", not "no".
TRANSIENT = frozenset({"KOE003", "KOE237", "-1", "-7", "-10", "-9798"})
# The login itself was refused: the code is used, expired, unknown or was given for another redirect URI.
LOGIN_REFUSED = frozenset({"KOE303", "KOE320"})
# Somebody else's token, or none at all.
TOKEN_REFUSED = frozenset({"-2", "-401"})

NOT_LINKED = "-101"
NO_OIDC = "no id_token"
NO_ADMIN = "no admin key"

ADVICE: Mapping[str, str] = {
    "KOE004": "Kakao Login is switched off. Turn it on in the console under Kakao Login.",
    "KOE006": "The redirect URI is not registered. Register KAKAO_REDIRECT_URI under the REST API key.",
    "KOE009": "The platform is not registered. Use the REST API key, or register the platform in the console.",
    "KOE010": "The client secret is wrong or missing. Set KAKAO_CLIENT_SECRET to the one under the REST API key.",
    "KOE101": "The app key is unknown. Set KAKAO_CLIENT_ID to the REST API key, without blanks.",
    "KOE114": "The code was given to another app key. Use the same key to start and to finish a login.",
    "KOE127": "This server's IP address is not allowed. Add it to the allowed addresses in the console.",
    "KOE205": "A consent item is not set up. Remove it from KAKAO_SCOPE or set it up in the console.",
    "KOE237": "Too many tokens were issued for this user. It passes within ten minutes.",
    "KOE303": "The redirect URI differs from the one the login began with. Use one KAKAO_REDIRECT_URI everywhere.",
    "KOE310": "The grant type is not supported. Check that KAKAO_AUTH_URL is Kakao's address.",
    "KOE320": "The code was used or has expired. If this is rare, somebody reloaded a page.",
    "-2": "An argument is missing or malformed. If a client sent the token, it is not a Kakao access token.",
    "-3": "This API is not enabled, or not for this admin key. Allow it in the console.",
    "-5": "The app has no permission for this API. Ask for it in the console.",
    "-10": "The quota is used up. See the app's usage in the console.",
    "-401": "The token or the key is dead, or this server's IP address is not allowed. See both in the console.",
    "-402": "The user has not agreed to the consent item. Ask for it by starting a login with that scope.",
    "-903": "The app or its developer is not registered. Check the app in the console.",
    "iss": "The id_token is another issuer's. Check KAKAO_AUTH_URL and KAKAO_ISSUER.",
    "aud": "The id_token was made for another app key. If it is one of yours, add it to KAKAO_CLIENT_KEYS.",
    "exp": "The id_token has expired. If it is new, set this server's clock.",
    "iat": "The id_token is too old, or from the future. If it is new, set this server's clock.",
    "nbf": "The id_token does not count yet. If it is new, set this server's clock.",
    NO_OIDC: "Kakao sent no id_token. Turn OpenID Connect on in the console, or KAKAO_OIDC off.",
    NO_ADMIN: "KAKAO_ADMIN_KEY is not set. Set it to the admin key from the console.",
}


def rejection(
    status: int, body: object, *, refused: frozenset[str] = frozenset()
) -> KakaoRejected | KakaoUnavailable:
    """Give the error that an answer other than 200 stands for.

    ``status`` is the HTTP status and ``body`` the parsed JSON, None if it was none.  ``refused`` holds the
    codes that, at this endpoint, speak against what the client sent (400) and not against our settings (502).
    """
    code = read_code(body)
    if status in (408, 429) or status >= 500 or code in TRANSIENT:
        return KakaoUnavailable(code or f"HTTP {status}")
    blame = code in refused or (status == 400 and _error(body) == "invalid_grant")
    return KakaoRejected("" if code else f"HTTP {status}", koe=code, status=400 if blame else 502)


def read_code(body: object) -> str | None:
    """Give Kakao's code, ``KOE320`` (kauth) or ``-401`` (kapi), or None where the body holds none of that form."""
    if not isinstance(body, dict):
        return None
    koe, code = body.get("error_code"), body.get("code")
    if isinstance(koe, str) and re.fullmatch("KOE[0-9]{3}", koe):
        return koe
    return str(code) if type(code) is int and -100_000 < code < 0 else None


def _error(body: object) -> object:
    return body.get("error") if isinstance(body, dict) else None


@contextmanager
def reported(call: str) -> Iterator[None]:
    """Write one line for the operator when ``call`` fails: what happened, and what to do about it."""
    try:
        yield
    except (KakaoUnavailable, KakaoRejected) as error:
        logger.warning("Kakao, %s: %s %s", call, error.describe("en"), ADVICE.get(error.detail, ""))
        raise
