"""What an attack on the running product found, each kept as the sequence that showed it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests
from sqlalchemy import delete

from kakao_login import login_required

from ..support import PAGE, Browser, Clock, Host


def test_a_user_deleted_in_bulk_is_not_reborn_as_the_next(new_host: Callable[..., Host]) -> None:
    host = new_host()
    browser = Browser(host.serve())
    browser.log_in()
    user = host.kakao_login.user_model
    with host.app.app_context():
        host.db.session.execute(delete(user).where(user.id == 1))
        host.db.session.commit()
        host.db.session.add(user(id=1))
        host.db.session.commit()
    assert browser.get("/mine").status_code == 401
    browser.log_in()
    assert browser.get("/auth/me").json()["user"]["id"] != 1


def test_one_request_in_a_foreign_app_context_leaves_no_login_to_the_next(host: Host, browser: Browser) -> None:
    browser.log_in()
    headers = {"Authorization": f"Bearer {browser.pair()[0]}"}
    with host.app.app_context():
        client = host.app.test_client(use_cookies=False)
        assert client.get("/mine", headers=headers).status_code == 200
        assert client.get("/mine").status_code == 401


@pytest.mark.parametrize("path", ["/files/%23x", "/files/a%3Fb", "/files/%2541", "/files/%ED%95%9C?q=%26"])
def test_a_renewal_leads_to_the_address_as_it_was_sent(
    new_host: Callable[..., Host], clock: Clock, path: str
) -> None:
    host = new_host()

    @host.app.get("/files/<name>")
    @login_required
    def file(name: str) -> str:
        return name

    browser = Browser(host.serve())
    browser.log_in()
    clock.advance(3700)
    hop = browser.get(path, headers=PAGE)
    assert browser.get(hop.headers["Location"], headers=PAGE).headers["Location"] == path


@pytest.mark.parametrize("scheme", ["Bearer\t", "Bearer,", "bearer\xa0", "Basic x, Bearer "])
def test_no_odd_spelling_of_bearer_falls_back_to_the_cookies(browser: Browser, scheme: str) -> None:
    browser.log_in()
    header = f"{scheme}junk".encode("latin-1")
    assert browser.get("/mine", headers={"Authorization": header}).status_code == 401


@pytest.mark.parametrize("path", ["/auth/kakao/login", "/auth/kakao/callback"])
def test_head_starts_and_ends_no_login(browser: Browser, path: str) -> None:
    assert browser.head(path).status_code == 405


def test_a_late_answer_of_a_replaced_session_deletes_no_cookie(browser: Browser) -> None:
    browser.log_in()
    old = f"access_token={browser.pair()[0]}"
    browser.log_in()
    late = requests.get(f"{browser.url}/mine", headers={"Cookie": old}, timeout=5)
    assert late.json()["error"] == "session_ended"
    assert "Set-Cookie" not in late.headers


def test_a_used_callback_is_known_again_after_the_access_token_ran_out(browser: Browser, clock: Clock) -> None:
    back = browser.start("/mine")
    browser.get(back)
    clock.advance(3700)
    assert browser.get(back).headers["Location"] == "/mine"
