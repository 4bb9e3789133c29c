"""`/v2/user/me`: what an app sees of each kind of person."""

from __future__ import annotations

import re
from typing import Any

import pytest

from kakao_login.emulator import PERSONAS, Emulator

from .emulator_client import Client

EVERY_ITEM = (
    "profile_nickname profile_image account_email name gender age_range birthyear birthday phone_number account_ci"
)


def ask_everything(kakao: Emulator) -> None:
    kakao.patch_app(consent_items=dict.fromkeys(EVERY_ITEM.split(), "optional"))


def test_the_full_answer(client: Client, kakao: Emulator) -> None:
    user = client.me("full")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", user.pop("connected_at"))
    pictures = f"{kakao.url}/emulator/pictures/4100000001"
    assert user == {
        "id": 4100000001,
        "properties": {
            "nickname": "하늘",
            "profile_image": f"{pictures}/640.svg",
            "thumbnail_image": f"{pictures}/110.svg",
        },
        "kakao_account": {
            "profile_nickname_needs_agreement": False,
            "profile_image_needs_agreement": False,
            "profile": {
                "nickname": "하늘",
                "is_default_nickname": False,
                "thumbnail_image_url": f"{pictures}/110.svg",
                "profile_image_url": f"{pictures}/640.svg",
                "is_default_image": False,
            },
            "has_email": True,
            "email_needs_agreement": False,
            "is_email_valid": True,
            "is_email_verified": True,
            "email": "haneul@example.com",
        },
    }


def test_an_app_that_asks_only_for_nicknames_gets_only_those(client: Client, kakao: Emulator) -> None:
    kakao.patch_app(consent_items={"profile_nickname": "required"})
    assert client.me()["kakao_account"] == {
        "profile_nickname_needs_agreement": False,
        "profile": {"nickname": "하늘", "is_default_nickname": False},
    }


def test_an_app_without_consent_items_gets_no_kakao_account(client: Client, kakao: Emulator) -> None:
    kakao.patch_app(consent_items={})
    assert client.me().keys() == {"id", "connected_at"}


def test_a_person_without_a_kakao_account_member(client: Client) -> None:
    assert client.me("no_account").keys() == {"id", "connected_at"}


def test_a_refused_email_needs_agreement_and_is_absent(client: Client) -> None:
    account = client.me("email_refused")["kakao_account"]
    assert account["email_needs_agreement"] is True
    assert not {"email", "is_email_valid", "is_email_verified"} & account.keys()


def test_an_email_the_account_lacks_needs_no_agreement(client: Client) -> None:
    account = client.me("nickname_only")["kakao_account"]
    assert (account["has_email"], account["email_needs_agreement"]) == (False, False)
    assert "email" not in account


def test_an_email_that_was_taken_over_is_masked_and_invalid(client: Client) -> None:
    account = client.me("email_invalid")["kakao_account"]
    assert (account["email"], account["is_email_valid"]) == ("ga***@example.com", False)


def test_an_unverified_email_says_so(client: Client) -> None:
    account = client.me("email_unverified")["kakao_account"]
    assert (account["is_email_valid"], account["is_email_verified"]) == (True, False)
    assert account["email"] == "seulgi@example.com"


def test_a_default_picture_says_so(client: Client) -> None:
    assert client.me("default_picture")["kakao_account"]["profile"]["is_default_image"] is True


def test_an_id_above_2_53_is_a_whole_number(client: Client) -> None:
    assert client.me("big_id")["id"] == 9007199254740993


def test_who_rejoins_keeps_the_id_and_gets_a_new_connection_time(client: Client, kakao: Emulator) -> None:
    first = client.me("rejoined")
    kakao.unlink("rejoined")
    kakao.advance_clock(60)
    second = client.me("rejoined")
    assert first["id"] == second["id"]
    assert first["connected_at"] < second["connected_at"]


@pytest.mark.parametrize("person", PERSONAS, ids=lambda person: person.persona)
def test_ids_never_change(client: Client, kakao: Emulator, person: Any) -> None:
    kakao.patch_app(under_14_allowed=True)
    assert client.me(person.persona)["id"] == person.id


def test_personal_data_appears_with_its_flags(client: Client, kakao: Emulator) -> None:
    ask_everything(kakao)
    account = client.me()["kakao_account"]
    assert account["name"] == "김하늘"
    assert (account["gender"], account["age_range"]) == ("female", "20~29")
    assert (account["birthyear"], account["birthday"], account["birthday_type"]) == ("2002", "1130", "SOLAR")
    assert account["is_leap_month"] is False
    assert account["phone_number"] == "+82 10-1234-5678"
    assert account["ci"] == "q1w2e3r4t5y6u7i8o9p0"
    for flag in ("name", "gender", "age_range", "birthyear", "birthday", "phone_number", "ci"):
        assert account[f"{flag}_needs_agreement"] is False


def test_personal_data_not_agreed_to_needs_agreement(client: Client, kakao: Emulator) -> None:
    ask_everything(kakao)
    account = client.me(agree=[])["kakao_account"]
    assert "profile" not in account
    for flag in ("profile_nickname", "email", "name", "gender", "phone_number"):
        assert account[f"{flag}_needs_agreement"] is True
    assert not {"name", "gender", "phone_number", "email", "ci"} & account.keys()


def test_data_the_account_lacks_needs_no_agreement(client: Client, kakao: Emulator) -> None:
    ask_everything(kakao)
    kakao.patch_user("full", phone_number=None, gender=None)
    account = client.me(agree=[])["kakao_account"]
    assert (account["phone_number_needs_agreement"], account["gender_needs_agreement"]) == (False, False)


def test_the_legacy_profile_item_stands_for_both(client: Client, kakao: Emulator) -> None:
    kakao.patch_app(consent_items={"profile": "required"})
    account = client.me()["kakao_account"]
    assert account["profile_needs_agreement"] is False
    assert {"nickname", "profile_image_url"} <= account["profile"].keys()


@pytest.mark.parametrize(("asked", "scheme"), [("true", "https"), ("false", "http"), (None, "http")])
def test_secure_resource_decides_the_scheme_of_pictures(
    client: Client, kakao: Emulator, asked: str | None, scheme: str
) -> None:
    kakao.patch_user("full", picture="https://k.kakaocdn.net/img_640x640.jpg")
    token = client.log_in()["access_token"]
    user = client.kapi("/v2/user/me", token, secure_resource=asked).json()
    assert user["kakao_account"]["profile"]["profile_image_url"] == f"{scheme}://k.kakaocdn.net/img_640x640.jpg"


def test_the_emulators_own_pictures_can_be_fetched(client: Client) -> None:
    url = client.me()["kakao_account"]["profile"]["thumbnail_image_url"]
    answer = client.http.get(url)
    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (200, "image/svg+xml")


def test_the_token_may_come_in_the_query_and_the_post_without_a_body(client: Client, kakao: Emulator) -> None:
    token = client.log_in()["access_token"]
    by_query = client.http.get(f"{kakao.url}/v2/user/me", params={"access_token": token})
    by_post = client.http.post(f"{kakao.url}/v2/user/me", headers={"Authorization": f"bearer {token}"})
    assert by_query.json()["id"] == by_post.json()["id"] == 4100000001


def test_an_admin_key_reads_a_linked_user(client: Client, kakao: Emulator) -> None:
    client.log_in()
    answer = client.admin("/v2/user/me", target_id_type="user_id", target_id=4100000001)
    assert answer.json()["properties"]["nickname"] == "하늘"


@pytest.mark.parametrize(
    ("target", "status", "code"),
    [
        ({"target_id": 4100000001}, 400, -2),
        ({"target_id_type": "user_id"}, 400, -2),
        ({"target_id_type": "user_id", "target_id": "x"}, 400, -2),
        ({"target_id_type": "user_id", "target_id": 7}, 400, -101),
        ({"target_id_type": "user_id", "target_id": 4100000002}, 400, -101),
    ],
)
def test_an_admin_call_needs_a_linked_target(
    client: Client, target: dict[str, Any], status: int, code: int
) -> None:
    client.log_in()
    answer = client.admin("/v2/user/me", **target)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_wrong_admin_key_is_minus_401(client: Client, kakao: Emulator) -> None:
    answer = client.http.get(f"{kakao.url}/v2/user/me", headers={"Authorization": "KakaoAK wrong"})
    assert (answer.status_code, answer.json()["code"]) == (401, -401)
    assert answer.headers["WWW-Authenticate"] == "KakaoAK error=invalid_token"
    assert answer.json()["msg"] == "invalid app key."


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer nothing", "Basic abc", "Bearer 한글"])
def test_a_call_without_a_live_token_is_minus_401(client: Client, kakao: Emulator, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header.encode()}
    answer = client.http.get(f"{kakao.url}/v2/user/me", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, -401)
    assert answer.headers["WWW-Authenticate"] == "Bearer error=invalid_token"
    assert answer.json()["msg"] == "this access token does not exist"


def test_an_expired_token_is_minus_401(client: Client, kakao: Emulator) -> None:
    token = client.log_in()["access_token"]
    kakao.advance_clock(21_600)
    answer = client.kapi("/v2/user/me", token)
    assert (answer.status_code, answer.json()["code"]) == (401, -401)
    assert answer.json()["msg"] == "this access token is already expired"
    assert answer.headers["WWW-Authenticate"] == "Bearer error=invalid_token"


def test_a_token_that_is_too_long_is_minus_2(client: Client) -> None:
    answer = client.kapi("/v2/user/me", "x" * 600)
    assert (answer.status_code, answer.json()["code"]) == (400, -2)
    assert answer.json()["msg"] == "too long for access token."


def test_an_item_withdrawn_from_the_app_is_no_longer_shown(client: Client, kakao: Emulator) -> None:
    token = client.log_in()["access_token"]
    kakao.patch_app(consent_items={"profile_nickname": "required"})
    assert "email" not in client.kapi("/v2/user/me", token).json()["kakao_account"]


def test_a_nickname_that_breaks_the_rules_is_shown_as_the_default(client: Client, kakao: Emulator) -> None:
    assert client.me()["kakao_account"]["profile"]["is_default_nickname"] is False
    kakao.patch_user("full", nickname="닉네임을 등록해주세요")
    assert client.me()["kakao_account"]["profile"]["is_default_nickname"] is True


def test_ci_comes_with_the_time_it_was_confirmed(client: Client, kakao: Emulator) -> None:
    ask_everything(kakao)
    assert client.me()["kakao_account"]["ci_authenticated_at"] == "2024-05-01T09:30:00Z"
