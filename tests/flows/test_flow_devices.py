"""The demo's device list: two devices of one person, in Korean and English, on a wide screen and on a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page, expect

from kakao_login.emulator import Emulator
from wsgi import create_app

from ..support import Browser, config_for, free_port, serving

NewPage = Callable[..., Page]
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/18.1 Mobile/15E148 Safari/604.1"
)


@pytest.fixture
def demo(tmp_path: Path, kakao: Emulator) -> Iterator[str]:
    """The demo's address, served with a database of its own."""
    port = free_port()
    redirect_uri = f"http://localhost:{port}/auth/kakao/callback"
    kakao.patch_app(redirect_uris=[redirect_uri])
    database = {"SQLALCHEMY_DATABASE_URI": f"sqlite:///{tmp_path / 'demo.db'}"}
    app = create_app(config_for(kakao, KAKAO_REDIRECT_URI=redirect_uri, **database))
    with serving(app, port) as url:
        yield url
    app.extensions["kakao_login"].heartbeat.stop()


def log_in(page: Page, demo: str) -> Page:
    page.goto(f"{demo}/auth/kakao/login?next=/account&confirmed=1")
    expect(page).to_have_url(f"{demo}/account")
    return page


@pytest.mark.parametrize("javascript", [True, False])
@pytest.mark.parametrize(
    ("locale", "width", "here", "end"),
    [("ko-KR", 1200, "이 기기", "종료: Safari · iOS"), ("en-US", 360, "This device", "End: Safari · iOS")],
)
def test_a_phone_is_ended_from_the_list_on_another_device(
    demo: str, new_page: NewPage, locale: str, width: int, here: str, end: str, javascript: bool
) -> None:
    phone = log_in(new_page(user_agent=IPHONE), demo)
    page = log_in(new_page(locale=locale, width=width, javascript=javascript), demo)
    devices = page.locator(".devices li")
    expect(devices).to_have_count(2)
    expect(devices.filter(has_text=here)).to_contain_text("Chrome · Linux")
    expect(devices.filter(has_text="Safari · iOS")).to_contain_text("127.0.0.1")
    page.get_by_role("button", name=end).click()
    expect(devices).to_have_count(1)
    expect(devices).to_contain_text(here)
    phone.goto(f"{demo}/account")
    expect(phone.get_by_role("heading", level=1)).to_have_text("로그인 세션이 종료되었습니다.")


def test_all_others_end_and_this_device_stays(demo: str, new_page: NewPage) -> None:
    others = [log_in(new_page(), demo) for _ in range(2)]
    page = log_in(new_page(), demo)
    page.get_by_role("button", name="다른 기기 모두 종료").click()
    expect(page.locator(".devices li")).to_have_count(1)
    for other in others:
        other.goto(f"{demo}/account")
        expect(other.locator(".devices")).to_have_count(0)


def test_logging_out_everywhere_ends_this_device_too(demo: str, new_page: NewPage, kakao: Emulator) -> None:
    other = log_in(new_page(), demo)
    page = log_in(new_page(), demo)
    kakao.show_pages()
    page.get_by_role("button", name="모든 기기에서 로그아웃").click()
    expect(page.get_by_role("link", name="카카오 로그인")).to_be_visible()
    for tab in (page, other):
        tab.goto(f"{demo}/account")
        expect(tab.locator(".devices")).to_have_count(0)


def test_the_page_fits_a_narrow_phone_in_both_languages(demo: str, new_page: NewPage) -> None:
    for locale in ("ko-KR", "en-US"):
        log_in(new_page(user_agent=IPHONE), demo)
        page = log_in(new_page(locale=locale, width=320), demo)
        assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_another_users_session_is_left_alone(demo: str, new_page: NewPage, kakao: Emulator) -> None:
    victim = Browser(demo)
    victim.log_in("/account")
    sid = victim.get("/auth/me").json()["session"]["id"]
    kakao.sign_in_as("nickname_only")
    thief = Browser(demo)
    thief.log_in("/account")
    answer = thief.post(f"/account/sessions/{sid}/end", headers=thief.csrf())
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account")
    assert victim.get("/auth/me").status_code == 200
    assert requests.post(f"{demo}/account/sessions/{sid}/end", timeout=5).status_code == 401
