"""Lists of an app's users, for its own server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kakao_login.emulator import Emulator

from .emulator_client import Client
from .emulator_client import kapi_refusal as refused

PERSON = 4100000001


def add_linked_users(client: Client, count: int) -> list[int]:
    ids = [client.kakao.add_user()["id"] for _ in range(count)]
    for user_id in ids:
        client.log_in(user_id)
    return ids


def test_user_ids_come_in_pages(client: Client) -> None:
    ids = add_linked_users(client, 5)
    first = client.admin("/v1/user/ids", limit=2).json()
    assert first["elements"] == ids[:2]
    assert "before_url" not in first
    second = client.http.get(first["after_url"], headers={"Authorization": "KakaoAK emulator-admin-key"}).json()
    assert second["elements"] == ids[2:4]
    before = client.http.get(second["before_url"], headers={"Authorization": "KakaoAK emulator-admin-key"}).json()
    assert before["elements"] == ids[:2]


def test_user_ids_can_be_listed_downwards(client: Client) -> None:
    ids = add_linked_users(client, 3)
    assert client.admin("/v1/user/ids", order="desc").json() == {"elements": ids[::-1]}


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 101}, {"limit": "x"}, {"from_id": "x"}])
def test_wrong_page_parameters_are_minus_2(client: Client, query: dict[str, Any]) -> None:
    assert refused(client.admin("/v1/user/ids", **query)) == (400, -2)


def test_user_ids_need_an_admin_key(client: Client) -> None:
    assert refused(client.kapi("/v1/user/ids", client.log_in()["access_token"])) == (401, -401)


def test_the_101st_call_for_user_ids_within_a_minute_is_429(client: Client, kakao: Emulator) -> None:
    kakao.patch_app(rate_limited=True)
    for _ in range(100):
        assert client.admin("/v1/user/ids").status_code == 200
    answer = client.admin("/v1/user/ids")
    assert (answer.status_code, answer.json()) == (429, {"msg": "API limit has been exceeded.", "code": -10})
    kakao.advance_clock(60)
    assert client.admin("/v1/user/ids").status_code == 200


def test_several_users_at_once_have_id_and_times(client: Client) -> None:
    client.log_in()
    users = client.admin("/v2/app/users", target_ids=json.dumps([PERSON, 7]), target_id_type="user_id").json()
    assert [user.keys() for user in users] == [{"id", "connected_at", "synched_at"}]


def test_several_users_can_be_wrapped_in_elements(client: Client, kakao: Emulator) -> None:
    kakao.patch_app(users_in_elements=True)
    client.log_in()
    answer = client.admin("/v2/app/users", target_ids=f"[{PERSON}]").json()
    assert [user["id"] for user in answer["elements"]] == [PERSON]


def test_several_users_with_all_their_properties(client: Client) -> None:
    client.log_in()
    keys = '["kakao_account.","properties.","has_signed_up"]'
    [user] = client.admin("/v2/app/users", target_ids=f"[{PERSON}]", property_keys=keys).json()
    assert user["kakao_account"]["email"] == "haneul@example.com"


@pytest.mark.parametrize(
    "query",
    [
        {"target_ids": "1,2"},
        {"target_ids": '["1"]'},
        {"target_ids": "[true]"},
        {},
        {"target_ids": json.dumps(list(range(101)))},
        {"target_ids": json.dumps(list(range(21))), "property_keys": '["properties."]'},
        {"target_ids": "[1]", "target_id_type": "uuid"},
    ],
)
def test_wrong_targets_are_minus_2(client: Client, query: dict[str, Any]) -> None:
    assert refused(client.admin("/v2/app/users", **query)) == (400, -2)
