"""The other calls of kapi, row by row of what is known of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from kakao_login.emulator import Emulator

from .emulator_client import Client

PERSON = 4100000001
TARGET: dict[str, Any] = {"target_id_type": "user_id", "target_id": PERSON}


def refused(answer: requests.Response) -> tuple[int, int]:
    return answer.status_code, answer.json()["code"]


def test_token_info_names_the_user_the_app_and_the_seconds_left(client: Client, kakao: Emulator) -> None:
    token = client.log_in()["access_token"]
    kakao.advance_clock(1_000)
    info = client.kapi("/v1/user/access_token_info", token).json()
    assert info == {"id": PERSON, "expires_in": pytest.approx(20_599, abs=1), "app_id": 1}


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/user/access_token_info"), ("GET", "/v1/oidc/userinfo"), ("POST", "/v1/user/signup")],
)
def test_some_apis_take_no_admin_key(client: Client, method: str, path: str) -> None:
    client.log_in()
    assert refused(client.admin(path, method, **TARGET)) == (403, -3)


def test_an_admin_key_may_be_kept_to_some_apis(client: Client, kakao: Emulator) -> None:
    client.log_in()
    kakao.patch_app(admin_key_calls=["user_ids"])
    assert client.admin("/v1/user/ids").status_code == 200
    assert refused(client.admin("/v2/user/me", **TARGET)) == (403, -3)


def test_an_app_that_bars_children_later_gets_no_data_of_theirs(client: Client, kakao: Emulator) -> None:
    kakao.patch_app(under_14_allowed=True)
    token = client.log_in("under_14")["access_token"]
    kakao.patch_app(under_14_allowed=False)
    assert refused(client.kapi("/v2/user/me", token)) == (401, -406)


def test_logout_ends_the_presented_token_and_its_refresh_token_only(client: Client) -> None:
    one, other = client.log_in(), client.log_in()
    assert client.kapi("/v1/user/logout", one["access_token"], "POST").json() == {"id": PERSON}
    assert refused(client.kapi("/v2/user/me", one["access_token"])) == (401, -401)
    assert client.refresh(one["refresh_token"]).json()["error_code"] == "KOE322"
    assert client.kapi("/v2/user/me", other["access_token"]).status_code == 200


def test_logout_can_be_set_to_end_all_tokens(client: Client, kakao: Emulator) -> None:
    kakao.patch_app(logout_all_tokens=True)
    one, other = client.log_in(), client.log_in()
    client.kapi("/v1/user/logout", one["access_token"], "POST")
    assert refused(client.kapi("/v2/user/me", other["access_token"])) == (401, -401)


def test_logout_by_admin_key_ends_all_tokens_but_not_the_link(client: Client) -> None:
    token = client.log_in()["access_token"]
    assert client.admin("/v1/user/logout", "POST", **TARGET).json() == {"id": PERSON}
    assert refused(client.kapi("/v2/user/me", token)) == (401, -401)
    assert client.admin("/v2/user/me", **TARGET).status_code == 200


def test_unlink_ends_tokens_and_consents_at_once(client: Client) -> None:
    one, other = client.log_in(), client.log_in()
    assert client.kapi("/v1/user/unlink", one["access_token"], "POST").json() == {"id": PERSON}
    assert refused(client.kapi("/v2/user/me", other["access_token"])) == (401, -401)
    assert refused(client.kapi("/v1/user/unlink", one["access_token"], "POST")) == (401, -401)


def test_unlinking_twice_by_admin_key_is_minus_101(client: Client) -> None:
    client.log_in()
    assert client.admin("/v1/user/unlink", "POST", **TARGET).json() == {"id": PERSON}
    again = client.admin("/v1/user/unlink", "POST", **TARGET)
    assert refused(again) == (400, -101)
    assert again.json()["msg"] == "NotRegisteredUserException"


def test_scopes_lists_every_item(client: Client) -> None:
    token = client.log_in(agree=["profile_image"])["access_token"]
    answer = client.kapi("/v2/user/scopes", token).json()
    assert answer["id"] == PERSON
    by_id = {scope.pop("id"): scope for scope in answer["scopes"]}
    assert by_id["profile_nickname"] == {
        "display_name": "닉네임",
        "type": "PRIVACY",
        "using": True,
        "agreed": True,
        "revocable": False,
    }
    assert by_id["profile_image"]["revocable"] is True
    assert "revocable" not in by_id["account_email"]
    assert by_id["account_email"]["agreed"] is False


def test_an_item_agreed_before_and_unset_since_is_not_in_use(client: Client, kakao: Emulator) -> None:
    token = client.log_in()["access_token"]
    kakao.patch_app(consent_items={"profile_nickname": "required"})
    scopes = client.kapi("/v2/user/scopes", token).json()["scopes"]
    assert {scope["id"]: scope["using"] for scope in scopes} == {
        "profile_nickname": True,
        "profile_image": False,
        "account_email": False,
    }


def test_scopes_can_be_filtered(client: Client) -> None:
    token = client.log_in()["access_token"]
    answer = client.kapi("/v2/user/scopes", token, scopes='["account_email"]').json()
    assert [scope["id"] for scope in answer["scopes"]] == ["account_email"]


def test_an_optional_consent_can_be_revoked(client: Client) -> None:
    token = client.log_in()["access_token"]
    answer = client.kapi("/v2/user/revoke/scopes", token, "POST", scopes='["account_email"]').json()
    assert [scope["id"] for scope in answer["scopes"] if not scope["agreed"]] == ["account_email"]
    account = client.kapi("/v2/user/me", token).json()["kakao_account"]
    assert account["email_needs_agreement"] is True


def test_a_required_consent_cannot_be_revoked(client: Client) -> None:
    token = client.log_in()["access_token"]
    answer = client.kapi("/v2/user/revoke/scopes", token, "POST", scopes='["profile_nickname"]')
    assert refused(answer) == (403, -3)
    assert answer.json()["msg"].startswith("[profile_nickname] is not revocable")


@pytest.mark.parametrize("scopes", ['["gender"]', "[]", None])
def test_revoking_what_was_not_agreed_is_minus_2(client: Client, scopes: str | None) -> None:
    token = client.log_in()["access_token"]
    answer = client.kapi("/v2/user/revoke/scopes", token, "POST", scopes=scopes)
    assert refused(answer) == (400, -2)
    assert answer.json()["msg"].startswith("There is no scopes to revoke")


def test_service_terms_agreed_at_login_are_listed(client: Client, kakao: Emulator) -> None:
    kakao.patch_app(service_terms={"tos": "required", "ads": "optional"})
    token = client.log_in()["access_token"]
    [tos, ads] = client.kapi("/v2/user/service_terms", token).json()["service_terms"]
    assert tos["agreed_at"].endswith("Z")
    assert (tos["tag"], tos["required"], tos["revocable"], tos["agreed_by"]) == ("tos", True, False, "KAUTH")
    assert (ads["tag"], ads["required"], ads["revocable"]) == ("ads", False, True)


def test_all_service_terms_of_the_app_can_be_listed(client: Client, kakao: Emulator) -> None:
    token = client.log_in()["access_token"]
    kakao.patch_app(service_terms={"tos": "required"})
    terms = client.kapi("/v2/user/service_terms", token, result="app_service_terms").json()["service_terms"]
    assert terms == [{"tag": "tos", "required": True, "agreed": False, "revocable": False}]
    assert client.kapi("/v2/user/service_terms", token).json()["service_terms"] == []


def test_an_unknown_term_is_minus_2(client: Client) -> None:
    token = client.log_in()["access_token"]
    answer = client.kapi("/v2/user/service_terms", token, tags="nothing")
    assert refused(answer) == (400, -2)
    assert answer.json()["msg"].startswith("There is no tags to get service terms")


def test_a_term_says_where_it_was_agreed_to(client: Client, kakao: Emulator) -> None:
    kakao.patch_app(service_terms={"tos": "required", "ads": "optional"})
    kakao.sign_in_as("full")
    token = client.log_in(service_terms="tos")["access_token"]
    client.kapi("/v2/user/upgrade/service_terms", token, "POST", tags="ads")
    terms = client.kapi("/v2/user/service_terms", token).json()["service_terms"]
    assert [(term["tag"], term["agreed_by"]) for term in terms] == [("tos", "KAUTH"), ("ads", "KAPI")]


def test_terms_can_be_upgraded_in_part(client: Client, kakao: Emulator) -> None:
    token = client.log_in()["access_token"]
    kakao.patch_app(service_terms={"ads": "optional"})
    upgraded = client.kapi("/v2/user/upgrade/service_terms", token, "POST", tags="ads,unknown").json()
    assert [term["tag"] for term in upgraded["agreed_service_terms"]] == ["ads"]


def test_a_required_term_cannot_be_revoked(client: Client, kakao: Emulator) -> None:
    kakao.patch_app(service_terms={"tos": "required"})
    token = client.log_in()["access_token"]
    assert refused(client.kapi("/v2/user/revoke/service_terms", token, "POST", tags="tos")) == (403, -3)


def test_service_terms_can_be_upgraded_and_revoked(client: Client, kakao: Emulator) -> None:
    token = client.log_in()["access_token"]
    kakao.patch_app(service_terms={"ads": "optional"})
    upgraded = client.kapi("/v2/user/upgrade/service_terms", token, "POST", tags="ads").json()
    assert upgraded["agreed_service_terms"][0].keys() == {"tag", "agreed", "agreed_at", "agreed_by"}
    revoked = client.kapi("/v2/user/revoke/service_terms", token, "POST", tags="ads").json()
    assert revoked == {"id": PERSON, "revoked_service_terms": [{"tag": "ads", "agreed": False}]}


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


def test_a_preregistered_person_signs_up_once(client: Client, kakao: Emulator) -> None:
    kakao.patch_app(auto_link=False)
    token = client.log_in()["access_token"]
    before = client.kapi("/v2/user/me", token).json()
    assert before["has_signed_up"] is False
    assert "properties" not in before
    done = client.kapi("/v1/user/signup", token, "POST", properties='{"nickname": "새 이름"}')
    assert done.json() == {"id": PERSON}
    after = client.kapi("/v2/user/me", token).json()
    assert (after["has_signed_up"], after["properties"]["nickname"]) == (True, "새 이름")
    assert refused(client.kapi("/v1/user/signup", token, "POST")) == (400, -102)


def test_signing_up_with_auto_link_is_minus_102(client: Client) -> None:
    assert refused(client.kapi("/v1/user/signup", client.log_in()["access_token"], "POST")) == (400, -102)


def test_signing_up_with_a_dead_token_is_minus_401(client: Client) -> None:
    assert refused(client.kapi("/v1/user/signup", "dead", "POST")) == (401, -401)


def test_a_sign_up_not_done_within_a_day_is_undone(client: Client, kakao: Emulator) -> None:
    kakao.patch_app(auto_link=False)
    token = client.log_in()["access_token"]
    kakao.advance_clock(86_400)
    assert refused(client.admin("/v2/user/me", **TARGET)) == (400, -101)
    assert refused(client.kapi("/v2/user/me", token)) == (401, -401)


def test_user_properties_are_stored(client: Client, kakao: Emulator) -> None:
    kakao.patch_app(user_properties=["favourite"])
    token = client.log_in()["access_token"]
    answer = client.kapi("/v1/user/update_profile", token, "POST", properties='{"favourite": "tea"}')
    assert answer.json() == {"id": PERSON}
    assert client.kapi("/v2/user/me", token).json()["properties"]["favourite"] == "tea"


@pytest.mark.parametrize(("properties", "code"), [('{"unknown": "x"}', -201), ("[]", -2), ('{"nickname": 1}', -2)])
def test_wrong_user_properties_are_refused(client: Client, properties: str, code: int) -> None:
    token = client.log_in()["access_token"]
    answer = client.kapi("/v1/user/update_profile", token, "POST", properties=properties)
    assert refused(answer) == (400, code)
    if code == -201:
        assert answer.json()["msg"] == "user property not found ([unknown] for appId=1)"


@pytest.mark.parametrize(("path", "status"), [("/v2/user/nothing", 404), ("/v1/user/logout", 405)])
def test_an_unknown_path_or_method_is_answered_in_json(
    client: Client, kakao: Emulator, path: str, status: int
) -> None:
    answer = client.http.get(kakao.url + path)
    assert answer.status_code == status
    assert answer.json().keys() == {"msg", "code"}


def test_an_unknown_path_of_kauth_is_a_page_with_koe002(client: Client, kakao: Emulator) -> None:
    answer = client.http.get(f"{kakao.url}/oauth/nothing")
    assert (answer.status_code, "(KOE002)" in answer.text) == (404, True)


def test_calls_from_an_address_that_is_not_allowed_are_refused(client: Client, kakao: Emulator) -> None:
    token = client.log_in()["access_token"]
    code = client.code()
    kakao.patch_app(allowed_ips=["192.0.2.1"])
    answer = client.kapi("/v2/user/me", token)
    assert refused(answer) == (401, -401)
    assert answer.json()["msg"].startswith("ip mismatched! callerIp=127.0.0.1")
    assert refused(client.admin("/v1/user/ids")) == (401, -401)
    assert client.exchange(code).json()["error_code"] == "KOE127"
    kakao.patch_app(allowed_ips=["127.0.0.1"])
    assert client.exchange(code).status_code == 200


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("/v1/user/ids", "limit=1_0"),
        ("/v1/user/ids", "limit=%EF%BC%91"),
        ("/v1/user/ids", "limit=1&limit=2"),
        ("/v1/user/ids", "order=banana"),
        ("/v2/user/me", "target_id_type=user_id&target_id=4_100000001"),
        ("/v2/user/me", "target_id_type=user_id&target_id=4100000001&secure_resource=banana"),
        ("/v2/user/service_terms", "target_id_type=user_id&target_id=4100000001&result=banana"),
    ],
)
def test_parameters_of_a_wrong_kind_are_minus_2(client: Client, path: str, parameters: str) -> None:
    client.log_in()
    assert refused(client.admin(f"{path}?{parameters}")) == (400, -2)


@pytest.mark.parametrize("properties", ['{"nickname": "\\ud800"}', '{"\\ud800": "x"}', "[" * 100_000])
def test_properties_that_no_answer_could_carry_are_refused(client: Client, properties: str) -> None:
    token = client.log_in()["access_token"]
    answer = client.kapi("/v1/user/update_profile", token, "POST", properties=properties)
    assert refused(answer) == (400, -2)
    assert client.kapi("/v2/user/me", token).status_code == 200
