"""What an attack on the running product found, each kept as the sequence that showed it."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import pytest
import requests
from sqlalchemy import delete

from kakao_login import login_required
from kakao_login.emulator import Emulator
from kakao_login.tokens.pair import Use

from ..builders import new_session
from ..support import PAGE, SAME_ORIGIN, Browser, Clock, Host


def test_a_user_deleted_in_bulk_is_not_reborn_as_the_next(new_host: Callable[..., Host]) -> None:
    host = new_host()
    browser = Browser(host.serve())
    browser.log_in()
    user = host.kakao_login.user_model
    with host.app.app_context():
        host.db.session.execute(delete(user).where(user.id == 1))
        host.db.session.commit()
        host.db.session.add(user(id=1))
        host.db.session.commit()
    assert browser.get("/mine").status_code == 401
    browser.log_in()
    assert browser.get("/auth/me").json()["user"]["id"] != 1


def test_one_request_in_a_foreign_app_context_leaves_no_login_to_the_next(host: Host, browser: Browser) -> None:
    browser.log_in()
    headers = {"Authorization": f"Bearer {browser.pair()[0]}"}
    with host.app.app_context():
        client = host.app.test_client(use_cookies=False)
        assert client.get("/mine", headers=headers).status_code == 200
        assert client.get("/mine").status_code == 401


@pytest.mark.parametrize("path", ["/files/%23x", "/files/a%3Fb", "/files/%2541", "/files/%ED%95%9C?q=%26"])
def test_a_renewal_leads_to_the_address_as_it_was_sent(
    new_host: Callable[..., Host], clock: Clock, path: str
) -> None:
    host = new_host()

    @host.app.get("/files/<name>")
    @login_required
    def file(name: str) -> str:
        return name

    browser = Browser(host.serve())
    browser.log_in()
    clock.advance(3700)
    hop = browser.get(path, headers=PAGE)
    assert browser.get(hop.headers["Location"], headers=PAGE).headers["Location"] == path


@pytest.mark.parametrize("scheme", ["Bearer\t", "Bearer,", "bearer\xa0", "Basic x, Bearer "])
def test_no_odd_spelling_of_bearer_falls_back_to_the_cookies(browser: Browser, scheme: str) -> None:
    browser.log_in()
    header = f"{scheme}junk".encode("latin-1")
    assert browser.get("/mine", headers={"Authorization": header}).status_code == 401


@pytest.mark.parametrize("path", ["/auth/kakao/login", "/auth/kakao/callback"])
def test_head_starts_and_ends_no_login(browser: Browser, path: str) -> None:
    assert browser.head(path).status_code == 405


def test_a_late_answer_of_a_replaced_session_deletes_no_cookie(browser: Browser) -> None:
    browser.log_in()
    old = f"access_token={browser.pair()[0]}"
    browser.log_in()
    late = requests.get(f"{browser.url}/mine", headers={"Cookie": old}, timeout=5)
    assert late.json()["error"] == "session_ended"
    assert "Set-Cookie" not in late.headers


def test_a_used_callback_is_known_again_after_the_access_token_ran_out(browser: Browser, clock: Clock) -> None:
    back = browser.start("/mine")
    browser.get(back)
    clock.advance(3700)
    assert browser.get(back).headers["Location"] == "/mine"


# Logins that nobody clicked.

PICTURE = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
CLICK = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
CLICKED = {**CLICK, "Sec-Fetch-User": "?1", **PAGE}


def test_a_picture_starts_no_login_and_drops_none_that_is_under_way(browser: Browser) -> None:
    back = browser.start()
    for _ in range(10):
        answer = browser.get("/auth/kakao/login", headers=PICTURE)
        assert (answer.status_code, "Set-Cookie" in answer.headers) == (200, False)
    assert browser.get(back).status_code == 303


def test_a_callback_opens_in_a_window_or_not_at_all(browser: Browser, kakao: Emulator) -> None:
    back = browser.start()
    for destination in ("image", "iframe", "embed", "empty"):
        answer = browser.get(back, headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": destination})
        assert (answer.status_code, "invalid_request" in answer.text) == (400, True)
    assert browser.get(back, headers={"Sec-Purpose": "prefetch"}).status_code == 503
    assert [call for call in kakao.requests() if call["path"] == "/oauth/token"] == []
    window = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert browser.get(back, headers=window).status_code == 303


def test_a_prefetch_asks_again_when_it_is_clicked(browser: Browser) -> None:
    for path in ("/auth/kakao/login", "/auth/kakao/login?confirmed=1"):
        answer = browser.get(path, headers={**CLICKED, "Sec-Purpose": "prefetch;prerender"})
        assert (answer.status_code, answer.headers["Cache-Control"]) == (503, "no-store")
        assert "Retry-After" in answer.headers
        assert "Set-Cookie" not in answer.headers
        assert browser.get(path, headers=CLICKED).status_code == 302


def test_after_a_logout_only_the_button_logs_in_again(browser: Browser) -> None:
    browser.log_in()
    assert browser.post("/auth/logout", headers={**PAGE, **SAME_ORIGIN}).status_code == 303
    # The back button of Chromium repeats the headers of a typed address, the click included.
    page = browser.get("/auth/kakao/login?next=/mine", headers=CLICKED)
    assert (page.status_code, "confirmed=1" in page.text) == (200, True)
    browser.get(browser.start_by("/auth/kakao/login?next=/mine&confirmed=1", CLICKED))
    assert browser.get("/mine").status_code == 200
    assert "logged_out" not in browser.cookies
    assert browser.get("/auth/kakao/login", headers=CLICKED).status_code == 302


# Claims that do not fit.


def test_a_login_whose_claims_do_not_fit_is_told_and_costs_nobody_the_login_they_had(
    host: Host, browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    browser.log_in()
    roles = ["too many"] * 200
    host.kakao_login.additional_claims(lambda _user: {"roles": roles})
    back = browser.start()
    for language, words in (("ko", "로그인 정보를 만들 수 없습니다."), ("en", "could not be put together")):
        fresh = Browser(host.url)
        answer = fresh.get(fresh.start(), headers={"Accept-Language": language})
        assert (answer.status_code, words in answer.text) == (500, True)
        assert not [cookie for cookie in fresh.jar() if cookie.name.endswith("_token")]
    answer = browser.get(back)
    assert (answer.status_code, "claims_refused" in answer.text) == (500, True)
    assert browser.get("/mine").status_code == 200
    assert caplog.text.count("the additional claims take 2411 bytes") == 3
    assert "too many" not in caplog.text


def test_a_refresh_whose_claims_do_not_fit_loses_nothing(host: Host, browser: Browser, clock: Clock) -> None:
    browser.log_in()
    roles = ["too many"] * 200
    host.kakao_login.additional_claims(lambda _user: {"roles": roles})
    clock.advance(3700)
    for _ in range(3):
        answer = browser.post("/auth/refresh", headers=SAME_ORIGIN)
        assert (answer.status_code, answer.json()["error"]) == (500, "claims_refused")
        assert "Set-Cookie" not in answer.headers
        clock.advance(60)
    roles.clear()
    assert browser.post("/auth/refresh", headers=SAME_ORIGIN).status_code == 200


# Two apps on one host name.


@pytest.mark.parametrize(
    "other",
    [
        {"JWT_ACCESS_COOKIE_NAME": "shop", "JWT_REFRESH_COOKIE_NAME": "shop_refresh"},
        {"JWT_ENCODE_AUDIENCE": "shop"},
        {"KAKAO_REDIRECT_URI": "http://localhost:5000/shop/auth/kakao/callback"},
    ],
)
def test_two_apps_with_one_secret_on_one_host_name_refuse_each_others_tokens(
    new_host: Callable[..., Host], other: dict[str, str]
) -> None:
    one, two = new_host("one"), new_host("two", **other)
    for host, foreign in ((one, two), (two, one)):
        pair = foreign.services.pair_of(new_session(foreign), "json")
        client = host.app.test_client()
        headers = {"Authorization": f"Bearer {pair.access_token}"}
        answers = [
            client.post("/mine", json={}, headers=headers),
            client.post("/auth/refresh", json={"refresh_token": pair.refresh_token}),
        ]
        assert [answer.json and answer.json["error"] for answer in answers] == ["invalid_token"] * 2


# Rows that nobody asked for.


def test_used_logins_go_by_themselves_while_sessions_are_used(host: Host, browser: Browser, clock: Clock) -> None:
    for _ in range(3):
        browser.log_in()
    used = host.services.models.used_login_state

    def rows() -> int:
        with host.app.app_context():
            return host.db.session.query(used).count()

    host.services.heartbeat.beat()
    assert rows() == 3
    clock.advance(3601)
    host.services.heartbeat.beat()
    assert rows() == 0


# A thief who waits, where access tokens are used at other services alone.


@pytest.mark.parametrize("use", ["cookie", "json"])
def test_the_third_round_of_two_holders_ends_the_session(host: Host, clock: Clock, use: Use) -> None:
    pair = host.services.pair_of(new_session(host), use)
    held = {"owner": pair.refresh_token, "thief": pair.refresh_token}
    access = dict.fromkeys(held, pair.access_token)
    client, rounds = host.app.test_client(use_cookies=False), 0
    while True:
        rounds += 1
        for holder, token in held.items():
            clock.advance(11)
            if use == "json":
                answer = client.post("/auth/refresh", json={"refresh_token": token})
                got = answer.json if answer.status_code == 200 else {}
            else:
                cookie = f"access_token={access[holder]}; refresh_token={token}"
                answer = client.post("/auth/refresh", headers={**SAME_ORIGIN, "Cookie": cookie})
                got = {
                    line.split("=")[0]: line.split(";")[0].split("=")[1]
                    for line in answer.headers.getlist("Set-Cookie")
                }
            if answer.status_code == 401:
                assert (rounds, answer.json and answer.json["error"]) == (3, "refresh_token_reused")
                return
            assert got is not None
            held[holder] = got.get("refresh_token", held[holder])
            access[holder] = got["access_token"]


# Siblings that an attack on these found.


def test_of_thirty_planted_refresh_cookies_none_keeps_the_own_session_from_its_logout(
    host: Host, browser: Browser
) -> None:
    browser.log_in()
    access, refresh = browser.pair()
    planted = [host.services.pair_of(new_session(host), "cookie").refresh_token for _ in range(30)]
    cookies = "; ".join(f"refresh_token={token}" for token in [*planted, refresh])
    answer = browser.post("/auth/logout", headers={**SAME_ORIGIN, "Cookie": cookies})
    assert answer.json() == {"logged_out": True}
    headers = {"Authorization": f"Bearer {access}"}
    assert host.app.test_client().get("/mine", headers=headers).status_code == 401


def test_where_the_browser_vouches_for_nothing_a_refresh_cookie_alone_needs_the_token(
    host: Host, browser: Browser
) -> None:
    browser.log_in()
    access, refresh = browser.pair()
    token = browser.csrf()["X-CSRF-Token"]
    client = host.app.test_client(use_cookies=False)
    headers = {"Origin": "http://localhost:5000", "Cookie": f"refresh_token={refresh}"}
    assert client.post("/auth/logout", headers=headers).status_code == 403
    assert client.get("/mine", headers={"Authorization": f"Bearer {access}"}).status_code == 200
    assert client.post("/auth/logout", headers={**headers, "X-CSRF-Token": token}).status_code == 200
    assert client.get("/mine", headers={"Authorization": f"Bearer {access}"}).status_code == 401


def test_a_hundred_lines_of_wishes_are_not_read(host: Host, browser: Browser) -> None:
    wishes = {"Accept": ",".join(["a/b"] * 200_000), "Accept-Language": ",".join(["a-b"] * 200_000)}
    tracemalloc.start()
    try:
        answer = host.app.test_client().get("/mine", headers=wishes)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert answer.status_code == 401
    assert peak < 6_000_000
