"""The pages that kauth shows instead of going back to an app: their codes, kinds and words."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any

import pytest
import requests

from kakao_login.emulator import Emulator

from .emulator_client import CLIENT_ID, REDIRECT_URI, Client

VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    ("changes", "koe"),
    [
        ({"client_id": None}, "KOE101"),
        ({"client_id": "no-such-key"}, "KOE101"),
        ({"client_id": "emulator-admin-key"}, "KOE101"),
        ({"client_id": f" {CLIENT_ID}"}, "KOE101"),
        ({"client_id": f"{CLIENT_ID} "}, "KOE101"),
        ({"redirect_uri": None}, "KOE207"),
        ({"redirect_uri": REDIRECT_URI + "/"}, "KOE006"),
        ({"redirect_uri": REDIRECT_URI.replace("http:", "https:")}, "KOE006"),
        ({"redirect_uri": REDIRECT_URI.replace("5000", "5001")}, "KOE006"),
        ({"redirect_uri": REDIRECT_URI + "?a=b"}, "KOE006"),
        ({"client_id": "emulator-javascript-key"}, "KOE006"),
        ({"response_type": None}, "KOE207"),
        ({"response_type": "token"}, "KOE202"),
        ({"response_type": "code token"}, "KOE201"),
        ({"scope": "profile_nickname,gender"}, "KOE205"),
        ({"prompt": "sometimes"}, "KOE204"),
        ({"prompt": "none,login"}, "KOE204"),
        ({"code_challenge": CHALLENGE}, "KOE204"),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "plain"}, "KOE204"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "KOE204"),
        ({"state": ["one", "two"]}, "KOE001"),
        ({"channel_public_id": "_abc"}, "KOE102"),
    ],
)
def test_a_wrong_request_is_a_page_and_never_a_redirect(client: Client, changes: dict[str, Any], koe: str) -> None:
    answer = client.authorize(**changes)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"].startswith("text/html")
    assert f"({koe})" in answer.text
    assert "왜 에러가 발생하나요?" in answer.text


def test_login_switched_off_is_koe004(client: Client, kakao: Emulator) -> None:
    kakao.patch_app(login_enabled=False)
    assert "(KOE004)" in client.authorize().text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"client_id": "no-such-key"}, "Not exist client_id no-such-key"),
        ({"channel_public_id": "_abc"}, "Required PLUS_FRIENDS_ON_AGREEMENT_SUPPORTED permission"),
        ({"response_type": "code token"}, "Unsupported response type: code token"),
    ],
)
def test_a_page_says_what_kakao_says(client: Client, changes: dict[str, Any], words: str) -> None:
    assert words in client.authorize(**changes).text


def test_redirect_uris_are_registered_on_each_key_apart(client: Client, kakao: Emulator) -> None:
    uris = {
        CLIENT_ID: REDIRECT_URI,
        "emulator-javascript-key": "http://localhost:3000/",
        "emulator-native-key": "kakaoemulator-native-key://oauth",
    }
    kakao.patch_app(javascript_redirect_uris=[uris["emulator-javascript-key"]])
    kakao.sign_in_as("full")
    for key, own in uris.items():
        for uri in uris.values():
            answer = client.authorize(client_id=key, redirect_uri=uri)
            assert (answer.status_code, "(KOE006)" in answer.text) == ((302, False) if uri == own else (400, True))


def koe004(client: Client, lang: str) -> requests.Response:
    client.kakao.patch_app(login_enabled=False)
    return client.authorize(lang=lang)


def koe005(client: Client, lang: str) -> requests.Response:
    client.kakao.patch_app(members=[])
    return client.submit(client.authorize(lang=lang), action="sign_in", person="4100000001")


def koe203(client: Client, lang: str) -> requests.Response:
    signed_in = client.submit(client.authorize(lang=lang), action="sign_in", person="4100000001")
    return client.submit(client.follow(signed_in), action="agree", item=["account_email"])


def open_path(client: Client, path: str, **query: str) -> requests.Response:
    return client.http.get(f"{client.kakao.url}{path}", params=query)


Provoke = Callable[[Client, str], requests.Response]
SETUP_ERRORS: dict[str, Provoke] = {
    "KOE004": koe004,
    "KOE005": koe005,
    "KOE006": lambda client, lang: client.authorize(redirect_uri="http://other.example/", lang=lang),
    "KOE007": lambda client, lang: open_path(
        client, "/oauth/logout", client_id=CLIENT_ID, logout_redirect_uri="http://other.example/", lang=lang
    ),
    "KOE101": lambda client, lang: client.authorize(client_id="no-such-key", lang=lang),
}
BAD_REQUESTS: dict[str, Provoke] = {
    "KOE001": lambda client, lang: client.authorize(state=["one", "two"], lang=lang),
    "KOE002": lambda client, lang: open_path(client, "/oauth/nothing", lang=lang),
    "KOE201": lambda client, lang: client.authorize(response_type="id_token", lang=lang),
    "KOE202": lambda client, lang: client.authorize(response_type="token", lang=lang),
    "KOE203": koe203,
    "KOE204": lambda client, lang: client.authorize(prompt="sometimes", lang=lang),
    "KOE205": lambda client, lang: client.authorize(scope="gender", lang=lang),
    "KOE207": lambda client, lang: client.authorize(redirect_uri=None, lang=lang),
}
TITLES = {"ko": ("앱 관리자 설정 오류", "잘못된 요청"), "en": ("Admin Settings Issue", "Bad Request")}
CONTACT_THE_ADMIN = {"ko": "서비스 관리자에게 알려 주세요", "en": "Please tell its administrator"}


@pytest.mark.parametrize("lang", ["ko", "en"])
@pytest.mark.parametrize("koe", SETUP_ERRORS)
def test_a_setup_error_sends_the_visitor_to_the_admin(client: Client, koe: str, lang: str) -> None:
    page = SETUP_ERRORS[koe](client, lang).text
    assert f"<title>{TITLES[lang][0]} ({koe})</title>" in page
    assert f"<h1>{TITLES[lang][0]} ({koe})</h1>" in page
    assert CONTACT_THE_ADMIN[lang] in page


@pytest.mark.parametrize("lang", ["ko", "en"])
@pytest.mark.parametrize("koe", BAD_REQUESTS)
def test_a_bad_request_is_no_matter_of_the_admin(client: Client, koe: str, lang: str) -> None:
    page = BAD_REQUESTS[koe](client, lang).text
    assert f"<title>{TITLES[lang][1]} ({koe})</title>" in page
    assert f"<h1>{TITLES[lang][1]} ({koe})</h1>" in page
    assert CONTACT_THE_ADMIN[lang] not in page


@pytest.mark.parametrize(("lang", "why"), [("ko", "왜 에러가 발생하나요?"), ("en", "Why did this happen?")])
def test_why_it_happened_can_be_folded_out(client: Client, lang: str, why: str) -> None:
    pages = [provoke(client, lang).text for provoke in (SETUP_ERRORS["KOE006"], BAD_REQUESTS["KOE205"])]
    assert all(f"<summary>{why}</summary>" in page for page in pages)


def test_koe205_lists_the_items_that_are_not_set(client: Client) -> None:
    page = client.authorize(scope="gender account_email birthday").text
    assert "설정하지 않은 동의 항목" in page
    assert "birthday, gender" in page


def test_a_person_who_does_not_exist_is_koe204(client: Client) -> None:
    assert "(KOE204)" in client.submit(client.authorize(), action="sign_in", person="1").text
