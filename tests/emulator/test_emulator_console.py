"""The console and the pages in a real browser, and the stream of requests over a bare line."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import urlencode

import pytest
import requests
from playwright.sync_api import ConsoleMessage, Page, ViewportSize, expect, sync_playwright

from kakao_login.emulator import Emulator, run_emulator

from .emulator_client import CLIENT_ID, Client

Result = TypeVar("Result")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
PHONE: ViewportSize = {"width": 390, "height": 844}


@contextmanager
def chromium() -> Iterator[Callable[[str], Page]]:
    """Lend a function that opens a page of the installed Chromium on a phone. No page may log an error."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("Chromium is not installed.")
    problems: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            problems.append(message.text)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=QUIET)

        def new_page(language: str) -> Page:
            page = browser.new_context(locale=language, viewport=PHONE).new_page()
            page.on("pageerror", lambda error: problems.append(str(error)))
            page.on("console", note)
            return page

        yield new_page
        browser.close()
    assert problems == []


def in_browser(visit: Callable[[Callable[[str], Page]], Result]) -> Result:
    """Visit in a thread of its own, since Playwright can run only once in each."""

    def run() -> Result:
        with chromium() as new_page:
            return visit(new_page)

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(run).result()


def fits(page: Page) -> bool:
    width = page.evaluate("document.documentElement.scrollWidth")
    return bool(width <= PHONE["width"])


def test_the_console_shows_and_does_what_the_control_api_can(client: Client, kakao: Emulator) -> None:
    def visit(new_page: Callable[[str], Page]) -> None:
        page = new_page("ko-KR")
        page.goto(f"{kakao.url}/emulator/")
        expect(page.locator("#line")).to_have_text("연결됨")
        assert fits(page)
        page.get_by_role("listitem").filter(has_text="big_id").get_by_text("바로 로그인").click()
        expect(page.locator("#said")).to_have_text("됐습니다.")
        code = client.authorize().headers["Location"].partition("code=")[2]
        assert client.exchange(code).status_code == 200
        expect(page.locator("#requests")).to_contain_text("POST token")
        expect(page.locator("#requests")).to_contain_text("code=[masked]")
        expect(page.get_by_role("listitem").filter(has_text="big_id")).to_contain_text("연결됨: 1")
        page.locator("#endpoint").select_option("id_token")
        page.locator("#fault").select_option("wrong_aud")
        page.get_by_role("button", name="주문").click()
        expect(page.locator("#faults")).to_contain_text("id_token · wrong_aud × 1")
        page.get_by_text("+1시간").click()
        page.get_by_role("listitem").filter(has_text="big_id").get_by_text("연결 해제").click()
        expect(page.get_by_role("listitem").filter(has_text="big_id")).not_to_contain_text("연결됨")
        page.locator("summary").click()
        text = page.locator("textarea")
        right = text.input_value().replace('"oidc": true', '"oidc": false')
        text.fill("no JSON")
        page.get_by_role("button", name="저장").click()
        expect(page.locator("#said.wrong")).to_contain_text("JSON")
        text.fill(right)
        page.get_by_role("button", name="저장").click()
        expect(page.locator("#said")).to_have_text("됐습니다.")

    now = time.time()
    in_browser(visit)
    assert kakao.app()["oidc"] is False
    assert kakao.advance_clock(0) > now + 3_600
    assert kakao.requests("token")[0]["status"] == 200


LANGUAGES = {"ko-KR": ("동의하고 계속하기", "취소"), "en-US": ("Agree and continue", "Cancel")}


def test_a_person_logs_in_on_a_phone_in_both_languages(client: Client, kakao: Emulator) -> None:
    home = f"{kakao.url}/emulator/?app"
    kakao.patch_app(redirect_uris=[home])
    query = urlencode({"client_id": CLIENT_ID, "response_type": "code", "redirect_uri": home})

    def log_in(page: Page, agree: str, cancel: str) -> tuple[str, str]:
        page.goto(f"{kakao.url}/oauth/authorize?{query}")
        assert fits(page)
        page.get_by_role("button", name="full").click()
        assert fits(page)
        assert page.get_by_role("checkbox").first.is_disabled()
        page.get_by_role("checkbox").last.check()
        page.get_by_role("button", name=agree).click()
        agreed = page.url
        page.goto(f"{kakao.url}/oauth/authorize?{query}")
        page.get_by_role("button", name=cancel).click()
        return agreed, page.url

    def visit(new_page: Callable[[str], Page]) -> list[tuple[str, str]]:
        return [log_in(new_page(language), *words) for language, words in LANGUAGES.items()]

    for agreed, cancelled in in_browser(visit):
        assert "error=access_denied" in cancelled
        tokens = client.exchange(agreed.partition("code=")[2], redirect_uri=home).json()
        assert tokens["scope"] == "account_email openid profile_nickname"


def lines_of(answer: Any) -> Iterator[bytes]:
    return (line for line in answer.iter_lines(chunk_size=1) if line.startswith(b"data:"))


def test_the_stream_tells_of_each_call_as_it_begins_and_ends(client: Client, kakao: Emulator) -> None:
    with requests.get(f"{kakao.url}/emulator/stream", stream=True, timeout=5) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        lines = lines_of(answer)
        client.authorize()
        assert b'"status": null' in next(lines)
        assert b'"status": 200' in next(lines)


def test_a_stream_does_not_keep_the_emulator_from_ending() -> None:
    with run_emulator() as kakao:
        answer = requests.get(f"{kakao.url}/emulator/stream", stream=True, timeout=5)
        started = time.monotonic()
    assert time.monotonic() - started < 2
    answer.close()
