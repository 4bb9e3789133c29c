"""`/oauth/logout`, where a browser leaves the service or the Kakao Account, and the logout of tokens."""

from __future__ import annotations

from typing import Any

import pytest

from kakao_login.emulator import Emulator

from .emulator_client import CLIENT_ID, REDIRECT_URI, Client

HOME = "http://localhost:5000/bye"


@pytest.fixture(autouse=True)
def _registered(kakao: Emulator) -> None:
    kakao.patch_app(logout_redirect_uris=[HOME])


def open_logout(client: Client, **changes: Any) -> Any:
    query = {"client_id": CLIENT_ID, "logout_redirect_uri": HOME, **changes}
    return client.http.get(f"{client.kakao.url}/oauth/logout", params=query, allow_redirects=False)


def sign_in(client: Client) -> None:
    client.submit(client.authorize(), action="sign_in", person="4100000001")


def has_session(client: Client) -> bool:
    return 'name="person"' not in client.authorize().text


def test_without_a_session_it_leads_back_at_once(client: Client) -> None:
    answer = open_logout(client, state="s")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{HOME}?state=s")
    assert open_logout(client).headers["Location"] == HOME


@pytest.mark.parametrize(("action", "stays"), [("service", True), ("account", False)])
def test_the_page_offers_the_service_or_the_account(client: Client, action: str, stays: bool) -> None:
    sign_in(client)
    page = open_logout(client, state="s")
    assert "이 서비스만 로그아웃" in page.text
    assert "카카오계정과 함께 로그아웃" in page.text
    assert client.submit(page, action=action).headers["Location"] == f"{HOME}?state=s"
    assert has_session(client) is stays


def test_no_token_is_revoked(client: Client, kakao: Emulator) -> None:
    token = client.log_in()["access_token"]
    kakao.show_pages()
    sign_in(client)
    client.submit(open_logout(client), action="account")
    assert client.kapi("/v2/user/me", token).status_code == 200


def test_kapi_logout_leaves_the_browser_session_alone(client: Client, kakao: Emulator) -> None:
    token = client.log_in()["access_token"]
    kakao.show_pages()
    sign_in(client)
    client.kapi("/v1/user/logout", token, "POST")
    assert has_session(client)


@pytest.mark.parametrize(
    ("changes", "koe"),
    [
        ({"logout_redirect_uri": HOME + "/"}, "KOE007"),
        ({"logout_redirect_uri": REDIRECT_URI}, "KOE007"),
        ({"logout_redirect_uri": None}, "KOE207"),
        ({"client_id": None}, "KOE101"),
        ({"state": ["a", "b"]}, "KOE001"),
    ],
)
def test_a_wrong_request_is_a_page(client: Client, changes: dict[str, Any], koe: str) -> None:
    answer = open_logout(client, **changes)
    assert (answer.status_code, f"({koe})" in answer.text) == (400, True)


def test_cancel_logs_out_of_nothing_and_says_so(client: Client) -> None:
    sign_in(client)
    page = client.submit(open_logout(client, lang="en"), action="cancel")
    assert page.status_code == 200
    assert "You are still logged in" in page.text
    assert has_session(client)


def test_a_logout_uri_is_no_redirect_uri_of_a_login(client: Client) -> None:
    assert "(KOE006)" in client.authorize(redirect_uri=HOME).text


def test_logging_out_with_a_refreshed_token_ends_its_refresh_token_too(client: Client) -> None:
    first, other = client.log_in(), client.log_in()
    refreshed = client.refresh(first["refresh_token"]).json()
    assert "refresh_token" not in refreshed
    client.kapi("/v1/user/logout", refreshed["access_token"], "POST")
    assert client.kapi("/v2/user/me", refreshed["access_token"]).json()["code"] == -401
    assert client.refresh(first["refresh_token"]).json()["error_code"] == "KOE322"
    assert client.refresh(other["refresh_token"]).status_code == 200
