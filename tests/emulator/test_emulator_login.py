"""One login, by hand on the pages and without them."""

from __future__ import annotations

import pytest

from kakao_login.emulator import Emulator

from .emulator_client import Client, answer_of


def test_a_person_logs_in_on_the_pages(client: Client) -> None:
    page = client.authorize(state="s t&")
    assert "카카오계정으로 로그인" in page.text
    chosen = client.submit(page, action="sign_in", person="4100000001")
    consent = client.follow(chosen)
    assert "동의하고 계속하기" in consent.text
    back = client.submit(consent, action="agree", item=["profile_nickname", "account_email"])
    assert answer_of(back)["state"] == "s t&"
    tokens = client.exchange(answer_of(back)["code"]).json()
    user = client.kapi("/v2/user/me", tokens["access_token"]).json()
    assert user["kakao_account"]["email"] == "haneul@example.com"
    assert user["kakao_account"]["profile_image_needs_agreement"] is True


@pytest.mark.parametrize("action", ["sign_in", "agree"])
def test_cancel_on_either_page_goes_back_with_access_denied(client: Client, action: str) -> None:
    page = client.authorize(state="s")
    if action == "agree":
        page = client.follow(client.submit(page, action="sign_in", person="4100000001"))
    back = client.submit(page, action="cancel")
    assert answer_of(back) == {"error": "access_denied", "error_description": "User denied access", "state": "s"}


def test_a_code_works_once(client: Client) -> None:
    code = client.code()
    assert client.exchange(code).status_code == 200
    again = client.exchange(code)
    assert (again.status_code, again.json()["error_code"]) == (400, "KOE320")


def test_a_code_dies_after_ten_minutes(client: Client, kakao: Emulator) -> None:
    code = client.code()
    kakao.advance_clock(600)
    assert client.exchange(code).json()["error_code"] == "KOE320"
