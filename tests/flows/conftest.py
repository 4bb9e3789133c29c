"""What the flows need of a real browser: one Chromium for all tests, a fresh profile for each page asked for."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, sync_playwright

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
def chromium() -> Iterator[Chromium]:
    """The installed Chromium; ``tests/install_chromium.sh`` puts one where none is."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(_SWITCHES))
        yield browser
        browser.close()


@pytest.fixture
def new_page(chromium: Chromium) -> Iterator[Callable[..., Page]]:
    """Open pages, each in a browser profile of its own; ``page.context.new_page()`` opens a tab beside it."""
    with ExitStack() as stack:

        def open_page(locale: str = "ko-KR", width: int = 1280, *, javascript: bool = True) -> Page:
            context = chromium.new_context(
                locale=locale, viewport={"width": width, "height": 800}, java_script_enabled=javascript
            )
            stack.callback(context.close)
            return context.new_page()

        yield open_page
