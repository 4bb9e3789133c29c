"""Finding one's way on the console's page."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

Open = Callable[..., Page]


def row_of(page: Page, persona: str) -> Locator:
    return page.locator(".person-row").filter(has=page.get_by_text(persona, exact=True))


def app_of(page: Page, name: str = "Emulator app") -> Locator:
    app = page.locator(".app-row").filter(has_text=name)
    app.locator("summary").first.click()
    return app


def says(page: Page, words: str) -> None:
    expect(page.locator("#said")).to_contain_text(words)
