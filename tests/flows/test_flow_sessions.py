"""The device list: seen, ended one by one, and closed to everybody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest

from kakao_login.emulator import Emulator

from ..support import Browser, Clock, Host

Hosts = Callable[..., Host]
NEW_YEAR = datetime(2027, 1, 1, tzinfo=timezone.utc).timestamp()
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Safari/604.1"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Both databases."""
    return str(request.param)


def device(host: Host, user_agent: str = "curl/8.5.0") -> Browser:
    browser = Browser(host.url)
    browser.headers["User-Agent"] = user_agent
    assert browser.log_in().status_code == 303
    return browser


def sessions_of(browser: Browser) -> list[dict[str, Any]]:
    sessions: list[dict[str, Any]] = browser.get("/auth/sessions").json()["sessions"]
    return sessions


def own_id(browser: Browser) -> str:
    return str(browser.get("/auth/me").json()["session"]["id"])


def test_the_list_says_in_words_what_is_logged_in_and_since_when(host: Host, clock: Clock) -> None:
    clock.now = NEW_YEAR
    phone = device(host, PHONE)
    clock.advance(3600)
    laptop = device(host)
    answer = laptop.get("/auth/sessions")
    assert answer.headers["Cache-Control"] == "no-store"
    here, there = answer.json()["sessions"]
    assert there == {
        "id": there["id"],
        "current": False,
        "created_at": "2027-01-01T00:00:00Z",
        "last_active_at": "2027-01-01T00:00:00Z",
        "expires_at": "2027-01-31T00:00:00Z",
        "browser": "Safari",
        "system": "iOS",
        "ip": "127.0.0.1",
    }
    assert (here["id"], here["current"], here["browser"], here["system"]) == (own_id(laptop), True, "curl", None)
    assert there["id"] == own_id(phone)


def test_the_one_used_last_comes_first(host: Host, clock: Clock) -> None:
    clock.now = NEW_YEAR
    phone, laptop = device(host, PHONE), device(host)
    clock.advance(125)
    phone.get("/mine")
    host.services.activity.flush()
    assert [entry["browser"] for entry in sessions_of(laptop)] == ["Safari", "curl"]
    assert sessions_of(laptop)[0]["last_active_at"] == "2027-01-01T00:02:00Z"


def test_a_device_ended_from_another_is_refused_at_once(host: Host) -> None:
    phone, laptop = device(host, PHONE), device(host)
    sid = own_id(phone)
    answer = laptop.delete(f"/auth/sessions/{sid}", headers=laptop.csrf())
    assert (answer.status_code, answer.text) == (204, "")
    assert "Set-Cookie" not in answer.headers
    assert phone.get("/mine").json()["error"] == "session_ended"
    assert [entry["current"] for entry in sessions_of(laptop)] == [True]
    assert laptop.delete(f"/auth/sessions/{sid}", headers=laptop.csrf()).status_code == 404


def test_ending_the_session_one_is_in_clears_its_cookies(host: Host) -> None:
    browser = device(host)
    sid, headers = own_id(browser), browser.csrf()
    assert browser.delete(f"/auth/sessions/{sid}", headers=headers).status_code == 204
    assert set(browser.cookies.keys()) == {"logged_out"}
    assert browser.get("/mine").json()["error"] == "login_required"


def test_a_bearer_client_sees_and_ends_its_own_session(host: Host) -> None:
    browser = device(host)
    sid, client = own_id(browser), Browser(host.url)
    client.headers["Authorization"] = f"Bearer {browser.pair()[0]}"
    assert [entry["current"] for entry in sessions_of(client)] == [True]
    answer = client.delete(f"/auth/sessions/{sid}")
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (204, False)
    assert client.get("/mine").json()["error"] == "session_ended"


def test_another_users_session_cannot_be_told_from_one_that_never_was(host: Host, kakao: Emulator) -> None:
    other = device(host)
    kakao.sign_in_as("nickname_only")
    browser = device(host)
    foreign, unknown = [
        browser.delete(f"/auth/sessions/{sid}", headers=browser.csrf()) for sid in (own_id(other), "A" * 22)
    ]
    assert (foreign.status_code, foreign.json()["error"]) == (404, "not_found")
    assert foreign.json() == unknown.json()
    assert other.get("/mine").status_code == 200
    assert [entry["current"] for entry in sessions_of(browser)] == [True]


@pytest.mark.parametrize("sid", ["%00", "A" * 5000, "한글", "A" * 21 + "%0A", "..%2Fme", "'--"])
def test_a_senseless_id_is_not_found(host: Host, sid: str) -> None:
    browser = device(host)
    assert browser.delete(f"/auth/sessions/{sid}", headers=browser.csrf()).status_code == 404


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}])
def test_another_site_cannot_end_a_session(host: Host, headers: dict[str, str]) -> None:
    browser = device(host)
    answer = browser.delete(f"/auth/sessions/{own_id(browser)}", headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (403, "csrf_failed")
    assert browser.get("/mine").status_code == 200


def test_the_list_is_for_those_who_are_logged_in(host: Host) -> None:
    browser = Browser(host.url)
    assert browser.get("/auth/sessions").json()["error"] == "login_required"
    assert browser.delete("/auth/sessions/" + "A" * 22).json()["error"] == "login_required"


def test_a_session_that_ran_out_is_not_listed(host: Host, clock: Clock) -> None:
    device(host, PHONE)
    clock.advance(31 * 24 * 3600)
    assert [entry["browser"] for entry in sessions_of(device(host))] == ["curl"]


def test_one_login_too_many_ends_the_oldest(new_host: Hosts, clock: Clock) -> None:
    host = new_host(KAKAO_LOGIN_MAX_SESSIONS=2)
    host.serve()
    browsers = []
    for _ in range(3):
        browsers.append(device(host))
        clock.advance(60)
    assert [browser.get("/mine").status_code for browser in browsers] == [401, 200, 200]
    assert browsers[0].get("/mine").json()["error"] == "login_required"


def test_with_room_for_one_the_new_login_stays_even_if_the_clock_went_back(new_host: Hosts, clock: Clock) -> None:
    host = new_host(KAKAO_LOGIN_MAX_SESSIONS=1)
    host.serve()
    old = device(host)
    clock.advance(-3)
    new = device(host)
    assert (new.get("/mine").status_code, old.get("/mine").status_code) == (200, 401)


def test_sessions_that_ran_out_take_nobodys_place(new_host: Hosts, clock: Clock) -> None:
    host = new_host(KAKAO_LOGIN_MAX_SESSIONS=2)
    host.serve()
    kept = device(host)
    headers = kept.csrf()
    device(host)
    clock.advance(29 * 24 * 3600)
    kept.post("/auth/refresh", headers=headers)
    clock.advance(2 * 24 * 3600)
    device(host)
    assert kept.post("/auth/refresh", headers=headers).status_code == 200
    assert kept.get("/mine").status_code == 200
