"""The other calls of kapi, row by row of what is known of them."""

from __future__ import annotations

from typing import Any

import pytest

from kakao_login.emulator import Emulator

from .emulator_client import Client
from .emulator_client import kapi_refusal as refused

PERSON = 4100000001
TARGET: dict[str, Any] = {"target_id_type": "user_id", "target_id": PERSON}


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
