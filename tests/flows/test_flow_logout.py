"""Ending a session by logging out."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from ..support import PAGE, SAME_ORIGIN, Browser, Clock, Host


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Everything here holds on both databases."""
    return str(request.param)


def opens(browser: Browser, access_token: str) -> bool:
    headers = {"Authorization": f"Bearer {access_token}"}
    return requests.get(f"{browser.url}/mine", headers=headers, timeout=5).status_code == 200


def test_a_logout_ends_the_session_at_once_and_clears_its_cookies(browser: Browser) -> None:
    browser.log_in()
    access, refresh = browser.pair()
    answer = browser.post("/auth/logout", headers=browser.csrf())
    assert (answer.status_code, answer.json()) == (200, {"logged_out": True})
    assert not browser.jar()
    assert not opens(browser, access)
    renewed = requests.post(f"{browser.url}/auth/refresh", json={"refresh_token": refresh}, timeout=5)
    assert renewed.json()["error"] == "session_ended"


def test_deleted_cookies_have_the_attributes_of_the_ones_that_were_set(browser: Browser) -> None:
    set_lines = browser.log_in().raw.headers.getlist("Set-Cookie")
    gone_lines = browser.post("/auth/logout", headers=browser.csrf()).raw.headers.getlist("Set-Cookie")

    def attributes(lines: list[str]) -> dict[str, set[str]]:
        fields = [line.split("; ") for line in lines if "_token=" in line]
        varying = ("Max-Age", "Expires")
        return {
            first.split("=")[0]: {one for one in rest if not one.startswith(varying)} for first, *rest in fields
        }

    assert attributes(set_lines) == attributes(gone_lines)


def test_a_form_is_led_where_it_asks(browser: Browser) -> None:
    browser.log_in()
    form = {"csrf_token": browser.csrf()["X-CSRF-Token"], "next": "/bye"}
    answer = browser.post("/auth/logout", data=form, headers={**PAGE, **SAME_ORIGIN})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/bye")


def test_an_unsafe_next_of_a_form_leads_home(browser: Browser) -> None:
    browser.log_in()
    form = {"csrf_token": browser.csrf()["X-CSRF-Token"], "next": "//evil.test"}
    assert browser.post("/auth/logout", data=form, headers={**PAGE, **SAME_ORIGIN}).headers["Location"] == "/"


def test_an_expired_access_token_is_enough_to_log_out(browser: Browser, clock: Clock) -> None:
    browser.log_in()
    headers = browser.csrf()
    refresh = browser.pair()[1]
    clock.advance(5 * 3600)
    assert browser.post("/auth/logout", headers=headers).status_code == 200
    renewed = requests.post(f"{browser.url}/auth/refresh", json={"refresh_token": refresh}, timeout=5)
    assert renewed.json()["error"] == "session_ended"


def test_a_bearer_client_logs_out_its_session_alone(host: Host, browser: Browser) -> None:
    other = Browser(host.url)
    for one in (browser, other):
        one.log_in()
    headers = {"Authorization": f"Bearer {other.pair()[0]}"}
    assert browser.post("/auth/logout", headers=headers).json() == {"logged_out": True}
    assert opens(browser, browser.pair()[0])
    assert not opens(browser, other.pair()[0])


@pytest.mark.parametrize("body", [{"json": {"everywhere": True}}, {"data": {"everywhere": "1"}}])
def test_everywhere_ends_all_sessions_of_the_user(host: Host, browser: Browser, body: dict[str, Any]) -> None:
    others = [Browser(host.url) for _ in range(3)]
    for one in (browser, *others):
        one.log_in()
    assert browser.post("/auth/logout", headers=browser.csrf(), **body).status_code == 200
    assert [opens(one, one.pair()[0]) for one in others] == [False] * 3


def test_without_a_login_there_is_nothing_to_do(browser: Browser) -> None:
    assert browser.post("/auth/logout").json() == {"logged_out": True}
    assert browser.post("/auth/logout", headers=PAGE).headers["Location"] == "/"


def test_another_site_cannot_log_anybody_out(browser: Browser) -> None:
    browser.log_in()
    token = browser.csrf()
    assert browser.post("/auth/logout", headers={**token, "Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert browser.post("/auth/logout", headers=SAME_ORIGIN).status_code == 403
    assert browser.get("/auth/logout").status_code == 405
    assert browser.get("/mine").status_code == 200


def test_a_junk_cookie_is_not_taken_for_a_login(browser: Browser) -> None:
    headers = {"Cookie": "access_token=junk", **SAME_ORIGIN}
    answer = requests.post(f"{browser.url}/auth/logout", headers=headers, timeout=5)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
    assert "Set-Cookie" not in answer.headers
