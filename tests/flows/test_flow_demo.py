"""The demo as a visitor meets it: a real process, a real Chromium, in Korean and English, wide and narrow."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, expect

from wsgi import create_app

from ..support import config_for

CHECKOUT = Path(__file__).parents[2]
KAKAO_KEYS = ("KAKAO_", "JWT_", "DATABASE_URL", "PORT", "EMULATOR_PORT", "FLASK_")
WORDS: dict[str, dict[str, Any]] = {
    "ko-KR": {
        "login": "카카오 로그인",
        "agree": "동의하고 계속하기",
        "cancel": "취소",
        "save": "저장",
        "out": "로그아웃",
    },
    "en-US": {
        "login": "Login with Kakao",
        "agree": "Agree and continue",
        "cancel": "Cancel",
        "save": "Save",
        "out": "Log out",
    },
}
NewPage = Callable[..., Page]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Demo:
    """A copy of the demo's files and how to run it."""

    folder: Path
    port: int
    emulator_port: int

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def start(self, **environment: str) -> subprocess.Popen[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(KAKAO_KEYS)}
        ports = {"PORT": str(self.port), "EMULATOR_PORT": str(self.emulator_port)}
        return subprocess.Popen(
            [sys.executable, "wsgi.py"],
            cwd=self.folder,
            env={**clean, **ports, "PYTHONPATH": str(CHECKOUT), "PYTHONUNBUFFERED": "1", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, stack: ExitStack, **environment: str) -> tuple[subprocess.Popen[str], str]:
        """Start it and give the process and what it printed until it was ready."""
        process = self.start(**environment)
        stack.enter_context(process)
        stack.callback(process.send_signal, signal.SIGINT)
        assert process.stdout is not None
        printed = ""
        while self.url not in printed:
            line = process.stdout.readline()
            assert line, f"the demo ended: {printed}"
            printed += line
        return process, printed


@pytest.fixture
def demo(tmp_path: Path) -> Demo:
    for name in ("wsgi.py", "templates", "static"):
        source = CHECKOUT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name)
        else:
            shutil.copy(source, tmp_path / name)
    return Demo(tmp_path, free_port(), free_port())


@pytest.fixture
def running(demo: Demo) -> Iterator[Demo]:
    with ExitStack() as stack:
        demo.run(stack)
        yield demo


def log_in(page: Page, url: str, words: dict[str, str], person: str = "full") -> None:
    page.goto(url)
    page.get_by_role("link", name=words["login"]).click()
    page.locator("button", has_text=person).first.click()
    page.get_by_role("button", name=words["agree"]).click()
    expect(page).to_have_url(f"{url}/account")


@pytest.mark.parametrize("width", [1200, 360])
@pytest.mark.parametrize("locale", ["ko-KR", "en-US"])
def test_one_click_logs_in_and_no_script_can_read_the_tokens(
    running: Demo, new_page: NewPage, locale: str, width: int
) -> None:
    page = new_page(locale=locale, width=width)
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    words = WORDS[locale]
    log_in(page, running.url, words)
    assert page.locator("html").get_attribute("lang") == locale[:2]
    expect(page.get_by_role("heading", level=1)).to_have_text("하늘")
    assert page.evaluate("document.cookie") == ""
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert cookies["access_token"]["httpOnly"]
    assert cookies["refresh_token"]["httpOnly"]
    for cookie in cookies.values():
        assert cookie["value"] not in page.content()
    # Nothing may be wider than a phone.
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert problems == []


@pytest.mark.parametrize("locale", ["ko-KR", "en-US"])
def test_a_visitor_writes_logs_out_and_finds_nothing_private_on_going_back(
    running: Demo, new_page: NewPage, locale: str
) -> None:
    page = new_page(locale=locale)
    words = WORDS[locale]
    log_in(page, running.url, words)
    page.locator("#greeting").fill("<b>안녕</b>")
    page.get_by_role("button", name=words["save"]).click()
    expect(page.locator(".greeting")).to_have_text("<b>안녕</b>")
    page.get_by_role("button", name=words["out"], exact=True).click()
    expect(page).to_have_url(f"{running.url}/")
    page.go_back()
    expect(page.get_by_role("link", name=words["login"])).to_be_visible()
    assert "하늘" not in page.content()
    # The live session at Kakao must not have signed the visitor in again without a click.
    assert not [cookie for cookie in page.context.cookies(running.url) if cookie["name"] == "access_token"]


@pytest.mark.parametrize("locale", ["ko-KR", "en-US"])
def test_cancelling_at_kakao_ends_on_a_page_with_a_way_on(running: Demo, new_page: NewPage, locale: str) -> None:
    page = new_page(locale=locale)
    words = WORDS[locale]
    page.goto(running.url)
    page.get_by_role("link", name=words["login"]).click()
    page.get_by_role("button", name=words["cancel"]).click()
    assert page.url.startswith(f"{running.url}/auth/kakao/callback")
    expect(page.get_by_role("link", name=words["login"])).to_be_visible()
    assert "access_denied" in page.content()


def test_the_language_can_be_switched_on_the_page(running: Demo, new_page: NewPage) -> None:
    page = new_page(locale="ko-KR")
    page.goto(running.url)
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("link", name="Login with Kakao")).to_be_visible()
    page.goto(f"{running.url}/auth/kakao/callback?state=x")
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "This login was not started here, or it has expired."
    )


def test_the_button_follows_kakaos_design_guide(running: Demo, new_page: NewPage) -> None:
    page = new_page(locale="ko-KR")
    page.goto(running.url)
    button = page.get_by_role("link", name="카카오 로그인")
    style = button.evaluate("element => Object.assign({}, getComputedStyle(element))")
    assert style["backgroundColor"] == "rgb(254, 229, 0)"
    assert style["borderTopLeftRadius"] == "12px"
    assert style["color"] == "rgba(0, 0, 0, 0.85)"
    assert button.locator("svg path").get_attribute("fill") == "#000000"


def test_a_second_run_still_knows_the_users_and_their_logins(demo: Demo, new_page: NewPage) -> None:
    page = new_page(locale="en-US")
    with ExitStack() as stack:
        demo.run(stack)
        log_in(page, demo.url, WORDS["en-US"])
    assert (demo.folder / "instance" / "jwt_secret_key").stat().st_mode & 0o777 == 0o600
    with ExitStack() as stack:
        demo.run(stack)
        page.goto(f"{demo.url}/account")
        expect(page.get_by_role("heading", level=1)).to_have_text("하늘")


def test_ctrl_c_ends_both_servers_quietly(demo: Demo) -> None:
    with ExitStack() as stack:
        process, printed = demo.run(stack)
        assert f"http://127.0.0.1:{demo.emulator_port}" in printed
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "Traceback" not in rest
    for port in (demo.port, demo.emulator_port):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.parametrize(("name", "key"), [("port", "PORT"), ("emulator_port", "EMULATOR_PORT")])
def test_a_taken_port_is_one_clear_line(demo: Demo, name: str, key: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", getattr(demo, name)))
        taken.listen()
        process = demo.start()
        printed, _ = process.communicate(timeout=15)
    assert process.returncode == 1
    [line] = [line for line in printed.splitlines() if "taken" in line]
    assert re.search(rf"\b{key}=\d+ make run", line)
    assert "Traceback" not in printed


@pytest.mark.parametrize("key", ["PORT", "EMULATOR_PORT"])
@pytest.mark.parametrize("port", ["five thousand", "70000"])
def test_a_port_that_is_none_is_one_clear_line(demo: Demo, key: str, port: str) -> None:
    process = demo.start(**{key: port})
    printed, _ = process.communicate(timeout=15)
    assert process.returncode == 1
    assert f"  {key} must be a number" in printed
    assert "Traceback" not in printed


def test_the_example_settings_as_they_are_start_the_emulator(demo: Demo, new_page: NewPage) -> None:
    shutil.copy(CHECKOUT / ".env.example", demo.folder / ".env")
    with ExitStack() as stack:
        demo.run(stack)
        log_in(new_page(locale="en-US"), demo.url, WORDS["en-US"])


def test_with_a_real_key_no_emulator_starts(demo: Demo) -> None:
    (demo.folder / ".env").write_text("KAKAO_CLIENT_ID=0123456789abcdef0123456789abcdef\n")
    with ExitStack() as stack:
        _, printed = demo.run(stack)
        assert "local Kakao" not in printed
        location = requests.get(f"{demo.url}/auth/kakao/login", allow_redirects=False, timeout=5).headers[
            "Location"
        ]
        assert location.startswith("https://kauth.kakao.com/oauth/authorize?")
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", demo.emulator_port)) != 0


def test_a_wrong_setting_is_one_clear_line(demo: Demo) -> None:
    process = demo.start(KAKAO_OIDC="perhaps")
    printed, _ = process.communicate(timeout=15)
    assert process.returncode == 1
    assert "KAKAO_OIDC" in printed
    assert "Traceback" not in printed


def test_the_access_log_of_the_demo_holds_no_code(demo: Demo, new_page: NewPage) -> None:
    page = new_page(locale="en-US")
    with ExitStack() as stack:
        process, _ = demo.run(stack)
        log_in(page, demo.url, WORDS["en-US"])
        process.send_signal(signal.SIGINT)
        printed, _ = process.communicate(timeout=10)
    assert "/auth/kakao/callback" in printed
    assert "code=" not in printed
    assert "state=" not in printed


def test_the_folder_of_the_demo_is_closed_to_everybody_else(demo: Demo) -> None:
    (demo.folder / "instance").mkdir(mode=0o755)
    with ExitStack() as stack:
        demo.run(stack)
        assert (demo.folder / "instance").stat().st_mode & 0o777 == 0o700
        assert (demo.folder / "instance" / "jwt_secret_key").stat().st_mode & 0o777 == 0o600


def test_over_https_browsers_are_told_to_come_back_that_way() -> None:
    client = create_app(config_for(None, SQLALCHEMY_DATABASE_URI="sqlite://")).test_client()
    told = [
        client.get("/", base_url=url).headers.get("Strict-Transport-Security")
        for url in ("https://localhost", "http://localhost")
    ]
    assert told == ["max-age=31536000", None]
