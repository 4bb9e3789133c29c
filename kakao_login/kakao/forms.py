"""What is sent to Kakao: the authorization request, the token request and the credentials; pure functions."""

from __future__ import annotations

import re
from collections.abc import Callable

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from ..errors import InvalidRequest, KakaoRejected
from ..settings.values import KakaoSettings
from .error_codes import NO_ADMIN
from .responses import TOKEN

# The stubs leave this function untyped.
code_challenge: Callable[[str], str] = create_s256_code_challenge

# RFC 7636 section 4.1.
CODE_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def authorization_url(
    settings: KakaoSettings,
    *,
    state: str,
    code_verifier: str,
    nonce: str | None,
    prompt: str | None,
    scope: tuple[str, ...] | None,
) -> str:
    """Give the address that starts a login (RFC 6749 section 4.1.1, RFC 7636 section 4.3).

    Raises ``ValueError`` without a ``nonce`` in OIDC mode; it is sent in that mode only.
    """
    if settings.oidc and not nonce:
        raise ValueError("OpenID Connect needs a nonce.")
    url: str = prepare_grant_uri(
        f"{settings.auth_browser_url}/oauth/authorize",
        settings.client_id,
        "code",
        redirect_uri=settings.redirect_uri,
        scope=_scope(scope or settings.scope, oidc=settings.oidc),
        state=state,
        nonce=nonce if settings.oidc else None,
        prompt=prompt,
        code_challenge=code_challenge(code_verifier),
        code_challenge_method="S256",
    )
    return url


def _scope(scope: tuple[str, ...], *, oidc: bool) -> tuple[str, ...]:
    # Asked for further consent items without openid, an OIDC app gets no id_token.
    return ("openid", *scope) if oidc and scope and "openid" not in scope else scope


def token_request(settings: KakaoSettings, code: str, code_verifier: str) -> dict[str, str]:
    """Give the form that spends ``code`` (RFC 6749 section 4.1.3).  Raises ``InvalidRequest``."""
    form = {
        "grant_type": "authorization_code",
        "client_id": settings.client_id,
        "redirect_uri": settings.redirect_uri,
        "code": _checked(TOKEN, code, "code"),
        "code_verifier": _checked(CODE_VERIFIER, code_verifier, "code_verifier"),
    }
    # Kakao takes the secret in the body only, although RFC 6749 section 2.3.1 prefers the Basic scheme.
    return {**form, "client_secret": settings.client_secret} if settings.client_secret else form


def bearer(access_token: str) -> dict[str, str]:
    """Give the header that shows an access token (RFC 6750 section 2.1).  Raises ``InvalidRequest``."""
    return {"Authorization": f"Bearer {_checked(TOKEN, access_token, 'access_token')}"}


def admin(settings: KakaoSettings) -> dict[str, str]:
    """Give the header that shows the admin key.  Raises ``KakaoRejected`` (502) without a proper one."""
    if not TOKEN.fullmatch(settings.admin_key or ""):
        raise KakaoRejected(NO_ADMIN)
    return {"Authorization": f"KakaoAK {settings.admin_key}"}


def _checked(form: re.Pattern[str], value: str, name: str) -> str:
    # These values may come with a request: what cannot be right is not sent, and smuggles nothing into a header.
    if not form.fullmatch(value):
        raise InvalidRequest(name)
    return value
