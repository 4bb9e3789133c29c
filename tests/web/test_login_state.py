"""A login's secrets come back from the browser that started it; and ``next`` never leads to another site."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote

import pytest

from kakao_login.settings.values import LEEWAY
from kakao_login.web.logins import (
    LIFETIME,
    LONGEST_NEXT_IN_COOKIE,
    MOST_AT_ONCE,
    LoginStates,
    cookie_suffix,
    find_login,
)
from kakao_login.web.next_path import LONGEST_NEXT, safe_next
from tests.builders import OTHER_SECRET, codec_of
from tests.support import Clock, Host

SITE = "https://app.example"
UNRESERVED = re.compile(r"[A-Za-z0-9._~-]{43,128}")


@pytest.fixture
def states(clock: Clock) -> LoginStates:
    return LoginStates(codec_of(), clock=clock)


def start(states: LoginStates, number: int = 1, path: str = "/mine") -> dict[str, str]:
    """Start so many logins and give their cookies by suffix."""
    return {login.cookie_suffix: cookie for login, cookie in (states.start(path) for _ in range(number))}


# One login.


def test_every_secret_of_every_login_is_new_and_long_enough(states: LoginStates) -> None:
    logins = [states.start("/")[0] for _ in range(1000)]
    secrets = [secret for login in logins for secret in (login.state, login.nonce, login.code_verifier)]
    assert len(set(secrets)) == 3000
    assert all(UNRESERVED.fullmatch(secret) for secret in secrets)


def test_a_login_comes_back_as_it_was(states: LoginStates) -> None:
    login, cookie = states.start("/mine?a=1")
    assert states.read({login.cookie_suffix: cookie}) == [login]
    assert login.next == "/mine?a=1"


def test_a_repr_shows_no_secret(states: LoginStates) -> None:
    login, _ = states.start("/")
    assert not any(secret in repr(login) for secret in (login.state, login.nonce, login.code_verifier))


def test_the_cookies_name_gives_no_state_away(states: LoginStates) -> None:
    login, _ = states.start("/")
    assert re.fullmatch("[0-9a-f]{16}", login.cookie_suffix)
    assert login.cookie_suffix == cookie_suffix(login.state) != cookie_suffix(login.nonce)


def test_a_login_waits_ten_minutes(states: LoginStates, clock: Clock) -> None:
    cookies = start(states)
    clock.advance(LIFETIME + LEEWAY - 1)
    assert len(states.read(cookies)) == 1
    clock.advance(1)
    assert states.read(cookies) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda suffix, cookie: {"0" * 16: cookie},
        lambda suffix, cookie: {"": cookie},
        lambda suffix, cookie: {suffix.upper() + "x": cookie},
        lambda suffix, cookie: {suffix: ""},
        lambda suffix, cookie: {suffix: cookie[:-1]},
        lambda suffix, cookie: {suffix: cookie + "="},
        lambda suffix, cookie: {suffix: "한글"},
        lambda suffix, cookie: {suffix: "a.b.c"},
        lambda suffix, cookie: {suffix: "x" * 1_000_000},
    ],
)
def test_a_spoiled_cookie_is_no_login(states: LoginStates, spoil: Callable[[str, str], dict[str, str]]) -> None:
    ((suffix, cookie),) = start(states).items()
    assert states.read(spoil(suffix, cookie)) == []


def test_a_cookie_of_another_app_is_no_login(states: LoginStates, clock: Clock) -> None:
    assert states.read(start(LoginStates(codec_of(secret_key=OTHER_SECRET), clock=clock))) == []
    assert states.read(start(LoginStates(codec_of(issuer="https://other.example"), clock=clock))) == []


def test_a_token_of_another_kind_is_no_login(states: LoginStates, clock: Clock) -> None:
    token = codec_of().encode("refresh", {"sid": "s", "gen": 0}, now=clock.now, lifetime=60)
    assert states.read({cookie_suffix("s"): token}) == []


# Several logins.


def test_logins_started_in_one_second_keep_their_order(states: LoginStates, clock: Clock) -> None:
    logins = []
    for _ in range(5):
        clock.advance(0.01)
        logins.append(states.start("/"))
    cookies = {login.cookie_suffix: cookie for login, cookie in logins}
    assert states.read(cookies) == [login for login, _ in reversed(logins)]


def test_of_ten_logins_the_oldest_six_go_when_one_more_starts(states: LoginStates, clock: Clock) -> None:
    logins = []
    for _ in range(10):
        clock.advance(1)
        logins.append(states.start("/"))
    cookies = {login.cookie_suffix: cookie for login, cookie in reversed(logins)}
    assert states.read(cookies) == [login for login, _ in reversed(logins)]
    assert states.superfluous(cookies) == [login.cookie_suffix for login, _ in logins[5::-1]]


def test_of_cookies_that_are_none_of_ours_a_few_may_stay(states: LoginStates) -> None:
    junk = {f"{number:016x}": "a.b.c" for number in range(MOST_AT_ONCE + 2)}
    assert states.superfluous({**junk, **start(states, 1)}) == list(junk)[MOST_AT_ONCE:]


def test_junk_between_the_cookies_takes_no_place(states: LoginStates) -> None:
    junk = {f"{number:016x}": "a.b.c" for number in range(200)}
    assert len(states.read({**junk, **start(states, 5)})) == MOST_AT_ONCE


def test_as_many_logins_as_may_be_fit_into_the_headers_of_a_request(states: LoginStates) -> None:
    cookies = start(states, MOST_AT_ONCE, "/" + "x" * (LONGEST_NEXT_IN_COOKIE - 1))
    assert all(len(cookie) < 4096 - 100 for cookie in cookies.values())
    assert sum(len("__Host-Http-login_=; ") + 16 + len(cookie) for cookie in cookies.values()) < 8192


def test_a_login_is_found_by_its_own_state_alone(states: LoginStates) -> None:
    logins = [states.start("/")[0] for _ in range(5)]
    assert [find_login(logins, login.state) for login in logins] == logins


@pytest.mark.parametrize("state", ["", "x", "한글", "\0", "None", "x" * 100_000])
def test_no_other_state_finds_a_login(states: LoginStates, state: str) -> None:
    logins = [states.start("/")[0]]
    assert find_login(logins, state) is None
    assert find_login(logins, logins[0].state + state) is (logins[0] if not state else None)
    assert find_login([], state) is None


@pytest.mark.parametrize("state", ["%ED%A0%80", "%FF", "%00", "%0d%0a", "a%20b", "%F0%9F%98%80", "+"])
def test_any_bytes_as_a_state_are_a_login_that_nobody_started(bare_host: Host, state: str) -> None:
    response = bare_host.app.test_client().get(f"/auth/kakao/callback?code=x&state={state}")
    assert response.status_code == 400


# Where next leads: a small browser as the judge.

SCHEME = re.compile(r"([a-z][a-z0-9+.-]*:)(.*)", re.IGNORECASE | re.DOTALL)
DOTS = {".": 1, "%2e": 1, "..": 2, ".%2e": 2, "%2e.": 2, "%2e%2e": 2}


def resolve(location: str, base: str = SITE) -> tuple[str, str]:
    """Give the origin and path that a browser goes to, as the WHATWG URL standard has it."""
    url = re.sub(r"[\t\n\r]", "", location.strip("".join(map(chr, range(0x21)))))
    base_scheme = base.partition("//")[0]
    scheme = SCHEME.match(url)
    if scheme:
        name, rest = scheme[1].lower(), scheme[2]
        if name != base_scheme:
            return name, rest
        url = rest
    path = re.split("[?#]", url)[0].replace("\\", "/")
    if path.startswith("//"):
        host, _, path = path.lstrip("/").partition("/")
        return f"{base_scheme}//{host.rpartition('@')[2].lower()}", without_dots("/" + path)
    return base, without_dots(path if path.startswith("/") else "/" + path) if path else "/"


def without_dots(path: str) -> str:
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if DOTS.get(segment.lower()) == 2:
            del kept[-1:]
        elif segment.lower() not in DOTS:
            kept.append(segment)
    return "/" + "/".join(kept)


@pytest.mark.parametrize(
    ("location", "origin"),
    [
        ("/mine", SITE),
        ("mine", SITE),
        ("?x", SITE),
        ("https:mine", SITE),
        ("https:/mine", SITE),
        ("/ /evil.example", SITE),
        ("/%09/evil.example", SITE),
        ("/.//evil.example", SITE),
        ("//evil.example", "https://evil.example"),
        ("/\\evil.example", "https://evil.example"),
        ("\\\\evil.example", "https://evil.example"),
        ("/\t/evil.example", "https://evil.example"),
        (" \n/\r/evil.example", "https://evil.example"),
        ("////evil.example/x", "https://evil.example"),
        ("https:\\\\evil.example", "https://evil.example"),
        ("https:////evil.example", "https://evil.example"),
        ("//app.example@Evil.example?x", "https://evil.example"),
        ("htt\nps://evil.example", "https://evil.example"),
        ("http://app.example", "http:"),
        ("JavaScript:alert(1)", "javascript:"),
    ],
)
def test_the_judge_reads_locations_as_browsers_do(location: str, origin: str) -> None:
    assert resolve(location)[0] == origin


def escapes() -> Iterator[str]:
    """Give ways out of a site, as combinations of everything that was ever read in two ways."""
    starts = ["", " ", "\t", "\n", "\0", "\x1f", "\N{NO-BREAK SPACE}", "\ufeff", "%20", "%09", "/", "."]
    schemes = ["", "https:", "http:", "HTTPS:", "javascript:", "data:text/html,", "h\tttps:", "https\n:", "x-1+.:"]
    slashes = ["/", "//", "///", "\\", "/\\", "\\/", "\\\\", "/\t/", "/\n/", "/\r/", "/\0/", "/ /", "/./", "/.//"]
    slashes += [
        "/..//",
        "/%2f",
        "/%5c",
        "%2f%2f",
        "/;/",
        "/%09/",
        "/?/",
        "/#/",
        "\N{FULLWIDTH SOLIDUS}" * 2,
        "/\x7f/",
    ]
    hosts = ["evil.example", "u:p@evil.example", "app.example@evil.example", "[::1]", "evil%2eexample:443", ""]
    hosts += ["app.example.evil.example", "\\@evil.example", "evil\N{IDEOGRAPHIC FULL STOP}example", "2130706433"]
    tails = ["", "/../..//evil.example", "?x=//evil.example#y"]
    for parts in itertools.product(starts, schemes, slashes, hosts, tails):
        yield "".join(parts)


def test_no_next_leads_to_another_site() -> None:
    forms = set(escapes())
    led = {form: safe_next(form, own_prefix="/auth") for form in forms}
    assert len(forms) > 50_000
    assert len([form for form in forms if resolve(form)[0] != SITE]) > 20_000
    assert [form for form, path in led.items() if resolve(path)[0] != SITE] == []
    assert [form for form, path in led.items() if not re.fullmatch(r"/[!-~]*", path) or "\\" in path] == []


def test_judged_once_more_on_its_way_out_it_stays_the_same() -> None:
    judged = {safe_next(form, own_prefix="/auth") for form in itertools.islice(escapes(), 0, None, 7)}
    assert [path for path in judged if safe_next(path, own_prefix="/auth") != path] == []


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/mine",
        "/mine/",
        "/a/b?c=d&e=%20f#g",
        "/a?next=/b",
        "/a?next=https://other.example/",
        "/authors",
        "/author/auth",
        "/@user",
        "/a:b",
        "/a//b",
        "/%ED%95%9C",
        "/a;b=c,d!e'f(g)*h",
        "/~user/$x",
        "/a/../b",
    ],
)
def test_a_path_of_this_site_stays_as_it_is(path: str) -> None:
    assert safe_next(path, own_prefix="/auth") == path


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/한글?질문=답", "/%ED%95%9C%EA%B8%80?%EC%A7%88%EB%AC%B8=%EB%8B%B5"),
        ("/a b", "/a%20b"),
        ('/"<script>', "/%22%3Cscript%3E"),
        ("/\N{FULLWIDTH SOLIDUS}evil", "/%EF%BC%8Fevil"),
        ("/\ud800", "/?"),
    ],
)
def test_what_is_no_url_character_is_encoded(path: str, expected: str) -> None:
    assert safe_next(path, own_prefix="/auth") == expected


@pytest.mark.parametrize("path", [None, "", "mine", "https://app.example/", "?x", "#x", ".", "x" * 10])
def test_what_is_no_path_gives_the_default(path: str | None) -> None:
    assert safe_next(path, own_prefix="/auth", default="/start") == "/start"


@pytest.mark.parametrize("longest", [LONGEST_NEXT, LONGEST_NEXT_IN_COOKIE])
def test_a_path_that_is_too_long_gives_the_default(longest: int) -> None:
    path = "/" + "x" * (longest - 1)
    assert safe_next(path, own_prefix="/auth", longest=longest) == path
    assert safe_next(path + "x", own_prefix="/auth", longest=longest) == "/"
    assert safe_next("/" + "한" * (longest // 9 + 1), own_prefix="/auth", longest=longest) == "/"


@pytest.mark.parametrize("prefix", ["/auth", "/app/auth"])
@pytest.mark.parametrize(
    "way", ["", "/", "?x", "#x", "/refresh?next=/auth/refresh", "/kakao/login", "/logout", "//x", "/../auth"]
)
def test_no_next_leads_back_into_a_login_or_a_refresh(prefix: str, way: str) -> None:
    assert safe_next(prefix + way, own_prefix=prefix) == "/"


def round_about_ways() -> Iterator[str]:
    segments = ["auth", "%61uth", "aut%68", "%41uth", "AUTH"]
    befores = ["/", "/./", "/x/../", "/%2e/", "/x/%2E%2e/", "/x/.%2e/", "/.//", "/x/..//", "/../", "/x/y/../../"]
    for before, segment, after in itertools.product(
        befores, segments, ["", "/", "/refresh", "%2frefresh", "//refresh"]
    ):
        yield before + segment + after


def test_no_roundabout_way_leads_back_into_a_login_or_a_refresh() -> None:
    """The browser takes out dots, and the server decodes what is left and joins slashes."""
    forms = set(round_about_ways())
    assert len(forms) > 200

    def arrives(form: str) -> bool:
        path = re.sub("/+", "/", unquote(resolve(safe_next(form, own_prefix="/auth"))[1]))
        return path == "/auth" or path.startswith("/auth/")

    assert [form for form in forms if arrives(form)] == []
