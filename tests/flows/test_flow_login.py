"""The way of a login: to Kakao and back, over real sockets."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests

from kakao_login.emulator import Emulator

from ..support import PAGE, REDIRECT_URI, SECRET, Browser, Clock, Host

Hosts = Callable[..., Host]


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def test_one_click_ends_on_the_guarded_page(browser: Browser) -> None:
    answer = browser.log_in("/mine")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/mine")
    assert browser.get("/mine").json() == {"hello": 1}


@pytest.mark.parametrize(("oidc", "calls"), [(False, ["token", "user_me"]), (True, ["token", "jwks"])])
def test_a_login_calls_kakao_as_often_as_its_mode_needs(
    new_host: Hosts, kakao: Emulator, oidc: bool, calls: list[str]
) -> None:
    browser = Browser(new_host(KAKAO_OIDC=oidc).serve())
    assert browser.log_in().status_code == 303
    assert [call["endpoint"] for call in kakao.requests() if call["endpoint"] != "authorize"] == calls
    kakao.clear_requests()
    browser.log_in()
    # The key set is cached, so OIDC needs one call a login from now on.
    assert [call["endpoint"] for call in kakao.requests()][1:] == [name for name in calls if name != "jwks"]


def test_the_authorization_request_holds_what_is_due_and_nothing_else(browser: Browser) -> None:
    location = browser.get("/auth/kakao/login", headers={"X-Forwarded-Host": "evil.test"}).headers["Location"]
    query = query_of(location)
    assert set(query) == {
        "response_type",
        "client_id",
        "redirect_uri",
        "state",
        "code_challenge",
        "code_challenge_method",
    }
    assert query["redirect_uri"] == REDIRECT_URI
    assert query["code_challenge_method"] == "S256"
    assert len(query["state"]) == 43
    [cookie] = browser.jar()
    claims = jwt.decode(str(cookie.value), SECRET, ["HS256"], options={"verify_aud": False})
    digest = hashlib.sha256(claims["code_verifier"].encode()).digest()
    assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == query["code_challenge"]
    assert claims["code_verifier"] not in location


def test_the_redirect_uri_never_follows_the_host_header(host: Host) -> None:
    answer = requests.get(
        f"{host.url}/auth/kakao/login", headers={"Host": "evil.test"}, allow_redirects=False, timeout=5
    )
    assert query_of(answer.headers["Location"])["redirect_uri"] == REDIRECT_URI


def test_the_secret_goes_in_the_body_and_the_code_is_exchanged_once(browser: Browser, kakao: Emulator) -> None:
    browser.log_in()
    [call] = kakao.requests("token")
    assert call["form"]["client_secret"] == ["[masked]"]
    assert "authorization" not in {name.lower() for name in call["headers"]}
    assert call["form"]["redirect_uri"] == [REDIRECT_URI]


def test_oidc_sends_a_nonce_and_plain_oauth_does_not(new_host: Hosts) -> None:
    with_oidc = Browser(new_host(KAKAO_OIDC=True).serve())
    assert "nonce" in query_of(with_oidc.get("/auth/kakao/login").headers["Location"])


def test_scope_and_prompt_are_sent_when_asked_for_and_refused_when_unknown(browser: Browser) -> None:
    location = browser.get("/auth/kakao/login?prompt=login&scope=account_email").headers["Location"]
    assert {"prompt": "login", "scope": "account_email"}.items() <= query_of(location).items()
    for query in ("prompt=none", "scope=everything", "prompt=login&prompt=create", "next=/a&next=/b"):
        assert browser.get(f"/auth/kakao/login?{query}").status_code == 400


def test_five_logins_at_once_all_work_in_any_order(browser: Browser) -> None:
    backs = [browser.start(f"/mine?tab={tab}") for tab in range(5)]
    for tab, back in reversed(list(enumerate(backs))):
        assert browser.get(back).headers["Location"] == f"/mine?tab={tab}"


def test_of_ten_logins_the_last_five_can_finish_and_the_cookies_stay_small(browser: Browser, clock: Clock) -> None:
    backs = []
    for _ in range(10):
        backs.append(browser.start())
        clock.advance(1)
    assert len([cookie for cookie in browser.jar() if cookie.name.startswith("login_")]) == 5
    assert [browser.get(back).status_code for back in reversed(backs)] == [303] * 5 + [400] * 5


def test_of_ten_logins_started_by_parallel_requests_five_can_finish(browser: Browser, clock: Clock) -> None:
    backs = []
    cookies = []
    for _ in range(10):
        fresh = Browser(browser.url)
        backs.append(fresh.start())
        cookies += fresh.jar()
        clock.advance(1)
    for cookie in cookies:
        browser.cookies.set_cookie(cookie)
    assert [browser.get(back).status_code for back in reversed(backs)] == [303] * 5 + [400] * 5


def test_two_hundred_starts_leave_headers_that_servers_take(browser: Browser) -> None:
    for number in range(200):
        browser.get("/auth/kakao/login", params={"next": f"/mine?{'x' * 2000}{number}"})
    sent = browser.get("/auth/kakao/login").request.headers["Cookie"]
    assert sent is not None
    assert len(sent) < 8 * 1024
    assert browser.log_in().status_code == 303


def test_a_new_login_has_a_new_session_and_ends_the_one_before(browser: Browser) -> None:
    browser.log_in()
    first_access, first_refresh = browser.pair()
    browser.log_in()
    second_access, second_refresh = browser.pair()
    assert first_access != second_access
    assert first_refresh != second_refresh
    bearer = {"Authorization": f"Bearer {first_access}"}
    assert requests.get(f"{browser.url}/mine", headers=bearer, timeout=5).json()["error"] == "session_ended"


def test_two_first_logins_at_once_make_one_account(host: Host) -> None:
    browsers = [Browser(host.url) for _ in range(12)]
    backs = [browser.start() for browser in browsers]
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda pair: pair[0].get(pair[1]), zip(browsers, backs, strict=True)))
    assert {answer.status_code for answer in answers} == {303}
    assert {browser.get("/auth/me").json()["user"]["id"] for browser in browsers} == {1}


def test_a_later_login_updates_the_profile(browser: Browser, kakao: Emulator) -> None:
    browser.log_in()
    before = browser.get("/auth/me").json()["user"]
    kakao.patch_user("full", nickname="바뀐 이름")
    browser.log_in()
    after = browser.get("/auth/me").json()["user"]
    assert (after["id"], after["nickname"]) == (before["id"], "바뀐 이름")
    assert before["nickname"] != after["nickname"]


@pytest.mark.parametrize(
    ("persona", "email"),
    [
        ("full", True),
        ("nickname_only", False),
        ("email_refused", False),
        ("email_invalid", False),
        ("email_unverified", False),
        ("no_account", None),
        ("default_picture", None),
        ("big_id", None),
        ("rejoined", None),
    ],
)
@pytest.mark.parametrize("oidc", [False, True])
def test_everybody_can_log_in_with_or_without_an_email(
    new_host: Hosts, kakao: Emulator, persona: str, email: bool | None, oidc: bool
) -> None:
    kakao.sign_in_as(persona)
    browser = Browser(new_host(KAKAO_OIDC=oidc).serve())
    assert browser.log_in().status_code == 303
    user = browser.get("/auth/me").json()["user"]
    assert email is None or (user["email"] is not None) is email


def test_the_same_email_never_finds_another_account(browser: Browser, kakao: Emulator) -> None:
    browser.log_in()
    first = browser.get("/auth/me").json()["user"]
    twin = kakao.add_user(nickname="쌍둥이", email=first["email"])
    kakao.sign_in_as(twin["id"])
    browser.log_in()
    second = browser.get("/auth/me").json()["user"]
    assert second["email"] == first["email"]
    assert second["id"] != first["id"]


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_cannot_start_a_login_without_a_click(browser: Browser, site: str) -> None:
    answer = browser.get("/auth/kakao/login?next=/mine", headers={"Sec-Fetch-Site": site, **PAGE})
    assert answer.status_code == 200
    assert "Location" not in answer.headers
    assert 'href="/auth/kakao/login?next=/mine&amp;confirmed=1"' in answer.text


def test_the_pair_has_the_cookies_of_the_contract(browser: Browser) -> None:
    answer = browser.log_in()
    cookies = {line.split("=")[0]: line for line in answer.raw.headers.getlist("Set-Cookie")}
    access, refresh = cookies["access_token"], cookies["refresh_token"]
    for line in (access, refresh):
        assert "HttpOnly" in line
        assert "SameSite=Lax" in line
        assert "Domain" not in line
        assert f"Max-Age={30 * 24 * 3600}" in line
        assert len(line) < 4096
    assert "Path=/;" in access + ";"
    assert "Path=/auth;" in refresh + ";"


def test_over_https_the_cookies_have_prefixes_and_are_secure(new_host: Hosts) -> None:
    browser = Browser(new_host(KAKAO_LOGIN_PROXY_HOPS=1).serve())
    browser.headers["X-Forwarded-Proto"] = "https"
    answer = browser.get("/auth/kakao/login")
    [line] = answer.raw.headers.getlist("Set-Cookie")
    assert line.startswith("__Host-Http-login_")
    assert "Secure" in line.split("; ")


def test_answers_of_a_login_are_stored_nowhere(browser: Browser) -> None:
    for answer in (
        browser.get("/auth/kakao/login"),
        browser.log_in(),
        browser.get("/mine"),
        browser.get("/auth/me"),
    ):
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Cookie" in answer.headers["Vary"]
