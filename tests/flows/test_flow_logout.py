"""Ending a session by logging out."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from ..support import HOST, PAGE, SAME_ORIGIN, Browser, Clock, Host


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Everything here holds on both databases."""
    return str(request.param)


def opens(browser: Browser, access_token: str) -> bool:
    headers = {"Authorization": f"Bearer {access_token}"}
    return requests.get(f"{browser.url}/mine", headers=headers, timeout=5).status_code == 200


def renewed(browser: Browser, access_token: str, refresh_token: str) -> str | None:
    """Give the error of a refresh with these cookies, or None if they are renewed."""
    headers = {**SAME_ORIGIN, "Cookie": f"access_token={access_token}; refresh_token={refresh_token}"}
    answer = requests.post(f"{browser.url}/auth/refresh", headers=headers, timeout=5)
    error: str | None = answer.json().get("error")
    return error


def test_a_logout_ends_the_session_at_once_and_clears_its_cookies(browser: Browser) -> None:
    browser.log_in()
    access, refresh = browser.pair()
    answer = browser.post("/auth/logout", headers=browser.csrf())
    assert (answer.status_code, answer.json()) == (200, {"logged_out": True})
    assert [cookie.name for cookie in browser.jar()] == ["logged_out"]
    assert not opens(browser, access)
    assert renewed(browser, access, refresh) == "session_ended"


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
    access, refresh = browser.pair()
    clock.advance(5 * 3600)
    assert browser.post("/auth/logout", headers=headers).status_code == 200
    assert renewed(browser, access, refresh) == "session_ended"


def test_the_refresh_cookie_alone_is_enough_to_log_out(browser: Browser) -> None:
    browser.log_in()
    access, refresh = browser.pair()
    headers = {"Cookie": f"refresh_token={refresh}; refresh_token=planted", **SAME_ORIGIN}
    foreign = {**headers, "Sec-Fetch-Site": "same-site"}
    assert requests.post(f"{browser.url}/auth/logout", headers=foreign, timeout=5).status_code == 403
    assert opens(browser, access)
    answer = requests.post(f"{browser.url}/auth/logout", headers=headers, timeout=5)
    assert answer.json() == {"logged_out": True}
    gone = [line.split("=")[0] for line in answer.raw.headers.getlist("Set-Cookie") if "Max-Age=0" in line]
    assert set(gone) == {"access_token", "refresh_token"}
    assert not opens(browser, access)


def test_a_refresh_token_of_an_api_client_logs_nobody_out_as_a_cookie(host: Host, browser: Browser) -> None:
    browser.log_in()
    with host.app.app_context():
        pair = host.kakao_login.create_token_pair(host.db.session.get(host.kakao_login.user_model, 1))
    headers = {"Cookie": f"refresh_token={pair.refresh_token}", **SAME_ORIGIN}
    assert requests.post(f"{browser.url}/auth/logout", headers=headers, timeout=5).json() == {"logged_out": True}
    assert opens(browser, pair.access_token)


def test_a_next_that_is_no_text_leads_home(browser: Browser) -> None:
    browser.log_in()
    answer = browser.post("/auth/logout", json={"next": ["/bye"]}, headers={**PAGE, **SAME_ORIGIN})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


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
    assert browser.post("/auth/logout", headers={"Origin": HOST}).status_code == 403
    assert browser.post("/auth/logout", headers={"Sec-Fetch-Site": "same-site"}).status_code == 403
    assert browser.get("/auth/logout").status_code == 405
    assert browser.get("/mine").status_code == 200


def test_a_junk_cookie_is_not_taken_for_a_login(browser: Browser) -> None:
    headers = {"Cookie": "access_token=junk", **SAME_ORIGIN}
    answer = requests.post(f"{browser.url}/auth/logout", headers=headers, timeout=5)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
    assert "Set-Cookie" not in answer.headers
