"""What kapi tells of consents and service terms, and how they are withdrawn."""

from __future__ import annotations

import pytest

from kakao_login.emulator import Emulator

from .emulator_client import Client
from .emulator_client import kapi_refusal as refused

PERSON = 4100000001


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
