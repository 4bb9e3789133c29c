"""One real Chromium for all tests of a worker, and a fresh profile for each page asked for."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, Playwright, sync_playwright

# No sandbox, because CI runs as root in a container; the rest keeps Chromium from talking to anybody but us.
_SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Chromium]:
    """The installed Chromium; ``tests/install_tools.sh`` puts one where none is."""
    with launch(playwright) as browser:
        yield browser


@contextmanager
def launch(playwright: Playwright, *switches: str, keeps_pages: bool = False) -> Iterator[Chromium]:
    """Start Chromium; with ``keeps_pages`` the back button brings pages back as they were, as it does for people.

    Playwright turns that off, because its own ``go_back`` then waits in vain.
    """
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    unwanted = ["--disable-back-forward-cache"] if keeps_pages else None
    browser = playwright.chromium.launch(
        executable_path=program, args=[*_SWITCHES, *switches], ignore_default_args=unwanted
    )
    yield browser
    browser.close()


@pytest.fixture
def new_page(chromium: Chromium) -> Iterator[Callable[..., Page]]:
    """Open pages, each in a browser profile of its own; ``page.context.new_page()`` opens a tab beside it."""
    with ExitStack() as stack:

        def open_page(
            locale: str = "ko-KR", width: int = 1280, *, javascript: bool = True, user_agent: str | None = None
        ) -> Page:
            context = chromium.new_context(
                locale=locale,
                viewport={"width": width, "height": 800},
                java_script_enabled=javascript,
                user_agent=user_agent,
            )
            stack.callback(context.close)
            return context.new_page()

        yield open_page
