"""The login and consent pages in a real browser on a phone, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page

from kakao_login.emulator import Emulator
from kakao_login.emulator.store.apps import DEFAULT_REDIRECT_URI

from .emulator_client import CLIENT_ID, Client

PHONE = 360


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth") <= PHONE)


@pytest.mark.parametrize("javascript", [True, False], ids=["with script", "without"])
@pytest.mark.parametrize(
    ("language", "agree", "cancel"),
    [("ko-KR", "동의하고 계속하기", "취소"), ("en-US", "Agree and continue", "Cancel")],
)
def test_a_person_logs_in(
    client: Client,
    kakao: Emulator,
    new_page: Callable[..., Page],
    language: str,
    agree: str,
    cancel: str,
    javascript: bool,
) -> None:
    home = f"{kakao.url}/emulator/?app"
    kakao.patch_app(redirect_uris=[home])
    query = urlencode({"client_id": CLIENT_ID, "response_type": "code", "redirect_uri": home})
    page = new_page(language, PHONE, javascript=javascript)
    page.goto(f"{kakao.url}/oauth/authorize?{query}")
    assert fits(page)
    page.get_by_role("button", name="full").click()
    assert fits(page)
    assert page.get_by_role("checkbox").first.is_disabled()
    page.get_by_role("checkbox").last.check()
    page.get_by_role("button", name=agree).click()
    code = page.url.partition("code=")[2]
    assert client.exchange(code, redirect_uri=home).json()["scope"] == "account_email openid profile_nickname"
    page.goto(f"{kakao.url}/oauth/authorize?{query}&prompt=login")
    page.get_by_role("button", name=cancel).click()
    assert "error=access_denied" in page.url


def test_an_error_page_fits_and_leads_to_the_console(kakao: Emulator, new_page: Callable[..., Page]) -> None:
    page = new_page("en-US", PHONE)
    query = {
        "client_id": CLIENT_ID,
        "response_type": "code",
        "redirect_uri": "http://localhost:3000/" + "long/" * 40,
    }
    page.goto(f"{kakao.url}/oauth/authorize?{urlencode(query)}")
    assert fits(page)
    page.get_by_role("link", name="Open the console").click()
    assert page.url == f"{kakao.url}/emulator/"


def test_a_name_that_is_typed_counts_and_not_the_first_in_the_list(
    kakao: Emulator, new_page: Callable[..., Page]
) -> None:
    for _ in range(50):
        kakao.add_user()
    kakao.add_user(persona="typed", nickname="직접 쓴 사람")
    query = {"client_id": CLIENT_ID, "response_type": "code", "redirect_uri": DEFAULT_REDIRECT_URI}
    page = new_page("ko-KR", PHONE)
    page.goto(f"{kakao.url}/oauth/authorize?{urlencode(query)}")
    page.locator("input[name=who]").fill("typed")
    page.keyboard.press("Enter")
    assert "직접 쓴 사람" in page.locator("p.who").inner_text()
