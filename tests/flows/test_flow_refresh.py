"""Renewing a session, with cookies and with JSON."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pytest
import requests

from kakao_login.tokens.pair import TokenPair

from ..support import PAGE, SAME_ORIGIN, Browser, Clock, Host

Hosts = Callable[..., Host]


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Everything here holds on both databases."""
    return str(request.param)


def generation(token: str) -> int:
    return int(jwt.decode(token, options={"verify_signature": False})["gen"])


def renew(browser: Browser) -> requests.Response:
    return browser.post("/auth/refresh", headers=csrf_of(browser))


def csrf_of(browser: Browser) -> dict[str, str]:
    """The token is the session's, so one asked for while the access token lived is good later, too."""
    if "csrf" not in vars(browser):
        vars(browser)["csrf"] = browser.csrf()
    headers: dict[str, str] = vars(browser)["csrf"]
    return headers


def by_json(browser: Browser, refresh_token: Any) -> requests.Response:
    return requests.post(f"{browser.url}/auth/refresh", json={"refresh_token": refresh_token}, timeout=10)


def json_pair(host: Host) -> TokenPair:
    """Start a session for an API client of the first user."""
    with host.app.app_context():
        user = host.db.session.get(host.kakao_login.user_model, 1)
        return host.kakao_login.create_token_pair(user)


def test_cookie_mode_renews_the_cookies_and_answers_no_token(browser: Browser, clock: Clock) -> None:
    browser.log_in()
    csrf_of(browser)
    before = browser.pair()
    clock.advance(3700)
    answer = renew(browser)
    assert answer.status_code == 200
    assert set(answer.json()) == {"expires_in", "refresh_expires_in"}
    assert [generation(token) for token in browser.pair()] == [1, 1]
    assert not set(before) & set(browser.pair())
    assert browser.get("/mine").status_code == 200


def test_a_bearer_request_never_renews_by_the_cookies_beside_it(browser: Browser, clock: Clock) -> None:
    browser.log_in()
    headers = {**csrf_of(browser), "Authorization": f"Bearer {browser.pair()[0]}"}
    before = browser.pair()
    clock.advance(3700)
    answers = [
        browser.post("/auth/refresh", headers=headers),
        browser.post("/auth/refresh?next=/mine", headers={**headers, **PAGE}),
    ]
    assert [(answer.status_code, answer.headers.get("Set-Cookie")) for answer in answers] == [(401, None)] * 2
    assert browser.get("/auth/refresh?next=/mine", headers=headers).headers["Location"].startswith("/auth/kakao/")
    assert browser.pair() == before
    assert renew(browser).status_code == 200


def test_json_mode_answers_the_new_pair_and_sets_no_cookie(host: Host, browser: Browser) -> None:
    browser.log_in()
    answer = by_json(browser, json_pair(host).refresh_token)
    pair = answer.json()
    assert set(pair) == {"token_type", "access_token", "expires_in", "refresh_token", "refresh_expires_in"}
    assert (pair["token_type"], pair["expires_in"]) == ("Bearer", 3600)
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    headers = {"Authorization": f"Bearer {pair['access_token']}"}
    assert requests.get(f"{browser.url}/mine", headers=headers, timeout=5).status_code == 200


@pytest.mark.parametrize("missing", ["access_token", "refresh_token"])
def test_half_a_pair_renews_nothing(browser: Browser, missing: str) -> None:
    browser.log_in()
    headers = csrf_of(browser)
    [cookie] = [cookie for cookie in browser.jar() if cookie.name == missing]
    browser.cookies.clear(cookie.domain, cookie.path, cookie.name)
    answer = browser.post("/auth/refresh", headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (401, "login_required")
    assert "Set-Cookie" not in answer.headers


def test_a_planted_refresh_cookie_is_worthless(host: Host, browser: Browser) -> None:
    browser.log_in()
    attacker = Browser(host.url)
    attacker.log_in()
    headers = csrf_of(browser)
    planted = f"access_token={browser.pair()[0]}; refresh_token={attacker.pair()[1]}"
    answer = requests.post(f"{host.url}/auth/refresh", headers={**headers, "Cookie": planted}, timeout=5)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
    assert "Set-Cookie" not in answer.headers
    both = (
        f"access_token={browser.pair()[0]}; refresh_token={attacker.pair()[1]}; refresh_token={browser.pair()[1]}"
    )
    answer = requests.post(f"{host.url}/auth/refresh", headers={**headers, "Cookie": both}, timeout=5)
    assert answer.status_code == 200
    assert generation(answer.cookies["refresh_token"]) == 1


@pytest.mark.parametrize("planted", ["junk", "x" * 300, "a.b.c", "json"])
def test_whatever_is_planted_beside_it_the_own_refresh_cookie_counts(
    host: Host, browser: Browser, planted: str
) -> None:
    browser.log_in()
    access, refresh = browser.pair()
    value = json_pair(host).refresh_token if planted == "json" else planted
    for jar in (
        f"refresh_token={value}; refresh_token={refresh}",
        f"refresh_token={refresh}; refresh_token={value}",
    ):
        headers = {**SAME_ORIGIN, "Cookie": f"access_token={access}; {jar}"}
        assert requests.post(f"{host.url}/auth/refresh", headers=headers, timeout=5).status_code == 200


def test_of_several_refresh_cookies_of_a_session_the_newest_counts(
    host: Host, browser: Browser, clock: Clock
) -> None:
    browser.log_in()
    old = browser.pair()
    clock.advance(11)
    renew(browser)
    access, new = browser.pair()
    assert browser.get("/mine").status_code == 200
    host.services.heartbeat.beat()
    clock.advance(11)
    jar = f"access_token={access}; refresh_token={old[1]}; refresh_token={new}"
    answer = requests.post(f"{host.url}/auth/refresh", headers={**SAME_ORIGIN, "Cookie": jar}, timeout=5)
    assert (answer.status_code, generation(answer.cookies["refresh_token"])) == (200, 2)


def test_a_refresh_token_is_taken_back_only_as_it_was_handed_out(host: Host, browser: Browser) -> None:
    browser.log_in()
    answer = by_json(browser, browser.pair()[1])
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
    pair = json_pair(host)
    jar = f"access_token={pair.access_token}; refresh_token={pair.refresh_token}"
    answer = requests.post(f"{host.url}/auth/refresh", headers={**SAME_ORIGIN, "Cookie": jar}, timeout=5)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
    # Neither try has cost anybody anything.
    assert renew(browser).status_code == by_json(browser, pair.refresh_token).status_code == 200


def test_a_refresh_that_was_not_meant_changes_nothing(browser: Browser) -> None:
    browser.log_in()
    pair = browser.pair()
    for headers in (
        {},
        {"Origin": browser.url},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        answer = browser.post("/auth/refresh", headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (403, "csrf_failed")
    assert browser.pair() == pair
    assert [generation(token) for token in pair] == [0, 0]


def test_coming_again_within_the_interval_gives_the_same_successor(
    host: Host, browser: Browser, clock: Clock
) -> None:
    browser.log_in()
    old = json_pair(host).refresh_token
    first = by_json(browser, old).json()["refresh_token"]
    clock.advance(9)
    assert by_json(browser, old).json()["refresh_token"] == first
    assert by_json(browser, first).json()["refresh_token"] == first


def test_a_hundred_at_once_take_one_step_and_get_one_successor(host: Host, browser: Browser) -> None:
    browser.log_in()
    old = json_pair(host).refresh_token
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: by_json(browser, old), range(100)))
    assert {answer.status_code for answer in answers} == {200}
    [successor] = {answer.json()["refresh_token"] for answer in answers}
    assert generation(successor) == 1


@pytest.mark.parametrize("delay", [1, 60, 3600, 86400, 20 * 86400])
def test_a_lost_answer_logs_nobody_out_however_late_the_retry(
    host: Host, browser: Browser, clock: Clock, delay: int
) -> None:
    browser.log_in()
    old = json_pair(host).refresh_token
    by_json(browser, old)
    clock.advance(delay)
    answer = by_json(browser, old)
    assert (answer.status_code, generation(answer.json()["refresh_token"])) == (200, 1)


def test_a_thief_one_step_behind_ends_the_session(host: Host, browser: Browser, clock: Clock) -> None:
    browser.log_in()
    stolen = json_pair(host).refresh_token
    pair = by_json(browser, stolen).json()
    bearer = {"Authorization": f"Bearer {pair['access_token']}"}
    assert requests.get(f"{host.url}/mine", headers=bearer, timeout=5).status_code == 200
    host.services.heartbeat.beat()
    clock.advance(11)
    answer = by_json(browser, stolen)
    assert (answer.status_code, answer.json()["error"]) == (401, "refresh_token_reused")
    # The end was committed before it was answered: nothing of the session works any more.
    assert requests.get(f"{host.url}/mine", headers=bearer, timeout=5).json()["error"] == "session_ended"
    assert by_json(browser, pair["refresh_token"]).json()["error"] == "session_ended"


def test_an_older_generation_is_theft_even_within_the_interval(host: Host, browser: Browser, clock: Clock) -> None:
    browser.log_in()
    oldest = json_pair(host).refresh_token
    middle = by_json(browser, oldest).json()["refresh_token"]
    clock.advance(11)
    by_json(browser, middle)
    assert by_json(browser, oldest).json()["error"] == "refresh_token_reused"


@pytest.mark.parametrize("junk", ["", "x", "a.b.c", None, 1, [], {"a": 1}, "한글", "x" * 9000])
def test_junk_never_ends_anything(browser: Browser, junk: Any) -> None:
    browser.log_in()
    answer = by_json(browser, junk)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
    assert renew(browser).status_code == 200


def test_a_flipped_token_never_ends_anything(host: Host, browser: Browser) -> None:
    browser.log_in()
    token = json_pair(host).refresh_token
    for place in range(0, len(token), 7):
        flipped = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        assert by_json(browser, flipped).json()["error"] == "invalid_token"
    assert by_json(browser, token).status_code == 200


def test_an_access_token_cannot_renew(browser: Browser) -> None:
    browser.log_in()
    assert by_json(browser, browser.pair()[0]).json()["error"] == "invalid_token"


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b'{"refresh_token": "x"}', "text/plain", 415),
        (b"refresh_token=x", "application/x-www-form-urlencoded", 415),
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"[" * 60_000, "application/json", 400),
    ],
)
def test_a_body_that_is_not_a_json_object_is_refused(
    browser: Browser, body: bytes, content_type: str, status: int
) -> None:
    answer = browser.post("/auth/refresh", data=body, headers={"Content-Type": content_type})
    assert (answer.status_code, answer.json()["error"]) == (status, "invalid_request")


@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded", "text/plain"])
def test_a_body_that_is_too_large_is_refused(browser: Browser, content_type: str) -> None:
    answer = browser.post("/auth/refresh", data=b"x" * 70_000, headers={"Content-Type": content_type})
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")


def test_when_both_have_expired_the_session_is_over_and_the_cookies_go(browser: Browser, clock: Clock) -> None:
    browser.log_in()
    headers = csrf_of(browser)
    clock.advance(31 * 86400)
    answer = browser.post("/auth/refresh", headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (401, "session_ended")
    assert not browser.jar()


def test_a_page_whose_session_is_over_goes_to_the_login(browser: Browser, clock: Clock) -> None:
    browser.log_in()
    # The jar of a real browser drops what has expired; this one must keep it.
    pair = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.jar())
    clock.advance(31 * 86400)
    browser.cookies.clear()
    hop = browser.get("/mine", headers={**PAGE, "Cookie": pair})
    assert hop.headers["Location"] == "/auth/refresh?next=/mine"
    answer = browser.get("/auth/refresh?next=/mine", headers={**PAGE, "Cookie": pair})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/auth/kakao/login?next=/mine")
    deleted = answer.raw.headers.getlist("Set-Cookie")
    assert len(deleted) == 2
    assert all("Max-Age=0" in line for line in deleted)


def test_the_absolute_end_is_never_moved(new_host: Hosts, clock: Clock) -> None:
    host = new_host(KAKAO_LOGIN_SESSION_LIFETIME=5 * 86400, JWT_REFRESH_TOKEN_EXPIRES=2 * 86400)
    browser = Browser(host.serve())
    browser.log_in()
    token = json_pair(host).refresh_token
    for _ in range(4):
        clock.advance(86400)
        answer = by_json(browser, token)
        assert answer.status_code == 200
        token = answer.json()["refresh_token"]
    assert answer.json()["refresh_expires_in"] == 86400
    clock.advance(86400)
    assert by_json(browser, token).json()["error"] == "session_ended"


def test_a_restart_forgets_nothing(new_host: Hosts, clock: Clock) -> None:
    host = new_host()
    browser = Browser(host.serve())
    browser.log_in()
    stolen = json_pair(host).refresh_token
    successor = by_json(browser, stolen).json()["refresh_token"]
    clock.advance(11)
    latest = by_json(browser, successor).json()["refresh_token"]
    again = Browser(new_host().serve())
    assert by_json(again, stolen).json()["error"] == "refresh_token_reused"
    assert by_json(again, latest).json()["error"] == "session_ended"


@pytest.mark.parametrize(
    "unsafe",
    [
        "https://evil.test",
        "//evil.test",
        "/\\evil.test",
        "/\t/evil.test",
        "javascript:alert(1)",
        "/auth/logout",
        "x",
        "",
    ],
)
def test_an_unsafe_next_leads_home(browser: Browser, unsafe: str) -> None:
    browser.log_in()
    answer = browser.get("/auth/refresh", params={"next": unsafe}, headers=PAGE)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    start = browser.start(unsafe)
    assert browser.get(start).headers["Location"] == "/"
