"""From ``app.config`` and the environment to the settings, and what production refuses.

A missing or wrong value raises ``SettingsError`` with the key's name and the cure, so that the start stops.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ..errors import SettingsError
from .placeholders import is_placeholder
from .source import Source
from .urls import check_url, is_loopback, origin
from .values import ALGORITHMS, KakaoSettings, SessionSettings, Settings, TokenSettings

MINIMUM_SECRET_BYTES = 32
# Published with the emulator, so whoever knows them can sign in as anyone there.
EMULATOR_CLIENT_ID = "emulator-rest-api-key"
# A setting that is read under its old name no more must not be lost in silence.
_NEW_NAMES = {
    "LOGIN_SESSION_LIFETIME": "KAKAO_LOGIN_SESSION_LIFETIME",
    "REFRESH_REUSE_INTERVAL": "KAKAO_LOGIN_REUSE_INTERVAL",
    "REVOCATION_POLL_INTERVAL": "KAKAO_LOGIN_POLL_INTERVAL",
    "MAX_SESSIONS_PER_USER": "KAKAO_LOGIN_MAX_SESSIONS",
    "PROXY_HOPS": "KAKAO_LOGIN_PROXY_HOPS",
}
_ACCESS_COOKIE = "access_token"
_COOKIE_NAME = re.compile("[A-Za-z0-9_.-]{1,64}")
_PREFIX = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")
_PEM = re.compile("(-----BEGIN [A-Z ]+-----.*?-----END [A-Z ]+-----)", re.DOTALL)


def load_settings(config: Mapping[str, Any], *, development: bool) -> Settings:
    """Read and check every setting of one app.

    ``development`` is true in debug and testing; otherwise the rules for production hold as well.
    Raises ``SettingsError``.
    """
    source = Source(config)
    _check_names(source)
    url_prefix = "/" + (source.text("KAKAO_LOGIN_URL_PREFIX") or "/auth").strip("/")
    if not _PREFIX.fullmatch(url_prefix):
        raise SettingsError("KAKAO_LOGIN_URL_PREFIX must name a plain path of its own, such as /auth.")
    kakao = _kakao(source, url_prefix, development)
    access_cookie = source.text("JWT_ACCESS_COOKIE_NAME") or _ACCESS_COOKIE
    refresh_cookie = source.text("JWT_REFRESH_COOKIE_NAME") or "refresh_token"
    settings = Settings(
        kakao=kakao,
        tokens=_tokens(source, kakao.redirect_uri, access_cookie),
        sessions=_sessions(source),
        url_prefix=url_prefix,
        cookie_secure=source.flag("JWT_COOKIE_SECURE", True),
        access_cookie_name=_cookie_name("JWT_ACCESS_COOKIE_NAME", access_cookie),
        refresh_cookie_name=_cookie_name("JWT_REFRESH_COOKIE_NAME", refresh_cookie),
        trusted_origins=_origins("KAKAO_LOGIN_TRUSTED_ORIGINS", source.several("KAKAO_LOGIN_TRUSTED_ORIGINS")),
        proxy_hops=source.whole("KAKAO_LOGIN_PROXY_HOPS", 0),
        development=development,
    )
    if not development:
        _check_production(settings)
    callback = f"{url_prefix}/kakao/callback"
    if not urlsplit(kakao.redirect_uri).path.endswith(callback):
        raise SettingsError(f"KAKAO_REDIRECT_URI must end in {callback}, where the callback is served.")
    return settings


def _check_names(source: Source) -> None:
    for old, new in _NEW_NAMES.items():
        if source.raw(old) is not None and source.raw(new) is None:
            raise SettingsError(f"{old} is called {new} now. Rename it.")


def _kakao(source: Source, url_prefix: str, development: bool) -> KakaoSettings:
    cure = "Register it in Kakao's console and set the same address here."
    local = f"http://localhost:5000{url_prefix}/kakao/callback" if development else None
    redirect_uri = source.text("KAKAO_REDIRECT_URI") or local or source.required("KAKAO_REDIRECT_URI", cure)
    auth_url = source.url("KAKAO_AUTH_URL", KakaoSettings.auth_url)
    app_id = source.whole("KAKAO_APP_ID", 0)
    return KakaoSettings(
        client_id=source.required("KAKAO_CLIENT_ID", "Set it to the REST API key from Kakao's console."),
        redirect_uri=check_url("KAKAO_REDIRECT_URI", redirect_uri),
        client_secret=source.text("KAKAO_CLIENT_SECRET"),
        admin_key=source.text("KAKAO_ADMIN_KEY"),
        app_id=app_id or None,
        client_keys=source.several("KAKAO_CLIENT_KEYS"),
        scope=source.several("KAKAO_SCOPE"),
        oidc=source.flag("KAKAO_OIDC", False),
        auth_url=auth_url,
        auth_browser_url=source.url("KAKAO_AUTH_BROWSER_URL", auth_url),
        api_url=source.url("KAKAO_API_URL", KakaoSettings.api_url),
        issuer=source.text("KAKAO_ISSUER") or KakaoSettings.issuer,
        timeout=source.seconds("KAKAO_TIMEOUT", KakaoSettings.timeout, least=1),
    )


def _origins(key: str, values: tuple[str, ...]) -> frozenset[str]:
    origins = {origin(check_url(key, each)): each for each in values}
    for known, written in origins.items():
        if known != written.lower().rstrip("/"):
            raise SettingsError(
                f"{key} must list origins as browsers write them, such as https://app.example.com."
            )
    return frozenset(origins)


def _cookie_name(key: str, name: str) -> str:
    # The prefixes of RFC 6265bis are put before it by the scheme of the request.
    if not _COOKIE_NAME.fullmatch(name) or name.startswith("__"):
        raise SettingsError(f"{key} must be a plain name, such as shop_token.")
    return name


def _tokens(source: Source, redirect_uri: str, access_cookie: str) -> TokenSettings:
    algorithm = source.text("JWT_ALGORITHM") or "HS256"
    if algorithm not in ALGORITHMS:
        raise SettingsError(f"JWT_ALGORITHM must be one of {', '.join(ALGORITHMS)}.")
    issuer = source.text("JWT_ENCODE_ISSUER") or origin(redirect_uri)
    settings = TokenSettings(
        issuer=issuer,
        audience=source.text("JWT_ENCODE_AUDIENCE") or _audience(issuer, redirect_uri, access_cookie),
        algorithm=algorithm,
        secret_key=source.raw("JWT_SECRET_KEY"),
        secret_key_fallbacks=source.several("JWT_SECRET_KEY_FALLBACKS"),
        private_key=source.text("JWT_PRIVATE_KEY"),
        private_key_fallbacks=_pems(source.raw("JWT_PRIVATE_KEY_FALLBACKS")),
        access_token_expires=source.seconds(
            "JWT_ACCESS_TOKEN_EXPIRES", TokenSettings.access_token_expires, least=1
        ),
    )
    _check_keys(settings)
    return settings


def _audience(issuer: str, redirect_uri: str, access_cookie: str) -> str:
    """Give an audience of this app alone, for another one on the same host name may have the same secret."""
    path = urlsplit(redirect_uri).path.removesuffix("/kakao/callback").removesuffix("/auth")
    return issuer + path + ("" if access_cookie == _ACCESS_COOKIE else f"#{access_cookie}")


def _pems(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        # What is no whole key stays, to be refused by whoever reads it.
        return tuple(part for part in _PEM.split(value.replace("\\n", "\n")) if part.strip())
    return tuple(value) if isinstance(value, (list, tuple)) else () if value is None else (value,)


def _check_keys(tokens: TokenSettings) -> None:
    cure = "Make one with: flask kakao keys new"
    if tokens.algorithm != "HS256":
        if not tokens.private_key:
            raise SettingsError(
                f"JWT_PRIVATE_KEY is missing, and JWT_ALGORITHM {tokens.algorithm} needs it. {cure}"
            )
        return
    if tokens.private_key:
        raise SettingsError("JWT_ALGORITHM is HS256, which has no private key. Set it to ES256, EdDSA or RS256.")
    if tokens.secret_key is None:
        raise SettingsError(f"JWT_SECRET_KEY is missing. {cure}")
    _check_secret("JWT_SECRET_KEY", tokens.secret_key)
    for fallback in tokens.secret_key_fallbacks:
        _check_secret("JWT_SECRET_KEY_FALLBACKS", fallback)


def _check_secret(key: str, value: object) -> None:
    try:
        size = len(value.encode()) if isinstance(value, str) else 0
    except UnicodeEncodeError:
        # The environment held bytes that are no UTF-8, and no other tool could verify with those.
        size = 0
    if size < MINIMUM_SECRET_BYTES:
        raise SettingsError(
            f"{key} must be a text of at least {MINIMUM_SECRET_BYTES} bytes. Make one with: flask kakao keys new"
        )


def _sessions(source: Source) -> SessionSettings:
    default = SessionSettings()
    return SessionSettings(
        idle_lifetime=source.seconds("JWT_REFRESH_TOKEN_EXPIRES", default.idle_lifetime, least=1),
        lifetime=source.seconds("KAKAO_LOGIN_SESSION_LIFETIME", default.lifetime, least=1),
        reuse_interval=source.seconds("KAKAO_LOGIN_REUSE_INTERVAL", default.reuse_interval),
        poll_interval=source.seconds("KAKAO_LOGIN_POLL_INTERVAL", default.poll_interval),
        max_per_user=source.whole("KAKAO_LOGIN_MAX_SESSIONS", default.max_per_user, least=1),
    )


def _check_production(settings: Settings) -> None:
    _check_secrets_are_secret(settings.tokens)
    kakao = settings.kakao
    addresses = {
        "KAKAO_AUTH_URL": kakao.auth_url,
        "KAKAO_AUTH_BROWSER_URL": kakao.auth_browser_url,
        "KAKAO_API_URL": kakao.api_url,
        "KAKAO_REDIRECT_URI": kakao.redirect_uri,
    }
    for key, address in addresses.items():
        if urlsplit(address).scheme != "https" and not is_loopback(address):
            raise SettingsError(f"{key} must start with https:// outside debug and testing.")
    if kakao.client_id == EMULATOR_CLIENT_ID and not is_loopback(kakao.auth_url):
        raise SettingsError("KAKAO_CLIENT_ID is the emulator's, which anyone may use. Set your REST API key.")
    if not settings.cookie_secure:
        raise SettingsError("JWT_COOKIE_SECURE must be true outside debug and testing.")


def _check_secrets_are_secret(tokens: TokenSettings) -> None:
    secrets = {
        "JWT_SECRET_KEY": (tokens.secret_key or "",),
        "JWT_SECRET_KEY_FALLBACKS": tokens.secret_key_fallbacks,
    }
    for key, values in secrets.items():
        if any(map(is_placeholder, values)):
            raise SettingsError(
                f"{key} is a placeholder that anyone may guess. Make one with: flask kakao keys new"
            )
