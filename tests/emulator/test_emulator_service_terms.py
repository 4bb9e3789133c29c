"""Service terms: when they are asked, how their agreement is kept, changed and told."""

from __future__ import annotations

import re
from typing import Any

import pytest

from kakao_login.emulator import Emulator

from .emulator_client import Client, answer_of

UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.fixture(autouse=True)
def _terms(kakao: Emulator) -> None:
    kakao.patch_app(service_terms={"tos": "required", "ads": "optional"})


def consent_page(client: Client, **changes: Any) -> Any:
    page = client.authorize(**changes)
    if 'name="person"' in page.text:
        page = client.follow(client.submit(page, action="sign_in", person="4100000001"))
    return page


def code_after(client: Client, *terms: str, **changes: Any) -> str:
    page = consent_page(client, **changes)
    return answer_of(client.submit(page, action="agree", item="profile_nickname", term=terms))["code"]


def agree(client: Client, *terms: str, **changes: Any) -> str:
    """Agree to these terms on the page and give the access token."""
    token: str = client.exchange(code_after(client, *terms, **changes)).json()["access_token"]
    return token


def terms_asked(page: Any) -> list[str]:
    return re.findall(r'type="checkbox" name="term" value="([^"]+)"', page.text)


def terms_of(client: Client, token: str, **query: str) -> dict[str, dict[str, Any]]:
    terms = client.kapi("/v2/user/service_terms", token, **query).json()["service_terms"]
    return {term["tag"]: term for term in terms}


def test_the_first_consent_asks_all_terms(client: Client) -> None:
    assert terms_asked(consent_page(client)) == ["tos", "ads"]


def test_terms_that_are_named_are_asked_alone(client: Client) -> None:
    assert terms_asked(consent_page(client, service_terms="tos")) == ["tos"]
    assert terms_asked(consent_page(client, service_terms="ads,tos")) == ["tos", "ads"]


def test_a_linked_person_is_asked_only_for_terms_that_are_named(client: Client, kakao: Emulator) -> None:
    agree(client, "tos")
    kakao.patch_app(service_terms={"tos": "required", "ads": "optional", "privacy": "required"})
    assert "code" in answer_of(client.authorize())
    assert terms_asked(client.authorize(service_terms="tos,privacy,ads")) == ["ads", "privacy"]


def test_only_the_terms_that_were_ticked_are_agreed_to(client: Client) -> None:
    assert terms_of(client, agree(client, "tos")).keys() == {"tos"}


@pytest.mark.parametrize(
    ("tags", "listed"), [("ads", {"ads"}), ("tos", {"tos"}), ("ads,tos", {"tos", "ads"}), (None, {"tos", "ads"})]
)
def test_tags_choose_what_is_listed(client: Client, tags: str | None, listed: set[str]) -> None:
    token = agree(client, "tos", "ads")
    for result in ("agreed_service_terms", "app_service_terms"):
        query = {"result": result} if tags is None else {"result": result, "tags": tags}
        assert terms_of(client, token, **query).keys() == listed


def test_what_is_upgraded_or_revoked_is_so_when_read_again(client: Client) -> None:
    token = agree(client, "tos")
    upgraded = client.kapi("/v2/user/upgrade/service_terms", token, "POST", tags="ads").json()
    [ads] = upgraded["agreed_service_terms"]
    assert terms_of(client, token).keys() == {"tos", "ads"}
    assert terms_of(client, token)["ads"].items() >= ads.items()
    client.kapi("/v2/user/revoke/service_terms", token, "POST", tags="ads")
    assert terms_of(client, token).keys() == {"tos"}
    assert terms_of(client, token, result="app_service_terms")["ads"] == {
        "tag": "ads",
        "required": False,
        "agreed": False,
        "revocable": True,
    }


def test_a_later_consent_leaves_earlier_times_alone(client: Client, kakao: Emulator) -> None:
    first = terms_of(client, agree(client, "tos"))["tos"]["agreed_at"]
    kakao.advance_clock(3_600)
    later = terms_of(client, agree(client, "ads", service_terms="tos,ads"))
    assert later["tos"]["agreed_at"] == first
    assert UTC.fullmatch(later["ads"]["agreed_at"])
    assert later["ads"]["agreed_at"] > first


def test_of_two_consents_under_way_the_first_exchanged_gives_the_time(client: Client, kakao: Emulator) -> None:
    one, other = (code_after(client, "tos") for _ in range(2))
    first = terms_of(client, client.exchange(one).json()["access_token"])["tos"]["agreed_at"]
    kakao.advance_clock(60)
    assert terms_of(client, client.exchange(other).json()["access_token"])["tos"]["agreed_at"] == first


def test_synched_at_is_there_once_terms_are_agreed_to(client: Client) -> None:
    token = agree(client, "tos")
    synched_at = client.kapi("/v2/user/me", token).json()["synched_at"]
    assert UTC.fullmatch(synched_at)
    assert synched_at == terms_of(client, token)["tos"]["agreed_at"]


def test_synched_at_is_absent_without_terms(client: Client, kakao: Emulator) -> None:
    kakao.patch_app(service_terms={})
    assert "synched_at" not in client.me()
