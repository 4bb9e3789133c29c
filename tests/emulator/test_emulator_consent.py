"""Consent items: their levels, and what is asked when."""

from __future__ import annotations

import re
from typing import Any

import pytest

from kakao_login.emulator import Emulator

from .emulator_client import Client, answer_of


def items_asked(page: Any) -> list[str]:
    """Give the items a consent page lists; a redirect lists none."""
    return re.findall(r'type="checkbox" name="item" value="([^"]+)"', page.text)


def consent_page(client: Client, **changes: Any) -> Any:
    page = client.authorize(**changes)
    if 'name="person"' in page.text:
        page = client.follow(client.submit(page, action="sign_in", person="4100000001"))
    return page


def agree(client: Client, *items: str, **changes: Any) -> dict[str, Any]:
    back = client.submit(consent_page(client, **changes), action="agree", item=items)
    tokens: dict[str, Any] = client.exchange(answer_of(back)["code"]).json()
    return tokens


def test_the_first_consent_lists_required_and_optional_items(client: Client) -> None:
    page = consent_page(client)
    assert items_asked(page) == ["profile_nickname", "profile_image", "account_email"]
    assert "openid" not in page.text.replace("openid-", "")


def test_a_required_box_cannot_be_cleared(client: Client) -> None:
    page = consent_page(client).text
    assert re.search(r'value="profile_nickname" checked disabled', page)
    assert re.search(r'type="hidden" name="item" value="profile_nickname"', page)
    assert not re.search(r'value="account_email" checked', page)


def test_an_item_for_use_is_asked_only_when_named(client: Client, kakao: Emulator) -> None:
    kakao.patch_app(consent_items={"profile_nickname": "required", "talk_message": "during_use"})
    assert items_asked(consent_page(client)) == ["profile_nickname"]
    agree(client, "profile_nickname")
    assert client.authorize().status_code == 302
    page = client.authorize(scope="talk_message,openid")
    assert items_asked(page) == ["talk_message"]


def test_items_of_other_products_are_services_and_personal_data_is_private(
    client: Client, kakao: Emulator
) -> None:
    items = ["profile_nickname", "account_email", "phone_number", "talk_message", "friends"]
    kakao.patch_app(consent_items=dict.fromkeys(items, "optional"))
    scopes = client.kapi("/v2/user/scopes", client.log_in()["access_token"]).json()["scopes"]
    assert [scope["type"] for scope in scopes] == ["PRIVACY", "PRIVACY", "PRIVACY", "SERVICE", "SERVICE"]


def test_a_further_consent_lists_only_what_is_missing(client: Client) -> None:
    agree(client, "profile_nickname", "profile_image")
    assert items_asked(client.authorize(scope="profile_image,account_email")) == ["account_email"]


def test_when_all_is_agreed_the_code_comes_at_once(client: Client) -> None:
    agree(client, "profile_nickname", "account_email")
    assert "code" in answer_of(client.authorize(scope="account_email"))


def test_what_was_refused_is_not_asked_again_unless_named(client: Client) -> None:
    agree(client, "profile_nickname")
    assert client.authorize().status_code == 302
    assert items_asked(client.authorize(scope="account_email")) == ["account_email"]


def test_further_consent_adds_to_the_old_one(client: Client) -> None:
    agree(client, "profile_nickname")
    tokens = agree(client, "account_email", scope="account_email")
    assert tokens["scope"] == "account_email profile_nickname"


def test_an_item_made_required_later_is_asked_at_the_next_login(client: Client, kakao: Emulator) -> None:
    agree(client, "profile_nickname")
    kakao.patch_app(consent_items={"profile_nickname": "required", "account_email": "required"})
    assert items_asked(client.authorize()) == ["account_email"]


def test_openid_is_no_item_of_the_page(client: Client) -> None:
    assert items_asked(consent_page(client, scope="openid account_email")) == ["profile_nickname", "account_email"]


def test_openid_on_an_app_without_oidc_is_koe205(client: Client, kakao: Emulator) -> None:
    kakao.patch_app(oidc=False)
    assert "(KOE205)" in client.authorize(scope="openid").text


def test_an_app_without_items_shows_an_empty_page_once(client: Client, kakao: Emulator) -> None:
    kakao.patch_app(consent_items={})
    assert items_asked(consent_page(client)) == []
    agree(client)
    assert client.authorize().status_code == 302


def test_items_not_offered_cannot_be_smuggled_in(client: Client, kakao: Emulator) -> None:
    kakao.patch_app(consent_items={"profile_nickname": "required", "gender": "during_use"})
    assert agree(client, "profile_nickname", "gender")["scope"] == "openid profile_nickname"


def test_service_terms_are_asked_with_their_levels(client: Client, kakao: Emulator) -> None:
    kakao.patch_app(service_terms={"tos": "required", "ads": "optional"})
    page = consent_page(client)
    assert re.search(r'name="term" value="tos" checked disabled', page.text)
    assert "(KOE203)" in client.submit(page, action="agree", item="profile_nickname", term="ads").text
    back = client.submit(page, action="agree", item="profile_nickname", term=["tos", "ads"])
    assert "code" in answer_of(back)


def test_optional_terms_alone_show_no_screen(client: Client, kakao: Emulator) -> None:
    agree(client, "profile_nickname")
    kakao.patch_app(service_terms={"ads": "optional"})
    assert client.authorize(service_terms="ads").status_code == 302


@pytest.mark.parametrize(
    ("person", "refused"), [("email_refused", "account_email"), ("nickname_only", "profile_image")]
)
def test_a_persona_refuses_what_it_is_for(client: Client, person: str, refused: str) -> None:
    assert refused not in client.log_in(person)["scope"]


def test_signing_in_without_pages_may_name_the_items(client: Client) -> None:
    assert client.log_in(agree=["account_email"])["scope"] == "account_email openid profile_nickname"


def test_names_of_items_and_people_are_escaped(client: Client, kakao: Emulator) -> None:
    markup = "<img src=x onerror=alert(1)>"
    kakao.patch_app(name=markup, service_terms={markup: "required"})
    kakao.patch_user("full", nickname=markup)
    page = consent_page(client)
    assert "<img src=x" not in page.text
    assert "<img src=x" not in client.authorize(prompt="login").text


@pytest.mark.parametrize(
    ("persona", "agreed"),
    [
        ("4100000001", ["account_email", "profile_image", "profile_nickname"]),
        ("4100000003", ["profile_image", "profile_nickname"]),
    ],
)
def test_agreeing_to_everything_leaves_out_what_the_persona_refuses(
    client: Client, kakao: Emulator, persona: str, agreed: list[str]
) -> None:
    page = client.follow(client.submit(client.authorize(), action="sign_in", person=persona))
    client.exchange(answer_of(client.submit(page, action="agree_all"))["code"])
    [link] = [person["links"][0] for person in kakao.users() if person["links"]]
    assert link["agreed"] == agreed


def test_a_connected_channel_is_offered(client: Client, kakao: Emulator) -> None:
    kakao.patch_app(channels=["_abc"])
    assert 'name="channel" value="_abc"' in consent_page(client, channel_public_id="_abc").text


def test_a_person_under_sanction_needs_pages(client: Client, kakao: Emulator) -> None:
    client.log_in()
    kakao.patch_user("full", restricted=True)
    assert answer_of(client.authorize(prompt="none"))["error"] == "interaction_required"


def test_select_account_may_go_on_with_the_live_session(client: Client, kakao: Emulator) -> None:
    agree(client, "profile_nickname")
    assert client.authorize(prompt="select_account").status_code == 200
    kakao.patch_app(select_account_at_once=True)
    assert "code" in answer_of(client.authorize(prompt="select_account"))


def test_unknown_service_terms_ask_for_none(client: Client, kakao: Emulator) -> None:
    kakao.patch_app(service_terms={"tos": "required"})
    assert 'name="term"' not in consent_page(client, service_terms="nope").text
    assert 'name="term"' in consent_page(client).text
