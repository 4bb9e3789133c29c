"""What `/v2/user/me` leaves out: by `property_keys`, and of a person who has not signed up yet."""

from __future__ import annotations

from typing import Any

import pytest

from kakao_login.emulator import Emulator

from .emulator_client import Client


@pytest.fixture(autouse=True)
def _items(kakao: Emulator) -> None:
    items = ["profile_nickname", "profile_image", "account_email", "name", "gender", "birthday"]
    kakao.patch_app(consent_items=dict.fromkeys(items, "optional"))


def pictures(kakao: Emulator) -> dict[str, str]:
    url = f"{kakao.url}/emulator/pictures/4100000001"
    return {"thumbnail": f"{url}/110.svg", "profile": f"{url}/640.svg"}


def part(client: Client, keys: str) -> dict[str, Any]:
    """Give what is left of the answer besides the id and the time of linking."""
    user: dict[str, Any] = client.kapi("/v2/user/me", client.log_in()["access_token"], property_keys=keys).json()
    assert (user.pop("id"), user.pop("connected_at")[-1]) == (4100000001, "Z")
    return user


def test_the_key_of_the_email_brings_all_that_is_told_of_it(client: Client) -> None:
    assert part(client, '["kakao_account.email"]') == {
        "kakao_account": {
            "has_email": True,
            "email_needs_agreement": False,
            "is_email_valid": True,
            "is_email_verified": True,
            "email": "haneul@example.com",
        }
    }


def test_the_key_of_the_profile_brings_both_items(client: Client, kakao: Emulator) -> None:
    assert part(client, '["kakao_account.profile"]') == {
        "kakao_account": {
            "profile_nickname_needs_agreement": False,
            "profile_image_needs_agreement": False,
            "profile": {
                "nickname": "하늘",
                "is_default_nickname": False,
                "thumbnail_image_url": pictures(kakao)["thumbnail"],
                "profile_image_url": pictures(kakao)["profile"],
                "is_default_image": False,
            },
        }
    }


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ('["properties.nickname"]', {"properties": {"nickname": "하늘"}}),
        ('["kakao_account.name"]', {"kakao_account": {"name_needs_agreement": False, "name": "김하늘"}}),
        (
            '["kakao_account.name", "properties.nickname", "kakao_account.gender"]',
            {
                "kakao_account": {
                    "name_needs_agreement": False,
                    "name": "김하늘",
                    "has_gender": True,
                    "gender_needs_agreement": False,
                    "gender": "female",
                },
                "properties": {"nickname": "하늘"},
            },
        ),
        (
            '["kakao_account.birthday"]',
            {
                "kakao_account": {
                    "has_birthday": True,
                    "birthday_needs_agreement": False,
                    "birthday": "1130",
                    "birthday_type": "SOLAR",
                    "is_leap_month": False,
                }
            },
        ),
    ],
)
def test_property_keys_bring_what_they_name_and_no_more(
    client: Client, keys: str, expected: dict[str, Any]
) -> None:
    assert part(client, keys) == expected


def test_a_property_key_with_a_dot_brings_that_group_alone(client: Client, kakao: Emulator) -> None:
    assert part(client, '["properties."]') == {
        "properties": {
            "nickname": "하늘",
            "profile_image": pictures(kakao)["profile"],
            "thumbnail_image": pictures(kakao)["thumbnail"],
        }
    }


def test_a_property_key_with_a_dot_at_its_end_means_all_below(client: Client) -> None:
    token = client.log_in()["access_token"]
    answer = client.kapi("/v2/user/me", token, "POST", property_keys='["kakao_account.", "properties."]')
    assert answer.json() == client.kapi("/v2/user/me", token).json()


@pytest.mark.parametrize("keys", ["kakao_account.email", '{"a": 1}', "[1]", "[" * 5000])
def test_property_keys_that_are_no_list_of_texts_are_minus_2(client: Client, keys: str) -> None:
    answer = client.kapi("/v2/user/me", client.log_in()["access_token"], "POST", property_keys=keys)
    assert (answer.status_code, answer.json()["code"]) == (400, -2)


def test_a_preregistered_person_shows_less_than_one_who_signed_up(client: Client, kakao: Emulator) -> None:
    kakao.patch_app(auto_link=False)
    token = client.log_in()["access_token"]
    before = client.kapi("/v2/user/me", token).json()
    assert before.keys() == {"id", "has_signed_up", "connected_at", "kakao_account"}
    assert before["kakao_account"].keys() == {
        "profile_nickname_needs_agreement",
        "profile_image_needs_agreement",
        "profile",
        "has_email",
        "email_needs_agreement",
        "is_email_valid",
        "is_email_verified",
        "email",
    }
    client.kapi("/v1/user/signup", token, "POST")
    after = client.kapi("/v2/user/me", token).json()
    assert after.keys() == before.keys() | {"properties"}
    assert after["kakao_account"].keys() == before["kakao_account"].keys() | {
        "name_needs_agreement",
        "name",
        "has_gender",
        "gender_needs_agreement",
        "gender",
        "has_birthday",
        "birthday_needs_agreement",
        "birthday",
        "birthday_type",
        "is_leap_month",
    }
    assert (before["has_signed_up"], after["has_signed_up"]) == (False, True)
