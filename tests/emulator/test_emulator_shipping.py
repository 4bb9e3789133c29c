"""`/v1/user/shipping_address`."""

from __future__ import annotations

from typing import Any

import pytest

from kakao_login.emulator import Emulator

from .emulator_client import Client

PATH = "/v1/user/shipping_address"


@pytest.fixture
def token(client: Client, kakao: Emulator) -> str:
    kakao.patch_app(consent_items={"shipping_address": "optional"})
    access_token: str = client.log_in()["access_token"]
    return access_token


def ids(client: Client, token: str, **parameters: Any) -> list[int]:
    answer = client.kapi(PATH, token, **parameters).json()
    return [address["id"] for address in answer["shipping_addresses"]]


def test_the_newest_address_comes_first(client: Client, token: str) -> None:
    answer = client.kapi(PATH, token).json()
    assert (answer["user_id"], answer["shipping_addresses_needs_agreement"]) == (4100000001, False)
    assert [address["id"] for address in answer["shipping_addresses"]] == [2, 1]
    assert answer["shipping_addresses"][1]["base_address"] == "서울 종로구 세종대로 1"


def test_addresses_come_in_pages_and_one_by_one(client: Client, kakao: Emulator, token: str) -> None:
    kakao.patch_user("full", shipping_addresses=[{"id": number, "updated_at": number} for number in (1, 2, 3)])
    assert ids(client, token, page_size=2) == [3, 2]
    assert ids(client, token, page_size=2, from_updated_at=2) == [1]
    assert ids(client, token, address_id=1) == [1]
    assert ids(client, token, address_id=9) == []


@pytest.mark.parametrize("wrong", [{"page_size": 1}, {"page_size": "x"}, {"address_id": "x"}])
def test_wrong_parameters_are_minus_2(client: Client, token: str, wrong: dict[str, Any]) -> None:
    answer = client.kapi(PATH, token, **wrong)
    assert (answer.status_code, answer.json()["code"]) == (400, -2)


def test_an_item_not_agreed_to_gives_its_flag_alone(client: Client, kakao: Emulator) -> None:
    kakao.patch_app(consent_items={"shipping_address": "optional"})
    token = client.log_in(agree=[])["access_token"]
    expected = {"user_id": 4100000001, "shipping_addresses_needs_agreement": True}
    assert client.kapi(PATH, token).json() == expected


def test_an_app_without_the_item_is_minus_402(client: Client) -> None:
    answer = client.kapi(PATH, client.log_in()["access_token"])
    assert (answer.status_code, answer.json()["required_scopes"]) == (403, ["shipping_address"])
