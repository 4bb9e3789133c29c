"""`/oauth/authorize`, row by row of what is known of it."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
import requests

from kakao_login.emulator import Emulator

from .emulator_client import CLIENT_ID, REDIRECT_URI, Client, answer_of

PERSON = "4100000001"


def signed_in(client: Client, person: str = PERSON, **changes: Any) -> Any:
    """Choose a person on the first page and give the second."""
    return client.follow(client.submit(client.authorize(**changes), action="sign_in", person=person))


def linked(client: Client, **changes: Any) -> None:
    """Log in on the pages, so that both a Kakao session and a link exist."""
    back = client.submit(signed_in(client, **changes), action="agree", item=["profile_nickname"])
    assert client.exchange(answer_of(back)["code"]).status_code == 200


def test_only_members_log_in_to_a_test_app(client: Client, kakao: Emulator) -> None:
    kakao.patch_app(members=["big_id"])
    assert "(KOE005)" in client.submit(client.authorize(), action="sign_in", person=PERSON).text
    assert client.me("big_id")["id"] == 9007199254740993


def test_a_connected_channel_may_be_named(client: Client, kakao: Emulator) -> None:
    kakao.patch_app(channels=["_abc"])
    assert client.authorize(channel_public_id="_abc").status_code == 200


def test_auth_type_reauthenticate_still_means_prompt_login(client: Client) -> None:
    linked(client)
    assert 'name="person"' in client.authorize(auth_type="reauthenticate").text


@pytest.mark.parametrize("scope", ["profile_nickname,account_email", "profile_nickname account_email", "", None])
def test_scope_may_have_commas_or_spaces_or_be_empty(client: Client, scope: str | None) -> None:
    assert client.authorize(scope=scope).status_code == 200


def test_unknown_parameters_are_ignored(client: Client) -> None:
    assert client.authorize(ka="sdk/1", state_token="x", is_popup="true", utm="y").status_code == 200


def test_a_state_comes_back_letter_by_letter(client: Client) -> None:
    client.kakao.sign_in_as("full")
    state = "한글 &=?#%+/"
    assert answer_of(client.authorize(state=state))["state"] == state


def test_without_a_state_none_comes_back(client: Client) -> None:
    client.kakao.sign_in_as("full")
    assert answer_of(client.authorize()).keys() == {"code"}


def test_success_is_a_302_with_an_empty_body(client: Client) -> None:
    client.kakao.sign_in_as("full")
    answer = client.authorize()
    assert (answer.status_code, answer.content) == (302, b"")
    assert len(answer_of(answer)["code"]) >= 20


def test_parameters_are_appended_to_the_query_of_a_redirect_uri(client: Client, kakao: Emulator) -> None:
    uri = REDIRECT_URI + "?tenant=1"
    kakao.patch_app(redirect_uris=[uri])
    kakao.sign_in_as("full")
    assert client.authorize(redirect_uri=uri).headers["Location"].startswith(uri + "&code=")


def test_the_nonce_goes_into_the_id_token(client: Client) -> None:
    claims = jwt.decode(client.log_in(nonce="n-1")["id_token"], options={"verify_signature": False})
    assert claims["nonce"] == "n-1"


def test_login_hint_shows_on_the_login_page(client: Client) -> None:
    assert "haneul@example.com" in client.authorize(login_hint="haneul@example.com").text


def test_a_hint_with_markup_is_escaped(client: Client) -> None:
    page = client.authorize(login_hint="<script>alert(1)</script>").text
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_linked_person_with_a_live_session_goes_straight_back(client: Client) -> None:
    linked(client)
    assert "code" in answer_of(client.authorize())


def test_a_live_session_without_a_link_asks_for_consent_at_once(client: Client) -> None:
    signed_in(client)
    assert "동의하고 계속하기" in client.authorize().text


def test_after_unlinking_the_consent_page_is_back(client: Client, kakao: Emulator) -> None:
    linked(client)
    kakao.unlink("full")
    assert client.authorize().status_code == 200


def test_login_counts_as_done_only_after_the_token_request(client: Client) -> None:
    client.submit(signed_in(client), action="agree", item=["profile_nickname"])
    assert answer_of(client.authorize(prompt="none"))["error"] == "consent_required"


@pytest.mark.parametrize("prompt", ["login", "select_account", "create"])
def test_these_prompts_show_the_login_page_in_spite_of_a_session(client: Client, prompt: str) -> None:
    linked(client)
    page = client.authorize(prompt=prompt)
    assert page.status_code == 200
    assert 'name="person"' in page.text
    back = client.follow(client.submit(page, action="sign_in", person=PERSON))
    assert "code" in answer_of(back)


@pytest.mark.parametrize("prompt", ["cert", "unify_daum"])
def test_prompts_of_partner_features_change_nothing(client: Client, prompt: str) -> None:
    assert 'name="person"' in client.authorize(prompt=prompt).text
    linked(client)
    assert "code" in answer_of(client.authorize(prompt=prompt))


def test_prompt_create_is_the_sign_up_page(client: Client) -> None:
    assert "카카오계정 만들기" in client.authorize(prompt="create").text


def test_prompt_none_without_a_session_is_login_required(client: Client) -> None:
    assert answer_of(client.authorize(prompt="none", state="s")) == {
        "error": "login_required",
        "error_description": "user authentication required.",
        "state": "s",
    }


def test_prompt_none_without_a_link_is_consent_required(client: Client) -> None:
    signed_in(client)
    assert answer_of(client.authorize(prompt="none")) == {
        "error": "consent_required",
        "error_description": "user consent required.",
    }


def test_prompt_none_without_a_link_is_consent_required_without_pages_too(client: Client, kakao: Emulator) -> None:
    kakao.sign_in_as("full")
    assert answer_of(client.authorize(prompt="none"))["error"] == "consent_required"
    assert client.log_in()
    assert "code" in answer_of(client.authorize(prompt="none"))


def test_prompt_none_with_a_required_item_missing_is_consent_required(client: Client, kakao: Emulator) -> None:
    linked(client)
    kakao.patch_app(consent_items={"profile_nickname": "required", "gender": "required"})
    assert answer_of(client.authorize(prompt="none")) == {
        "error": "consent_required",
        "error_description": "user consent required.",
    }


def test_prompt_none_with_session_and_link_brings_a_code(client: Client) -> None:
    linked(client)
    assert "code" in answer_of(client.authorize(prompt="none", login_hint="someone@example.com"))


def test_prompt_none_with_terms_to_agree_is_interaction_required(client: Client, kakao: Emulator) -> None:
    linked(client)
    kakao.patch_app(service_terms={"tos": "required"})
    answer = answer_of(client.authorize(prompt="none", service_terms="tos"))
    assert answer["error"] == "interaction_required"
    assert answer["error_description"] == "need to collect additional personal information."


def test_an_app_that_bars_children_sends_them_back_before_consent(client: Client) -> None:
    back = client.submit(client.authorize(), action="sign_in", person="4100000009")
    assert answer_of(back) == {"error": "access_denied", "error_description": "Not allowed under age 14"}


def test_an_app_that_allows_children_lets_them_in(client: Client, kakao: Emulator) -> None:
    kakao.patch_app(under_14_allowed=True)
    assert client.me("under_14")["id"] == 4100000009


def test_a_browser_session_ends_after_24_hours_however_used(client: Client, kakao: Emulator) -> None:
    linked(client)
    kakao.advance_clock(86_000)
    assert client.authorize().status_code == 302
    kakao.advance_clock(500)
    assert 'name="person"' in client.authorize().text


def test_a_browser_that_stays_logged_in_does_so_for_a_month(client: Client, kakao: Emulator) -> None:
    client.submit(client.authorize(), action="sign_in", person=PERSON, stay="on")
    kakao.advance_clock(29 * 86_400)
    assert "동의하고 계속하기" in client.authorize().text
    kakao.advance_clock(2 * 86_400)
    assert 'name="person"' in client.authorize().text


def test_a_consent_sent_without_a_session_starts_over(client: Client) -> None:
    page = client.authorize()
    assert 'name="person"' in client.follow(client.submit(page, action="agree", item=["profile_nickname"])).text


def test_pages_speak_english_by_header_or_switch(client: Client) -> None:
    assert "카카오계정으로 로그인" in client.authorize().text
    assert "Log in with Kakao Account" in client.authorize(lang="en").text
    client.http.headers["Accept-Language"] = "en-GB,en;q=0.9"
    page = client.authorize()
    assert "Log in with Kakao Account" in page.text
    assert ">Cancel<" in page.text


def test_the_language_chosen_stays_through_the_login(client: Client) -> None:
    assert "Agree and continue" in signed_in(client, lang="en").text


def test_pages_are_never_stored_and_run_no_foreign_script(client: Client) -> None:
    headers = client.authorize().headers
    assert headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert CLIENT_ID not in headers["Content-Security-Policy"]


def test_whoever_the_page_does_not_show_can_be_named(client: Client, kakao: Emulator) -> None:
    for number in range(45):
        kakao.add_user(email=f"p{number}@example.com")
    last = kakao.add_user(email="last@example.com")
    page = client.authorize()
    assert "last@example.com" not in page.text
    assert client.submit(page, action="sign_in", who="last@example.com").status_code == 303
    hinted = client.authorize(login_hint="last@example.com", prompt="login")
    assert f'value="{last["id"]}"' in hinted.text


def test_all_prompts_are_spent_by_one_sign_in(client: Client) -> None:
    page = client.authorize(auth_type="reauthenticate", prompt="login")
    consent = client.follow(client.submit(page, action="sign_in", person="4100000001"))
    assert 'value="agree"' in consent.text


@pytest.mark.parametrize(
    ("changes", "error"), [({"under_14_allowed": False}, "access_denied"), ({"members": []}, None)]
)
def test_who_is_not_admitted_cannot_agree_either(
    client: Client, kakao: Emulator, changes: dict[str, Any], error: str | None
) -> None:
    kakao.patch_app(under_14_allowed=True)
    page = client.follow(client.submit(client.authorize(), action="sign_in", person="4100000009"))
    kakao.patch_app(**changes)
    answer = client.submit(page, action="agree", item="profile_nickname")
    assert answer_of(answer)["error"] == error if error else "KOE005" in answer.text


@pytest.mark.parametrize(
    "uri",
    [
        "myapp://OAuthCallback",
        "myapp://host:x/cb",
        "http://localhost:99999/cb",
        "http://a..b/cb",
        "http://LocalHost/cb",
        "http://localhost/{y}",
        "http://localhost/cb?",
        "http://x/?a=",
    ],
)
def test_the_way_back_begins_as_it_was_registered(client: Client, kakao: Emulator, uri: str) -> None:
    kakao.patch_app(redirect_uris=[uri])
    kakao.sign_in_as("full")
    location = client.authorize(redirect_uri=uri).headers["Location"]
    assert location.startswith(f"{uri}{'' if uri.endswith('?') else '&' if '?' in uri else '?'}code=")


@pytest.mark.parametrize("path", ["//evil.example/x", "/%5Cevil.example/x", "/oauth//authorize"])
def test_no_link_or_redirect_leads_to_another_site(kakao: Emulator, path: str) -> None:
    url = f"{kakao.url}{path}"
    answer = requests.get(url, headers={"Host": "evil.example"}, allow_redirects=False, timeout=5)
    assert "Location" not in answer.headers
    assert 'href="?lang=' in answer.text
