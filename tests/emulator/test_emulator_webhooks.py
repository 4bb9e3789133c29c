"""The unlink webhook, and how Kakao sends."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from kakao_login.emulator import Emulator, InvalidSetting, NotFound

from .emulator_client import Client
from .webhook_receiver import REFERRER_TYPES, Receiver


@pytest.mark.parametrize("referrer_type", REFERRER_TYPES)
def test_unlinking_at_kakao_posts_the_form_with_the_admin_key(
    client: Client, kakao: Emulator, unlink_hook: Receiver, referrer_type: str
) -> None:
    client.log_in()
    [delivery] = kakao.unlink("full", referrer_type)
    [request] = unlink_hook.received
    assert request["method"] == "POST"
    assert request["headers"]["Authorization"] == "KakaoAK emulator-admin-key"
    assert request["headers"]["Content-Type"] == "application/x-www-form-urlencoded;charset=utf-8"
    assert parse_qs(request["body"]) == {
        "app_id": ["1"],
        "user_id": ["4100000001"],
        "referrer_type": [referrer_type],
    }
    assert (delivery["status"], delivery["accepted"]) == (200, True)


def test_the_unlink_webhook_may_be_a_get(client: Client, kakao: Emulator, app_server: Receiver) -> None:
    kakao.patch_app(unlink_webhook={"url": f"{app_server.url}/unlink?from=kakao", "method": "GET"})
    client.log_in()
    kakao.unlink("full", "ACCOUNT_DELETE")
    [request] = app_server.received
    assert request["method"] == "GET"
    path, query = urlsplit(request["path"])[2:4]
    assert path == "/unlink"
    assert parse_qs(query) == {
        "from": ["kakao"],
        "app_id": ["1"],
        "user_id": ["4100000001"],
        "referrer_type": ["ACCOUNT_DELETE"],
    }
    assert request["body"] == ""
    assert request["headers"]["Authorization"] == "KakaoAK emulator-admin-key"


def test_the_log_of_deliveries_holds_no_admin_key(client: Client, kakao: Emulator, unlink_hook: Receiver) -> None:
    client.log_in()
    kakao.unlink("full")
    assert "emulator-admin-key" not in str(kakao.deliveries())


def test_an_incomplete_sign_up_is_told_after_a_day(client: Client, kakao: Emulator, unlink_hook: Receiver) -> None:
    kakao.patch_app(auto_link=False)
    client.log_in()
    kakao.advance_clock(86_400)
    assert parse_qs(unlink_hook.received[0]["body"])["referrer_type"] == ["INCOMPLETE_SIGN_UP"]


def test_without_a_webhook_nothing_is_sent(client: Client, kakao: Emulator) -> None:
    client.log_in()
    assert kakao.unlink("full") == []


def test_an_unlinked_person_cannot_be_unlinked(kakao: Emulator) -> None:
    with pytest.raises(NotFound, match="not linked"):
        kakao.unlink("full")


def test_an_unknown_referrer_type_is_refused(client: Client, kakao: Emulator) -> None:
    client.log_in()
    with pytest.raises(InvalidSetting, match="UNLINK_FROM_APPS"):
        kakao.unlink("full", "BORED")


@pytest.mark.parametrize(
    ("status", "accepted"), [(200, True), (201, False), (302, False), (401, False), (500, False)]
)
def test_only_the_status_counts_and_redirects_are_not_followed(
    client: Client, kakao: Emulator, unlink_hook: Receiver, status: int, accepted: bool
) -> None:
    unlink_hook.status, unlink_hook.body = status, b"whatever"
    unlink_hook.headers = {"Location": f"{unlink_hook.url}/elsewhere"}
    client.log_in()
    [delivery] = kakao.unlink("full")
    assert (delivery["status"], delivery["accepted"], delivery["answer"]) == (status, accepted, "whatever")
    assert len(unlink_hook.received) == 1


def test_an_app_has_three_seconds_to_answer(
    client: Client, kakao: Emulator, unlink_hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kakao_login.emulator.store import parcels

    assert parcels.ANSWER_SECONDS == 3.0
    monkeypatch.setattr(parcels, "ANSWER_SECONDS", 0.1)
    unlink_hook.waits_for = threading.Event()
    client.log_in()
    [delivery] = kakao.unlink("full")
    unlink_hook.waits_for.set()
    assert (delivery["status"], delivery["error"], delivery["accepted"]) == (None, "Timeout", False)


def test_an_app_that_is_down_is_logged(client: Client, kakao: Emulator) -> None:
    kakao.patch_app(unlink_webhook={"url": "http://127.0.0.1:9/unlink"})
    client.log_in()
    assert kakao.unlink("full")[0]["error"] == "ConnectionError"


@pytest.fixture
def half_an_answer() -> Iterator[tuple[str, list[bytes]]]:
    """An app's server that answers with bytes as they are, a piece every tenth of a second, and never ends."""
    pieces: list[bytes] = []
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            line, _ = server.accept()
            with line, suppress(OSError):
                line.recv(65_536)
                for piece in pieces:
                    line.sendall(piece)
                    done.wait(0.1)
                done.wait(10)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/", pieces
        done.set()
        thread.join()


@pytest.mark.parametrize(
    ("pieces", "status", "error"),
    [
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"], 200, None),
        ([b"HTTP/1.1 200 OK\r\n", *[b"X: y\r\n"] * 20, b"\r\n"], None, "Timeout"),
    ],
    ids=["a status without its body counts", "a head that trickles in does not"],
)
def test_only_a_status_within_the_time_counts(
    client: Client,
    kakao: Emulator,
    half_an_answer: tuple[str, list[bytes]],
    monkeypatch: pytest.MonkeyPatch,
    pieces: list[bytes],
    status: int | None,
    error: str | None,
) -> None:
    monkeypatch.setattr("kakao_login.emulator.store.parcels.ANSWER_SECONDS", 0.5)
    url, answer = half_an_answer
    answer += pieces
    client.log_in()
    kakao.patch_app(unlink_webhook={"url": url})
    [delivery] = kakao.unlink("full")
    assert (delivery["status"], delivery["error"], delivery["accepted"]) == (status, error, status == 200)


def test_a_reset_does_not_wait_for_apps_that_do_not_answer(
    client: Client, kakao: Emulator, event_hook: Receiver
) -> None:
    event_hook.waits_for = threading.Event()
    kakao.switch_webhooks(copies=3)
    for _ in range(3):
        client.log_in()
        client.kapi("/v1/user/unlink", client.log_in()["access_token"], "POST")
    started = time.monotonic()
    kakao.reset()
    assert time.monotonic() - started < 1
    event_hook.waits_for.set()
    assert kakao.deliveries() == []


def test_the_admin_key_is_masked_in_an_answer_that_repeats_it(
    client: Client, kakao: Emulator, unlink_hook: Receiver
) -> None:
    unlink_hook.body = b"you sent emulator-admin-key"
    client.log_in()
    [delivery] = kakao.unlink("full")
    assert delivery["answer"] == "you sent [masked]"


@pytest.mark.parametrize("host", ["a..b", "x" * 70 + ".example"])
def test_a_host_that_cannot_be_is_an_error_of_the_delivery(client: Client, kakao: Emulator, host: str) -> None:
    client.log_in()
    kakao.patch_app(unlink_webhook={"url": f"http://{host}/"})
    [delivery] = kakao.unlink("full")
    assert (delivery["status"], delivery["accepted"]) == (None, False)
    assert delivery["error"]


def reset_meanwhile(kakao: Emulator, event_hook: Receiver, work: Callable[[], list[Any]]) -> list[Any]:
    """Reset while the app leaves an event without an answer, and give what `work`, which waits for it, gives."""
    event_hook.waits_for = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(work)
        while not event_hook.received:
            time.sleep(0.01)
        kakao.reset()
        given = waiting.result(timeout=2)
    event_hook.waits_for.set()
    return given


def test_whoever_waits_for_deliveries_is_let_go_by_a_reset(
    client: Client, kakao: Emulator, event_hook: Receiver
) -> None:
    def log_in_and_wait() -> list[Any]:
        client.log_in()
        return kakao.deliveries()

    assert reset_meanwhile(kakao, event_hook, log_in_and_wait) == []


def test_what_was_being_released_does_not_go_on_after_a_reset(kakao: Emulator, event_hook: Receiver) -> None:
    kakao.switch_webhooks(hold=True)
    for _ in range(3):
        kakao.send_event("full", "user-linked")
    assert reset_meanwhile(kakao, event_hook, kakao.release_webhooks) == []
    assert (kakao.deliveries(), len(event_hook.received)) == ([], 1)


@pytest.mark.parametrize("copies", [0, 11, True, "2"])
def test_a_webhook_is_sent_at_most_ten_times(kakao: Emulator, copies: Any) -> None:
    with pytest.raises(InvalidSetting, match="copies: must be a whole number from 1 to 10"):
        kakao.switch_webhooks(copies=copies)
