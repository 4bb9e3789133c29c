"""Every setting is read by its name, from the config or the environment; a wrong one stops the start."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from kakao_login import KakaoLogin, SettingsError
from kakao_login.settings.loading import load_settings
from kakao_login.settings.source import Source
from kakao_login.settings.urls import is_loopback, origin
from kakao_login.settings.values import DAY, Settings
from tests.builders import OTHER_SECRET, pem
from tests.support import HOST, SECRET, make_host

LEAST: dict[str, Any] = {"JWT_SECRET_KEY": SECRET, "KAKAO_CLIENT_ID": "rest-api-key"}
PRODUCTION = {**LEAST, "KAKAO_REDIRECT_URI": "https://app.example/auth/kakao/callback"}


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("KAKAO_CLIENT_ID", "KAKAO_CLIENT_SECRET", "JWT_SECRET_KEY", "KAKAO_REDIRECT_URI", "KAKAO_OIDC"):
        monkeypatch.delenv(key, raising=False)


def load(**changes: Any) -> Settings:
    return load_settings({**LEAST, **changes}, development=True)


def load_production(**changes: Any) -> Settings:
    return load_settings({**PRODUCTION, **changes}, development=False)


# Where a value comes from.


def test_the_config_goes_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAKAO_CLIENT_ID", "from the environment")
    assert load().kakao.client_id == "rest-api-key"


@pytest.mark.parametrize(
    ("key", "value", "room", "name", "expected"),
    [
        ("KAKAO_CLIENT_SECRET", " pasted ", "kakao", "client_secret", "pasted"),
        ("KAKAO_ADMIN_KEY", "admin", "kakao", "admin_key", "admin"),
        ("KAKAO_APP_ID", "123", "kakao", "app_id", 123),
        ("KAKAO_CLIENT_KEYS", "native, javascript", "kakao", "client_keys", ("native", "javascript")),
        ("KAKAO_SCOPE", "profile_image,account_email", "kakao", "scope", ("profile_image", "account_email")),
        ("KAKAO_OIDC", "yes", "kakao", "oidc", True),
        ("KAKAO_AUTH_URL", "http://127.0.0.1:9000/", "kakao", "auth_url", "http://127.0.0.1:9000"),
        ("KAKAO_AUTH_URL", "http://127.0.0.1:9000", "kakao", "auth_browser_url", "http://127.0.0.1:9000"),
        ("KAKAO_AUTH_BROWSER_URL", "http://localhost:1", "kakao", "auth_browser_url", "http://localhost:1"),
        ("KAKAO_API_URL", "http://127.0.0.1:9000", "kakao", "api_url", "http://127.0.0.1:9000"),
        ("KAKAO_ISSUER", "http://127.0.0.1:9000", "kakao", "issuer", "http://127.0.0.1:9000"),
        ("KAKAO_TIMEOUT", "3", "kakao", "timeout", 3),
        ("JWT_SECRET_KEY_FALLBACKS", OTHER_SECRET, "tokens", "secret_key_fallbacks", (OTHER_SECRET,)),
        ("JWT_ACCESS_TOKEN_EXPIRES", "60", "tokens", "access_token_expires", 60),
        ("JWT_ENCODE_ISSUER", "issuer", "tokens", "issuer", "issuer"),
        ("JWT_ENCODE_ISSUER", "issuer", "tokens", "audience", "issuer"),
        ("JWT_ENCODE_AUDIENCE", "audience", "tokens", "audience", "audience"),
        ("JWT_REFRESH_TOKEN_EXPIRES", "61", "sessions", "idle_lifetime", 61),
        ("KAKAO_LOGIN_SESSION_LIFETIME", "62", "sessions", "lifetime", 62),
        ("KAKAO_LOGIN_REUSE_INTERVAL", "0", "sessions", "reuse_interval", 0),
        ("KAKAO_LOGIN_POLL_INTERVAL", "0", "sessions", "poll_interval", 0),
        ("KAKAO_LOGIN_MAX_SESSIONS", "3", "sessions", "max_per_user", 3),
    ],
)
def test_a_setting_can_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, key: str, value: str, room: str, name: str, expected: object
) -> None:
    monkeypatch.setenv(key, value)
    assert getattr(getattr(load(), room), name) == expected


@pytest.mark.parametrize(
    ("key", "value", "name", "expected"),
    [
        ("KAKAO_LOGIN_URL_PREFIX", "login/", "url_prefix", "/login"),
        ("KAKAO_LOGIN_URL_PREFIX", "/a/b", "url_prefix", "/a/b"),
        ("JWT_COOKIE_SECURE", "0", "cookie_secure", False),
        ("KAKAO_LOGIN_PROXY_HOPS", "2", "proxy_hops", 2),
    ],
)
def test_what_belongs_to_the_app_as_a_whole_is_read_too(key: str, value: str, name: str, expected: object) -> None:
    assert getattr(load(**{key: value}), name) == expected


@pytest.mark.parametrize(
    ("key", "room", "name"),
    [
        ("JWT_ACCESS_TOKEN_EXPIRES", "tokens", "access_token_expires"),
        ("JWT_REFRESH_TOKEN_EXPIRES", "sessions", "idle_lifetime"),
        ("KAKAO_LOGIN_SESSION_LIFETIME", "sessions", "lifetime"),
        ("KAKAO_LOGIN_REUSE_INTERVAL", "sessions", "reuse_interval"),
        ("KAKAO_LOGIN_POLL_INTERVAL", "sessions", "poll_interval"),
        ("KAKAO_TIMEOUT", "kakao", "timeout"),
    ],
)
def test_every_duration_may_be_a_timedelta(key: str, room: str, name: str) -> None:
    seconds = getattr(getattr(load(**{key: timedelta(minutes=15)}), room), name)
    assert (seconds, type(seconds)) == (900, int)


OLD_NAMES = {
    "LOGIN_SESSION_LIFETIME": "KAKAO_LOGIN_SESSION_LIFETIME",
    "REFRESH_REUSE_INTERVAL": "KAKAO_LOGIN_REUSE_INTERVAL",
    "REVOCATION_POLL_INTERVAL": "KAKAO_LOGIN_POLL_INTERVAL",
    "MAX_SESSIONS_PER_USER": "KAKAO_LOGIN_MAX_SESSIONS",
    "PROXY_HOPS": "KAKAO_LOGIN_PROXY_HOPS",
}


@pytest.mark.parametrize("old", OLD_NAMES)
def test_whoever_sets_an_old_name_is_told_the_new_one(old: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told = f"{old} is called {OLD_NAMES[old]} now"
    with pytest.raises(SettingsError, match=told):
        load(**{old: 1})
    load(**{old: 1, OLD_NAMES[old]: 1})
    monkeypatch.setenv(old, "1")
    with pytest.raises(SettingsError, match=told):
        load()


def test_the_defaults_are_those_of_the_design() -> None:
    settings = load()
    assert settings.url_prefix == "/auth"
    assert settings.cookie_secure
    assert settings.proxy_hops == 0
    assert settings.tokens.algorithm == "HS256"
    assert settings.tokens.issuer == settings.tokens.audience == HOST
    assert settings.tokens.access_token_expires == 3600
    assert settings.sessions.idle_lifetime == 30 * DAY
    assert settings.sessions.lifetime == 365 * DAY
    assert settings.sessions.reuse_interval == 10
    assert settings.sessions.poll_interval == 1
    assert settings.sessions.max_per_user == 100
    assert settings.kakao.auth_url == settings.kakao.auth_browser_url == "https://kauth.kakao.com"
    assert settings.kakao.api_url == "https://kapi.kakao.com"
    assert settings.kakao.issuer == "https://kauth.kakao.com"
    assert settings.kakao.redirect_uri == f"{HOST}/auth/kakao/callback"
    assert settings.kakao.timeout == 5
    assert settings.kakao.scope == ()
    assert settings.kakao.app_id is None


@pytest.mark.parametrize("empty", ["", None, [], ()])
def test_an_empty_value_counts_as_unset(empty: object) -> None:
    assert load(KAKAO_ADMIN_KEY=empty).kakao.admin_key is None
    with pytest.raises(SettingsError, match=r"^KAKAO_CLIENT_ID is missing"):
        load(KAKAO_CLIENT_ID=empty)


def test_blanks_around_a_copied_key_are_dropped_but_the_secret_stays_as_it_stands() -> None:
    settings = load(KAKAO_CLIENT_ID=" rest-api-key\n", JWT_SECRET_KEY=f" {SECRET} ")
    assert settings.kakao.client_id == "rest-api-key"
    assert settings.tokens.secret_key == f" {SECRET} "


def test_no_scope_is_made_up_where_the_console_decides() -> None:
    assert load(KAKAO_OIDC=True).kakao.scope == ()


@pytest.mark.parametrize("word", ["1", "true", "YES", " on ", True, 1])
def test_words_for_yes(word: object) -> None:
    assert Source({"K": word}).flag("K", False) is True


@pytest.mark.parametrize("word", ["0", "false", "NO", " off ", False, 0])
def test_words_for_no(word: object) -> None:
    assert Source({"K": word}).flag("K", True) is False


# What stops the start.


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *[("JWT_SECRET_KEY", bad) for bad in (None, "secret", "changeme", "x" * 31, b"x" * 64, 1, ["x" * 64])],
        ("JWT_SECRET_KEY", SECRET + "\udcff"),
        *[
            ("JWT_SECRET_KEY_FALLBACKS", bad)
            for bad in (["short"], [b"x" * 64], [1], 5, "short", [SECRET + "\udcff"])
        ],
        *[("JWT_ALGORITHM", bad) for bad in ("none", "hs256", "HS512", "PS256", "ES384", 256)],
        ("JWT_PRIVATE_KEY", 1),
        *[
            ("JWT_ACCESS_TOKEN_EXPIRES", bad)
            for bad in (0, -1, 1.5, True, "1h", timedelta(0), timedelta(seconds=1.5), "9" * 5000)
        ],
        *[("JWT_REFRESH_TOKEN_EXPIRES", bad) for bad in (0, "-1", "٣", False)],
        *[("KAKAO_LOGIN_SESSION_LIFETIME", bad) for bad in (0, "1e3", "0x10")],
        *[("KAKAO_LOGIN_REUSE_INTERVAL", bad) for bad in (-1, "ten")],
        *[("KAKAO_LOGIN_POLL_INTERVAL", bad) for bad in (-1, 0.5, "0.5")],
        *[("KAKAO_LOGIN_MAX_SESSIONS", bad) for bad in (0, "-5")],
        *[("KAKAO_LOGIN_PROXY_HOPS", bad) for bad in (-1, "yes")],
        *[("KAKAO_TIMEOUT", bad) for bad in (0, "5s")],
        *[("KAKAO_APP_ID", bad) for bad in ("x", -1)],
        *[("KAKAO_OIDC", bad) for bad in ("maybe", 2, "2")],
        *[("JWT_COOKIE_SECURE", bad) for bad in ("sometimes", [True])],
        *[("KAKAO_CLIENT_KEYS", bad) for bad in (5, [1], {"a": 1})],
        *[("KAKAO_CLIENT_ID", bad) for bad in (None, "  ", 123, b"key")],
        *[
            (key, bad)
            for key in ("KAKAO_AUTH_URL", "KAKAO_AUTH_BROWSER_URL", "KAKAO_API_URL", "KAKAO_REDIRECT_URI")
            for bad in ("kauth.kakao.com", "ftp://x", "file:///x", "https://", "https://x/#y", "//x", "https://[")
        ],
        ("KAKAO_REDIRECT_URI", "https://app.example:99999/"),
    ],
)
def test_a_wrong_value_is_named(key: str, value: object) -> None:
    with pytest.raises(SettingsError, match=f"^{key} "):
        load(**{key: value})


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "RS256"])
def test_an_asymmetric_algorithm_needs_its_key(algorithm: str) -> None:
    with pytest.raises(SettingsError, match=r"^JWT_PRIVATE_KEY is missing"):
        load(JWT_ALGORITHM=algorithm)


def test_a_private_key_without_its_algorithm_is_not_silently_left_unused() -> None:
    with pytest.raises(SettingsError, match="JWT_ALGORITHM is HS256"):
        load(JWT_PRIVATE_KEY=pem("ES256"))


def test_a_wrong_setting_stops_the_start_of_the_app() -> None:
    with pytest.raises(SettingsError, match=r"^KAKAO_CLIENT_ID"):
        make_host({"TESTING": True, "SQLALCHEMY_DATABASE_URI": "sqlite://", "JWT_SECRET_KEY": SECRET})


def test_no_error_and_no_repr_tells_a_secret() -> None:
    canary = "canary-that-is-too-short"
    with pytest.raises(SettingsError) as caught:
        load(JWT_SECRET_KEY=canary)
    assert canary not in str(caught.value)
    settings = load(KAKAO_CLIENT_SECRET="canary-secret", KAKAO_ADMIN_KEY="canary-admin")
    assert "canary" not in repr(settings)
    assert SECRET not in repr(settings)


# What production refuses on top.


def test_production_starts_with_https_and_a_secret() -> None:
    assert not load_production().development


def test_production_has_no_default_redirect_uri() -> None:
    with pytest.raises(SettingsError, match=r"^KAKAO_REDIRECT_URI is missing"):
        load_settings(LEAST, development=False)


@pytest.mark.parametrize(
    "key", ["KAKAO_AUTH_URL", "KAKAO_AUTH_BROWSER_URL", "KAKAO_API_URL", "KAKAO_REDIRECT_URI"]
)
@pytest.mark.parametrize("host", ["kauth.kakao.com", "10.0.0.1", "127.evil.example", "localhost.evil.example"])
def test_production_refuses_plain_http_off_this_machine(key: str, host: str) -> None:
    with pytest.raises(SettingsError, match=f"^{key} must start with https://"):
        load_production(**{key: f"http://{host}/x"})


def test_production_may_reach_a_kakao_on_this_machine() -> None:
    settings = load_production(KAKAO_AUTH_URL="http://127.0.0.1:9000", KAKAO_CLIENT_ID="emulator-rest-api-key")
    assert settings.kakao.auth_url == "http://127.0.0.1:9000"


def test_production_refuses_the_emulators_published_key() -> None:
    with pytest.raises(SettingsError, match=r"^KAKAO_CLIENT_ID is the emulator's"):
        load_production(KAKAO_CLIENT_ID="emulator-rest-api-key")


def test_production_refuses_cookies_that_travel_in_the_clear() -> None:
    with pytest.raises(SettingsError, match=r"^JWT_COOKIE_SECURE must be true"):
        load_production(JWT_COOKIE_SECURE=False)


@pytest.mark.parametrize(("debug", "testing"), [(True, False), (False, True)])
def test_debug_and_testing_count_as_development(debug: bool, testing: bool) -> None:
    host = make_host({**LEAST, "DEBUG": debug, "TESTING": testing, "SQLALCHEMY_DATABASE_URI": "sqlite://"})
    assert host.services.settings.development


# The small judgements.


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://localhost:5000", True),
        ("http://app.localhost", True),
        ("http://127.0.0.1:9000", True),
        ("http://127.9.9.9", True),
        ("http://[::1]:9000", True),
        ("http://127.evil.example", False),
        ("http://localhost.evil.example", False),
        ("http://evil.example/127.0.0.1", False),
        ("http://127.0.0.1@evil.example", False),
        ("http://10.0.0.1", False),
        ("http://[2001:db8::1]", False),
    ],
)
def test_only_this_machine_is_loopback(url: str, loopback: bool) -> None:
    assert is_loopback(url) is loopback


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://app.example/auth/kakao/callback?x=1", "https://app.example"),
        ("https://app.example:8443/", "https://app.example:8443"),
        ("https://app.example:443/", "https://app.example"),
        ("http://app.example:80/", "http://app.example"),
        ("http://app.example:443/", "http://app.example:443"),
        ("HTTPS://App.Example/", "https://app.example"),
        ("https://user:password@app.example/", "https://app.example"),
        ("http://[::1]:9000/x", "http://[::1]:9000"),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(url: str, expected: str) -> None:
    assert origin(url) == expected


def test_two_calls_of_init_app_on_one_app_are_refused_with_the_cure() -> None:
    host = make_host({**LEAST, "TESTING": True, "SQLALCHEMY_DATABASE_URI": "sqlite://"})
    with pytest.raises(SettingsError, match="Call init_app once an app"):
        host.kakao_login.init_app(host.app)


def test_two_apps_of_one_process_keep_their_own_settings() -> None:
    first = make_host({**LEAST, "TESTING": True, "SQLALCHEMY_DATABASE_URI": "sqlite://"})
    second = make_host(
        {**LEAST, "TESTING": True, "SQLALCHEMY_DATABASE_URI": "sqlite://", "KAKAO_CLIENT_ID": "second"}
    )
    assert first.services.settings.kakao.client_id == "rest-api-key"
    assert second.services.settings.kakao.client_id == "second"
    assert first.services is not second.services


def test_the_factory_pattern_makes_apps_that_share_the_tables_alone() -> None:
    host = make_host({**LEAST, "TESTING": True, "SQLALCHEMY_DATABASE_URI": "sqlite://"})
    second = Flask("second")
    second.config.update(LEAST, TESTING=True, SQLALCHEMY_DATABASE_URI="sqlite://", JWT_SECRET_KEY=OTHER_SECRET)
    host.db.init_app(second)
    host.kakao_login.init_app(second)
    both = host.services, second.extensions["kakao_login"]
    assert both[0].models is both[1].models
    assert both[0].ends is not both[1].ends
    assert both[0].keys.active.kid != both[1].keys.active.kid


def test_a_second_extension_on_one_db_is_refused_with_the_cure() -> None:
    host = make_host({**LEAST, "TESTING": True, "SQLALCHEMY_DATABASE_URI": "sqlite://"})
    with pytest.raises(SettingsError, match="Keep one KakaoLogin and call its init_app"):
        KakaoLogin(db=host.db)


@pytest.mark.parametrize(
    "path", ["", "/", "/callback", "/auth/kakao/callback/", "/auth/kakao/callback2", "/oauth"]
)
def test_a_redirect_uri_that_leads_elsewhere_stops_the_start(path: str) -> None:
    with pytest.raises(SettingsError, match="must end in /auth/kakao/callback"):
        load(KAKAO_REDIRECT_URI=f"http://localhost:5000{path}")


@pytest.mark.parametrize(
    ("changes", "audience"),
    [
        ({}, "http://localhost:5000"),
        ({"KAKAO_REDIRECT_URI": "http://localhost:5000/shop/auth/kakao/callback"}, "http://localhost:5000/shop"),
        ({"KAKAO_LOGIN_URL_PREFIX": "/login"}, "http://localhost:5000/login"),
        ({"JWT_ACCESS_COOKIE_NAME": "shop"}, "http://localhost:5000#shop"),
        ({"JWT_ACCESS_COOKIE_NAME": "access_token"}, "http://localhost:5000"),
        ({"JWT_ACCESS_COOKIE_NAME": "shop", "JWT_ENCODE_AUDIENCE": "x"}, "x"),
    ],
)
def test_an_app_has_an_audience_of_its_own(changes: dict[str, Any], audience: str) -> None:
    assert load(**changes).tokens.audience == audience


@pytest.mark.parametrize("name", ["", " ", "__Host-x", "a b", "a;b", "a=b", "한글", "x" * 65])
def test_a_cookie_name_is_a_plain_one(name: str) -> None:
    if not name.strip():
        assert load(JWT_ACCESS_COOKIE_NAME=name).access_cookie_name == "access_token"
        return
    with pytest.raises(SettingsError, match="JWT_ACCESS_COOKIE_NAME must be a plain name"):
        load(JWT_ACCESS_COOKIE_NAME=name)


@pytest.mark.parametrize("origin", ["https://a.example/path", "https://user@a.example", "a.example", "*", "null"])
def test_a_trusted_origin_is_written_as_browsers_write_it(origin: str) -> None:
    with pytest.raises(SettingsError, match="KAKAO_LOGIN_TRUSTED_ORIGINS"):
        load(KAKAO_LOGIN_TRUSTED_ORIGINS=origin)


def test_trusted_origins_are_kept_as_browsers_write_them() -> None:
    written = "https://SPA.example:443/ http://localhost:3000"
    with pytest.raises(SettingsError):
        load(KAKAO_LOGIN_TRUSTED_ORIGINS=written)
    known = load(KAKAO_LOGIN_TRUSTED_ORIGINS="https://spa.example http://localhost:3000").trusted_origins
    assert known == {"https://spa.example", "http://localhost:3000"}
