"""Sessions that a host starts and ends itself, for users whom it has proved by other means."""

from __future__ import annotations

from typing import Any

import pytest

from kakao_login import EndReason, current_user
from kakao_login.errors import AccountDisabled

from ..builders import new_user, stored
from ..support import PAGE, SAME_ORIGIN, Browser, Host


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Everything here holds on both databases."""
    return str(request.param)


@pytest.fixture
def browser(host: Host) -> Browser:
    """A browser of a host that logs in whom it likes."""

    @host.app.get("/enter/<int:key>")
    def enter(key: int) -> dict[str, Any]:
        before = bool(current_user)
        host.kakao_login.login_user(host.db.session.get(host.kakao_login.user_model, key))
        return {"before": before, "after": current_user.id}

    @host.app.post("/leave")
    def leave() -> dict[str, Any]:
        return {"left": host.kakao_login.logout_user(), "after": bool(current_user)}

    return Browser(host.serve())


def test_a_user_of_the_hosts_own_is_logged_in_by_cookies(host: Host, browser: Browser) -> None:
    key = new_user(host)
    answer = browser.get(f"/enter/{key}")
    assert answer.json() == {"before": False, "after": key}
    assert answer.headers["Cache-Control"] == "no-store"
    assert browser.get("/mine").json() == {"hello": key}
    assert browser.post("/auth/refresh", headers=SAME_ORIGIN).status_code == 200


def test_the_session_that_the_browser_held_ends(host: Host, browser: Browser) -> None:
    browser.log_in()
    held = browser.get("/auth/me").json()["session"]["id"]
    key = new_user(host)
    assert browser.get(f"/enter/{key}").json() == {"before": True, "after": key}
    assert stored(host, held).end_reason == EndReason.REPLACED.value
    assert browser.get("/mine").json() == {"hello": key}


def test_a_disabled_user_is_not_logged_in_and_costs_nobody_the_login_they_had(
    host: Host, browser: Browser
) -> None:
    browser.log_in()
    key = new_user(host)
    with host.app.app_context():
        host.db.session.get_one(host.kakao_login.user_model, key).is_active = False
        host.db.session.commit()
    answer = browser.get(f"/enter/{key}")
    assert (answer.status_code, answer.json()["error"]) == (AccountDisabled.status, "access_denied")
    assert browser.get("/mine").json() == {"hello": 1}


def test_a_host_logs_its_user_out(host: Host, browser: Browser) -> None:
    browser.log_in()
    access, _ = browser.pair()
    assert browser.post("/leave", headers=SAME_ORIGIN).json() == {"left": True, "after": False}
    assert set(browser.cookies.keys()) == {"logged_out"}
    headers = {"Authorization": f"Bearer {access}"}
    assert host.app.test_client().get("/mine", headers=headers).status_code == 401
    assert browser.post("/leave", headers=SAME_ORIGIN).json() == {"left": False, "after": False}


def test_another_site_cannot_make_a_host_log_its_user_out(browser: Browser) -> None:
    browser.log_in()
    foreign = {"Sec-Fetch-Site": "cross-site", **PAGE}
    assert browser.post("/leave", headers=foreign).json() == {"left": False, "after": False}
    assert browser.get("/mine").status_code == 200


def test_the_link_to_kakao_can_be_asked_for(host: Host, browser: Browser) -> None:
    browser.log_in()
    alone = new_user(host)
    with host.app.app_context():
        users = [host.db.session.get(host.kakao_login.user_model, key) for key in (1, alone)]
        linked, unlinked = (host.kakao_login.account_of(user) for user in users)
    assert unlinked is None
    assert linked is not None
    assert (linked.user_id, linked.kakao_id > 0, linked.email) == (1, True, "haneul@example.com")
