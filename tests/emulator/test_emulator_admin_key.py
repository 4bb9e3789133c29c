"""What an app's own server asks of kapi by admin key, of one user, of several, or of all."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from kakao_login.emulator import Emulator

from .emulator_client import Client

PERSON, OTHER, FIRST = 4100000001, 9007199254740993, 4100000007
CALLS: dict[str, tuple[str, dict[str, str]]] = {
    "/v2/user/scopes": ("GET", {"scopes": '["account_email"]'}),
    "/v2/user/revoke/scopes": ("POST", {"scopes": '["account_email"]'}),
    "/v2/user/service_terms": ("GET", {"result": "app_service_terms"}),
    "/v2/user/upgrade/service_terms": ("POST", {"tags": "ads"}),
    "/v2/user/revoke/service_terms": ("POST", {"tags": "ads"}),
    "/v1/user/update_profile": ("POST", {"properties": '{"nickname": "바다"}'}),
}


def target(user_id: int) -> dict[str, Any]:
    return {"target_id_type": "user_id", "target_id": user_id}


def seen_of(client: Client, user_id: int) -> list[Any]:
    """Give all that the calls of this table can change of a user."""
    paths = ("/v2/user/me", "/v2/user/scopes", "/v2/user/service_terms")
    return [client.admin(path, **target(user_id)).json() for path in paths]


@pytest.mark.parametrize("path", CALLS)
def test_by_admin_key_a_call_is_about_the_target_alone(client: Client, kakao: Emulator, path: str) -> None:
    kakao.patch_app(service_terms={"tos": "required", "ads": "optional"})
    client.log_in("default_picture")
    client.log_in("big_id")
    token = client.log_in("full")["access_token"]
    if "upgrade" in path:
        for user_id in (FIRST, PERSON, OTHER):
            client.admin("/v2/user/revoke/service_terms", "POST", tags="ads", **target(user_id))
    method, parameters = CALLS[path]
    of_others, of_target = [seen_of(client, FIRST), seen_of(client, PERSON)], seen_of(client, OTHER)
    by_admin = client.admin(path, method, **parameters, **target(OTHER))
    assert (by_admin.status_code, by_admin.json()["id"]) == (200, OTHER)
    assert [seen_of(client, FIRST), seen_of(client, PERSON)] == of_others
    assert (seen_of(client, OTHER) == of_target) is (method == "GET")
    by_token = client.kapi(path, token, method, **parameters)
    assert by_token.json().keys() == by_admin.json().keys()


@pytest.mark.parametrize("path", CALLS)
@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, -2),
        ({"target_id": str(PERSON)}, -2),
        ({"target_id_type": "user_id"}, -2),
        (target(OTHER), -101),
        (target(7), -101),
    ],
)
def test_by_admin_key_a_call_needs_a_linked_target(
    client: Client, kakao: Emulator, path: str, query: dict[str, Any], code: int
) -> None:
    kakao.patch_app(service_terms={"ads": "optional"})
    client.log_in("full")
    method, parameters = CALLS[path]
    answer = client.admin(path, method, **parameters, **query)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def pages_of_ids(client: Client, first: requests.Response, onwards: str) -> list[list[int]]:
    """Give the ids page by page, going on by what is in `after_url` or `before_url`."""
    pages, page = [first.json()["elements"]], first.json()
    while onwards in page:
        query = dict(parse_qsl(urlsplit(page[onwards]).query))
        page = client.admin("/v1/user/ids", **query).json()
        pages.append(page["elements"])
    return pages


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_pages_of_user_ids_lose_and_repeat_nobody(client: Client, kakao: Emulator, order: str) -> None:
    ids = [kakao.add_user()["id"] for _ in range(5)]
    for user_id in ids:
        client.log_in(user_id)
    expected = ids if order == "asc" else ids[::-1]
    first = client.admin("/v1/user/ids", limit=2, order=order)
    assert pages_of_ids(client, first, "after_url") == [expected[:2], expected[2:4], expected[4:]]


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_pages_of_user_ids_can_be_gone_through_backwards(client: Client, kakao: Emulator, order: str) -> None:
    ids = [kakao.add_user()["id"] for _ in range(6)]
    for user_id in ids:
        client.log_in(user_id)
    expected = ids if order == "asc" else ids[::-1]
    last = client.admin("/v1/user/ids", limit=2, order=order, from_id=expected[4])
    assert pages_of_ids(client, last, "before_url") == [expected[4:], expected[2:4], expected[:2]]


def test_several_users_are_those_who_are_linked(client: Client, kakao: Emulator) -> None:
    client.log_in("full")
    client.log_in("email_refused")
    kakao.unlink("email_refused")
    ids = [4100000003, PERSON, OTHER, 7]
    users = client.admin("/v2/app/users", target_ids=json.dumps(ids)).json()
    assert [user["id"] for user in users] == [PERSON]
