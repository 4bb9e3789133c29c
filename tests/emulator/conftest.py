"""Fixtures of the emulator's tests: a served emulator, and a client of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import ConsoleMessage, Page, expect

from kakao_login.emulator import Emulator, run_emulator

from .console_page import Open
from .emulator_client import Client
from .webhook_receiver import Receiver


@pytest.fixture
def kakao(kakao_emulator: Emulator) -> Emulator:
    """A running emulator, clean."""
    return kakao_emulator


@pytest.fixture
def client(kakao: Emulator) -> Iterator[Client]:
    client = Client(kakao)
    yield client
    client.http.close()


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[Emulator]:
    """An emulator that speaks https under Kakao's own names."""
    with run_emulator(tls_dir=tmp_path) as kakao:
        yield kakao


@pytest.fixture
def app_server(kakao: Emulator) -> Iterator[Receiver]:
    """A receiver that both webhooks of the default app point at."""
    receiver = Receiver()
    thread = threading.Thread(target=receiver.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield receiver
    kakao.reset()
    receiver.server.shutdown()
    receiver.server.server_close()
    thread.join()


@pytest.fixture
def unlink_hook(kakao: Emulator, app_server: Receiver) -> Receiver:
    kakao.patch_app(unlink_webhook={"url": f"{app_server.url}/unlink"})
    return app_server


@pytest.fixture
def event_hook(kakao: Emulator, app_server: Receiver) -> Receiver:
    app_server.status = 202
    kakao.patch_app(account_status_webhook_url=f"{app_server.url}/events")
    return app_server


@pytest.fixture
def console(kakao: Emulator, new_page: Open) -> Iterator[Open]:
    """Open the console and wait until it is live. No page may log an error."""
    problems: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # A refusal of the control API is a line of the browser's own, which the page shows in words as well.
        if message.type == "error" and "Failed to load resource" not in message.text:
            problems.append(message.text)

    def open_console(language: str = "en-US", width: int = 1280) -> Page:
        page = new_page(language, width)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", note)
        page.goto(f"{kakao.url}/emulator/")
        expect(page.locator("#line")).to_have_class("line live")
        return page

    yield open_console
    assert problems == []
