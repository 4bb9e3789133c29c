"""Every cookie is set and deleted by one name, path and set of flags; one that came twice is nobody's."""

from __future__ import annotations

from collections.abc import Callable
from http.cookies import SimpleCookie
from typing import Any

import pytest
from flask import Flask, request

from kakao_login.errors import DuplicateCookie
from kakao_login.settings.loading import load_settings
from kakao_login.settings.values import DAY, Settings
from kakao_login.tokens.pair import TokenPair
from kakao_login.web.cookies import Cookies
from kakao_login.web.logins import LIFETIME, LoginState
from tests.support import config_for

PAIR = TokenPair("access.value", "refresh.value", 3600, 30 * DAY)
LOGINS = [LoginState(f"state {number}", "n", "v", "/", started_at=-number) for number in range(6)]
PRODUCTION = load_settings(config_for(None), development=False)
DEVELOPMENT = load_settings(config_for(None), development=True)
INSECURE = load_settings(config_for(None, JWT_COOKIE_SECURE=False), development=True)
HTTPS = "https://localhost"
HTTP = "http://localhost"
FLAGS = {"httponly": True, "samesite": "Lax"}


def serve(
    work: Callable[[Cookies], Any],
    settings: Settings = PRODUCTION,
    cookies: str = "",
    url: str = HTTPS,
    root: str = "",
) -> tuple[Any, list[str]]:
    """Do ``work`` in a request and give its outcome and the Set-Cookie lines of the answer."""
    app = Flask("probe", static_folder=None)
    outcomes: list[Any] = []

    @app.get("/")
    def probe() -> str:
        outcomes.append(work(Cookies(request, settings)))
        return ""

    client = app.test_client(use_cookies=False)
    headers = {"Cookie": cookies} if cookies else {}
    response = client.get("/", base_url=url, headers=headers, environ_overrides={"SCRIPT_NAME": root})
    return (outcomes or [None])[0], response.headers.getlist("Set-Cookie")


def sent(work: Callable[[Cookies], Any], *about: Any, **more: Any) -> dict[str, dict[str, Any]]:
    """Give what a browser keeps: the value and the attributes by name."""
    lines = serve(work, *about, **more)[1]
    assert not any("domain" in line.lower() for line in lines)
    return {name: described(line) for line in lines for name in [line.partition("=")[0]]}


def described(line: str) -> dict[str, Any]:
    (morsel,) = SimpleCookie(line).values()
    attributes = {key: value for key, value in morsel.items() if value and key != "expires"}
    return {**attributes, "value": morsel.value, "max-age": int(morsel["max-age"])}


def has_twice(work: Callable[[Cookies], Any], cookies: str) -> bool:
    def attempt(found: Cookies) -> bool:
        try:
            work(found)
        except DuplicateCookie:
            return True
        return False

    outcome: bool = serve(attempt, cookies=cookies)[0]
    return outcome


# By scheme.


@pytest.mark.parametrize(
    ("settings", "url", "secure"),
    [
        (PRODUCTION, HTTPS, True),
        (PRODUCTION, HTTP, True),
        (DEVELOPMENT, HTTPS, True),
        (DEVELOPMENT, HTTP, False),
        (INSECURE, HTTPS, False),
        (INSECURE, HTTP, False),
    ],
)
def test_the_pair_is_set_by_the_names_and_flags_of_its_scheme(settings: Settings, url: str, secure: bool) -> None:
    access, refresh = (
        ("__Host-Http-access_token", "__Secure-refresh_token") if secure else ("access_token", "refresh_token")
    )
    flags = {**FLAGS, "max-age": 30 * DAY, **({"secure": True} if secure else {})}
    assert sent(lambda cookies: cookies.set_pair(PAIR), settings, url=url) == {
        access: {"value": "access.value", "path": "/", **flags},
        refresh: {"value": "refresh.value", "path": "/auth", **flags},
    }


def test_a_login_cookie_lives_ten_minutes_under_a_name_of_its_own() -> None:
    cookies = sent(lambda cookies: cookies.set_login(LOGINS[0], "login.value"))
    name = f"__Host-Http-login_{LOGINS[0].cookie_suffix}"
    assert cookies == {name: {"value": "login.value", "path": "/", "max-age": LIFETIME, "secure": True, **FLAGS}}


def test_a_deletion_differs_from_the_setting_in_value_and_age_alone() -> None:
    set_, cleared = sent(lambda cookies: cookies.set_pair(PAIR)), sent(lambda cookies: cookies.clear_pair())
    assert cleared == {name: {**about, "value": "", "max-age": 0} for name, about in set_.items()}


@pytest.mark.parametrize(("left", "age"), [(0, 0), (1, 1), (400 * DAY, 400 * DAY), (1000 * DAY, 400 * DAY)])
def test_the_cookies_live_as_long_as_the_session_and_no_longer_than_browsers_bear(left: int, age: int) -> None:
    pair = TokenPair("a", "r", 3600, left)
    assert {about["max-age"] for about in sent(lambda cookies: cookies.set_pair(pair)).values()} == {age}


def test_under_a_mount_point_the_refresh_cookie_follows_and_the_access_cookie_stays_at_the_root() -> None:
    paths = {name: about["path"] for name, about in sent(lambda c: c.set_pair(PAIR), root="/app").items()}
    assert paths == {"__Host-Http-access_token": "/", "__Secure-refresh_token": "/app/auth"}


def test_without_a_reason_no_cookie_is_sent() -> None:
    def look(cookies: Cookies) -> None:
        assert (cookies.access_token, cookies.refresh_tokens) == (None, [])
        assert cookies.logins == {}

    assert serve(look)[1] == []


# What came.


@pytest.mark.parametrize(
    ("settings", "url", "expected"),
    [(PRODUCTION, HTTPS, "prefixed"), (PRODUCTION, HTTP, "prefixed"), (DEVELOPMENT, HTTP, "plain")],
)
def test_cookies_under_the_other_schemes_names_are_ignored(settings: Settings, url: str, expected: str) -> None:
    plain = "access_token=plain; refresh_token=plain"
    both = f"{plain}; __Host-Http-access_token=prefixed; __Secure-refresh_token=prefixed"
    found = serve(lambda cookies: (cookies.access_token, cookies.refresh_tokens), settings, both, url)[0]
    assert found == (expected, [expected])


@pytest.mark.parametrize(
    "values", [("evil", "good"), ("good", "evil"), ("good", "good"), ("good", ""), ("", "good")]
)
def test_an_access_cookie_that_came_twice_is_refused_in_either_order(values: tuple[str, str]) -> None:
    header = "; ".join(f"__Host-Http-access_token={value}" for value in values)
    assert has_twice(lambda cookies: cookies.access_token, header)


def test_of_refresh_cookies_all_are_read_for_one_may_be_planted() -> None:
    header = "__Secure-refresh_token=a; x=1; __Secure-refresh_token=b"
    assert serve(lambda cookies: cookies.refresh_tokens, cookies=header)[0] == ["a", "b"]


def test_only_the_cookie_that_is_asked_for_must_be_single() -> None:
    header = "__Secure-refresh_token=a; __Secure-refresh_token=b; __Host-Http-access_token=good; x=1; x=2"
    assert serve(lambda cookies: cookies.access_token, cookies=header)[0] == "good"


@pytest.mark.parametrize(
    "planted",
    [
        "\u2000__Host-Http-access_token=evil",
        "\u00a0__Host-Http-access_token=evil",
        "__host-http-access_token=evil",
        "__HOST-HTTP-ACCESS_TOKEN=evil",
        "__Host-access_token=evil",
        "__Host-Http-access_token_=evil",
        "=__Host-Http-access_token=evil",
        "access_token=evil",
        "$Version=1; $Path=/; other=__Host-Http-access_token",
        "__Host-Http-access%5Ftoken=evil",
        ";;;=;,",
    ],
)
def test_a_planted_cookie_of_a_similar_name_is_not_ours(planted: str) -> None:
    raw = planted.encode().decode("latin-1")
    assert serve(lambda cookies: cookies.access_token, cookies=raw)[0] is None
    both = f"{raw}; __Host-Http-access_token=good"
    assert serve(lambda cookies: cookies.access_token, cookies=both)[0] == "good"


@pytest.mark.parametrize("twin", ["__Host-Http-access_token=evil", "\t __Host-Http-access_token=evil"])
def test_a_twin_counts_as_the_second(twin: str) -> None:
    assert has_twice(lambda cookies: cookies.access_token, f"__Host-Http-access_token=good; {twin}")


def test_names_that_browsers_never_send_are_not_ours() -> None:
    header = "__Host-Http-access_token=good; __Host-Http-access_token =evil; __Host-Http-login_x=1"
    assert serve(lambda cookies: cookies.access_token, cookies=header)[0] == "good"
    assert serve(lambda cookies: cookies.logins, cookies=header)[0] == {}


@pytest.mark.parametrize("value", ["", '"', '"a', '"\\073"', "한글", "a,b", "\\", "x" * 60_000])
def test_any_value_is_read_without_trouble(value: str) -> None:
    header = f"__Host-Http-access_token={value}".encode().decode("latin-1")
    found, lines = serve(lambda cookies: cookies.access_token, cookies=header)
    assert found is None or isinstance(found, str)
    assert lines == []


@pytest.mark.parametrize("quotes", ['a="; {own}; b="', 'a="{own}"', '"; {own}', '{own}; "'])
def test_a_planted_quote_swallows_no_cookie_of_ours(quotes: str) -> None:
    own = "__Host-Http-access_token=good"
    found = serve(lambda cookies: cookies.access_token, cookies=quotes.format(own=own))[0]
    assert found == (None if quotes == 'a="{own}"' else "good")


@pytest.mark.parametrize("space", ["\x85", "\xa0", "\x1c", "\x0b"])
def test_a_name_behind_a_space_that_browsers_do_not_know_as_one_is_not_ours(space: str) -> None:
    header = f"{space}__Host-Http-access_token=evil"
    environ = {"HTTP_COOKIE": header}
    app = Flask("probe", static_folder=None)
    with app.test_request_context(HTTPS, environ_overrides=environ):
        assert Cookies(request, PRODUCTION).access_token is None
    with app.test_request_context(
        HTTPS, environ_overrides={"HTTP_COOKIE": f"__Host-Http-access_token=good; {header}"}
    ):
        assert Cookies(request, PRODUCTION).access_token == "good"


# The cookies of logins.


def login_cookies(*numbers: int) -> str:
    return "; ".join(f"__Host-Http-login_{LOGINS[number].cookie_suffix}={number}" for number in numbers)


def test_login_cookies_are_found_by_the_last_part_of_their_names() -> None:
    found = serve(lambda cookies: cookies.logins, cookies=login_cookies(0, 1) + "; login_x=1; other=2")[0]
    assert found == {LOGINS[0].cookie_suffix: "0", LOGINS[1].cookie_suffix: "1"}


def test_a_login_cookie_that_came_twice_is_left_out_and_the_others_stay() -> None:
    found = serve(lambda cookies: cookies.logins, cookies=login_cookies(0, 1, 0))[0]
    assert found == {LOGINS[1].cookie_suffix: "1"}


def test_a_login_that_goes_has_its_cookie_deleted_and_no_other() -> None:
    cleared = sent(lambda cookies: cookies.drop_logins(["a", "b"]))
    assert set(cleared) == {"__Host-Http-login_a", "__Host-Http-login_b"}
    assert {(about["path"], about["max-age"], about["value"]) for about in cleared.values()} == {("/", 0, "")}


def test_a_thousand_planted_login_cookies_never_make_a_long_answer() -> None:
    lines = serve(lambda cookies: cookies.drop_logins(f"{number:016}" for number in range(1000)))[1]
    assert 0 < sum(map(len, lines)) < 1500


# The cookie after a logout.


def test_for_ten_minutes_a_browser_knows_that_its_user_has_logged_out() -> None:
    told = sent(lambda cookies: cookies.say_logged_out())["__Host-Http-logged_out"]
    assert (told["value"], told["max-age"], told["path"]) == ("", 600, "/")
    assert serve(lambda cookies: cookies.says_logged_out, cookies="__Host-Http-logged_out=")[0] is True
    assert serve(lambda cookies: cookies.says_logged_out, cookies="logged_out=1")[0] is False


def test_that_is_taken_back_where_it_was_said() -> None:
    assert sent(lambda cookies: cookies.forget_logged_out()) == {}
    taken_back = sent(lambda cookies: cookies.forget_logged_out(), cookies="__Host-Http-logged_out=")
    assert taken_back["__Host-Http-logged_out"]["max-age"] == 0


# The names an operator chooses.


def test_the_names_of_the_pair_can_be_set_and_keep_their_prefixes() -> None:
    named = config_for(None, JWT_ACCESS_COOKIE_NAME="shop", JWT_REFRESH_COOKIE_NAME="shop_refresh")
    for development, url, expected in [
        (False, HTTPS, {"__Host-Http-shop", "__Secure-shop_refresh"}),
        (True, HTTP, {"shop", "shop_refresh"}),
    ]:
        settings = load_settings(named, development=development)
        assert set(sent(lambda cookies: cookies.set_pair(PAIR), settings, url=url)) == expected
