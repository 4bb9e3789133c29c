"""The unlink webhook, and how Kakao sends."""

from __future__ import annotations

import threading
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
    from kakao_login.emulator import webhooks

    assert webhooks.ANSWER_SECONDS == 3.0
    monkeypatch.setattr(webhooks, "ANSWER_SECONDS", 0.1)
    unlink_hook.waits_for = threading.Event()
    client.log_in()
    [delivery] = kakao.unlink("full")
    unlink_hook.waits_for.set()
    assert (delivery["status"], delivery["error"], delivery["accepted"]) == (None, "ReadTimeout", False)


def test_an_app_that_is_down_is_logged(client: Client, kakao: Emulator) -> None:
    kakao.patch_app(unlink_webhook={"url": "http://127.0.0.1:9/unlink"})
    client.log_in()
    assert kakao.unlink("full")[0]["error"] == "ConnectionError"
