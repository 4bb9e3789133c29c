"""Kakao's error codes with what goes with each; the wording may change at Kakao at any time, the codes do not."""

from __future__ import annotations

# KOE codes that are shown as a page: those of wrong settings, and those of a wrong request.
SETUP_ERRORS = frozenset({"KOE004", "KOE005", "KOE006", "KOE007", "KOE008", "KOE101", "KOE102"})
PAGE_ERRORS = SETUP_ERRORS | {f"KOE{number}" for number in ("001", "002", "003", 201, 202, 203, 204, 205, 207)}

# code: (error, HTTP status, error_description) of the token endpoint and of tokeninfo.
TOKEN_ERRORS: dict[str, tuple[str, int, str]] = {
    "KOE001": ("invalid_request", 400, "Invalid request."),
    "KOE003": ("server_error", 500, "temporary server error. please retry later."),
    "KOE004": ("misconfigured", 400, "Kakao Login is not activated."),
    "KOE009": ("misconfigured", 400, "invalid android_key_hash or ios_bundle_id or web_site_url"),
    "KOE010": ("invalid_client", 401, "Bad client credentials"),
    "KOE101": ("invalid_client", 401, "Not exist client_id {}"),
    "KOE114": ("invalid_grant", 400, "application/client id mismatch"),
    "KOE127": ("misconfigured", 400, "ip mismatched! callerIp={}"),
    "KOE237": ("invalid_request", 400, "token request rate limit exceeded"),
    "KOE303": ("invalid_grant", 400, "Redirect URI mismatch."),
    "KOE310": ("unsupported_grant_type", 400, "Unsupported grant type: {}"),
    "KOE319": ("invalid_grant", 400, "refresh token is required."),
    "KOE320": ("invalid_grant", 400, "authorization code not found for code={}"),
    "KOE322": ("invalid_grant", 400, "expired_or_invalid_refresh_token"),
    "KOE400": ("invalid_token", 400, "malformed id_token"),
    "KOE401": ("invalid_token", 400, "invalid issuer"),
    "KOE402": ("invalid_token", 400, "invalid signature"),
    "KOE403": ("invalid_token", 400, "expired id_token"),
}

# code: (HTTP status, msg) of kapi. Codes that nothing here leads to can be ordered as faults.
KAPI_ERRORS: dict[int, tuple[int, str]] = {
    -1: (400, "internal error. please retry later."),
    -2: (400, "{}"),
    -3: (403, "{}"),
    -4: (403, "sanctioned account or action"),
    -5: (403, "permission denied"),
    -6: (403, "this action is forbidden"),
    -7: (400, "service maintenance"),
    -8: (400, "bad request header"),
    -9: (400, "this API has ended"),
    -10: (429, "API limit has been exceeded."),
    -11: (400, "paid API limit has been exceeded."),
    -12: (403, "sanctioned app or developer"),
    -101: (400, "NotRegisteredUserException"),
    -102: (400, "already registered"),
    -103: (400, "not existing kakao account"),
    -201: (400, "user property not found ({})"),
    -301: (400, "not existing app"),
    -401: (401, "this access token does not exist"),
    -402: (403, "insufficient scopes."),
    -405: (401, "age verification is needed"),
    -406: (401, "not allowed under age 14"),
    -501: (400, "not a KakaoTalk user"),
    -502: (400, "KakaoTalk message limit"),
    -504: (400, "KakaoTalk message limit"),
    -530: (400, "KakaoTalk message limit"),
    -531: (400, "KakaoTalk message limit"),
    -532: (400, "KakaoTalk message limit"),
    -602: (400, "image too large"),
    -603: (400, "internal timeout"),
    -606: (400, "too many images"),
    -903: (400, "not existing developer or app"),
    -911: (400, "unsupported image format"),
    -9798: (503, "service maintenance"),
}
