"""What a guarded page or API answers to whom."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests
from flask import Response
from sqlalchemy import event

from kakao_login import current_login, login_required

from ..support import HOST, PAGE, SAME_ORIGIN, Browser, Clock, Host

Hosts = Callable[..., Host]
NAVIGATION = {"Sec-Fetch-Mode": "navigate"}
FETCH = {"Sec-Fetch-Mode": "cors", "Accept": "text/html"}


def test_without_a_credential_a_client_gets_401_and_a_bare_challenge(browser: Browser) -> None:
    for headers in ({}, FETCH, {"Accept": "application/json"}):
        answer = browser.get("/mine", headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (401, "login_required")
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("headers", [PAGE, NAVIGATION, {"Accept": "text/html,application/json;q=0.9,*/*;q=0.8"}])
def test_without_a_credential_a_person_is_led_to_the_login_and_back(
    browser: Browser, headers: dict[str, str]
) -> None:
    answer = browser.get("/mine?a=1&b=%ED%95%9C", headers=headers)
    assert answer.status_code == 303
    start = browser.get(answer.headers["Location"])
    assert start.status_code == 302
    back = requests.get(start.headers["Location"], allow_redirects=False, timeout=5).headers["Location"]
    assert browser.get(back).headers["Location"] == "/mine?a=1&b=%ED%95%9C"


def test_a_bearer_token_opens_the_api_without_any_cookie(browser: Browser) -> None:
    browser.log_in()
    for scheme in ("Bearer", "bearer", "BEARER ", "Bearer  "):
        headers = {"Authorization": f"{scheme} {browser.pair()[0]}"}
        assert requests.get(f"{browser.url}/mine", headers=headers, timeout=5).json() == {"hello": 1}


def test_a_bearer_token_needs_no_csrf_proof_even_across_sites(browser: Browser) -> None:
    browser.log_in()
    headers = {"Authorization": f"Bearer {browser.pair()[0]}", "Sec-Fetch-Site": "cross-site"}
    answer = requests.post(f"{browser.url}/mine", json={"a": 1}, headers=headers, timeout=5)
    assert answer.json() == {"written": {"a": 1}}


@pytest.mark.parametrize(
    "value",
    [
        "Bearer junk",
        "Bearer",
        "Bearer ",
        "Bearer a.b.c",
        "Bearer a, Bearer b",
        "Bearer \x80\xff",
        "Bearer " + "x" * 60_000,
    ],
)
def test_a_bad_bearer_token_never_falls_back_to_good_cookies(browser: Browser, value: str) -> None:
    browser.log_in()
    pair = browser.pair()
    answer = browser.get("/mine", headers={"Authorization": value.encode("latin-1"), **PAGE})
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert browser.pair() == pair
    assert browser.get("/mine").status_code == 200


def test_another_scheme_beside_the_cookies_is_not_ours_to_judge(browser: Browser) -> None:
    browser.log_in()
    assert browser.get("/mine", headers={"Authorization": "Basic YTpi"}).status_code == 200


def test_a_token_in_the_query_counts_for_nothing(browser: Browser) -> None:
    browser.log_in()
    access, _ = browser.pair()
    answer = requests.get(f"{browser.url}/mine", params={"access_token": access}, timeout=5)
    assert answer.json()["error"] == "login_required"


def test_a_refresh_token_opens_no_page(browser: Browser) -> None:
    browser.log_in()
    headers = {"Authorization": f"Bearer {browser.pair()[1]}"}
    assert requests.get(f"{browser.url}/mine", headers=headers, timeout=5).json()["error"] == "invalid_token"


@pytest.mark.parametrize("twice", ["{good}; access_token={evil}", "{evil}; access_token={good}"])
def test_a_cookie_sent_twice_is_refused_and_nothing_else_happens(browser: Browser, twice: str) -> None:
    browser.log_in()
    cookie = "access_token=" + twice.format(good=browser.pair()[0], evil="evil")
    for headers in ({}, PAGE):
        answer = requests.get(
            f"{browser.url}/mine", headers={"Cookie": cookie, **headers}, allow_redirects=False, timeout=5
        )
        assert answer.status_code == 401
        assert "Set-Cookie" not in answer.headers
    assert browser.get("/mine").status_code == 200


@pytest.mark.parametrize("value", ["junk", '"quoted"', "a.b.c", "\x80\xff", "x" * 30_000, "", "%00", "\\303"])
def test_a_junk_cookie_is_refused_and_never_deleted(browser: Browser, value: str) -> None:
    cookie = f"access_token={value}".encode("latin-1")
    answer = requests.get(f"{browser.url}/mine", headers={"Cookie": cookie}, timeout=5)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
    assert "Set-Cookie" not in answer.headers
    led = requests.get(f"{browser.url}/mine", headers={"Cookie": cookie, **PAGE}, allow_redirects=False, timeout=5)
    assert led.status_code == 303
    assert led.headers["Location"].startswith("/auth/kakao/login")


def test_cookies_of_the_other_scheme_are_ignored(new_host: Hosts) -> None:
    host = new_host(KAKAO_LOGIN_PROXY_HOPS=1)
    browser = Browser(host.serve())
    browser.log_in()
    over_https = {"Cookie": f"access_token={browser.pair()[0]}", "X-Forwarded-Proto": "https"}
    assert requests.get(f"{host.url}/mine", headers=over_https, timeout=5).json()["error"] == "login_required"
    prefixed = {"Cookie": f"__Host-Http-access_token={browser.pair()[0]}"}
    assert requests.get(f"{host.url}/mine", headers=prefixed, timeout=5).json()["error"] == "login_required"
    assert requests.get(f"{host.url}/mine", headers={**over_https, **prefixed}, timeout=5).status_code == 200


def test_an_api_call_with_an_expired_access_token_is_told_to_renew(browser: Browser, clock: Clock) -> None:
    browser.log_in()
    pair = browser.pair()
    clock.advance(3700)
    for headers in ({}, FETCH, {"Authorization": f"Bearer {pair[0]}", **PAGE}):
        answer = browser.get("/mine", headers=headers)
        assert answer.status_code == 401
        assert "token_expired" in answer.text
    assert browser.pair() == pair


def test_a_page_with_an_expired_access_token_is_renewed_on_the_way(browser: Browser, clock: Clock) -> None:
    browser.log_in()
    access, refresh = browser.pair()
    clock.advance(3700)
    hop = browser.get("/mine?a=1", headers=PAGE)
    assert (hop.status_code, hop.headers["Location"]) == (303, "/auth/refresh?next=/mine?a%3D1")
    back = browser.get(hop.headers["Location"], headers=PAGE)
    assert (back.status_code, back.headers["Location"]) == (303, "/mine?a=1")
    assert browser.get("/mine?a=1", headers=PAGE).json() == {"hello": 1}
    assert browser.pair() != (access, refresh)


def test_a_posted_form_with_an_expired_access_token_keeps_its_body(browser: Browser, clock: Clock) -> None:
    browser.log_in()
    form = {"text": "한글 text", "csrf_token": browser.csrf()["X-CSRF-Token"]}
    headers = {**PAGE, **SAME_ORIGIN}
    clock.advance(3700)
    path = "/mine"
    ways = []
    for _ in range(2):
        hop = browser.post(path, data=form, headers=headers)
        path = hop.headers["Location"]
        ways.append((hop.status_code, path))
    assert ways == [(307, "/auth/refresh?next=/mine"), (307, "/mine")]
    assert browser.post(path, data=form, headers=headers).json() == {"written": "한글 text"}


def csrf_cases() -> list[tuple[str | None, str | None, int]]:
    sites = {"same-origin": 200, "same-site": 403, "cross-site": 403, "junk": 403}
    origins = [None, "own", "null", "http://evil.test", "http://sub.localhost"]
    cases: list[tuple[str | None, str | None, int]] = []
    cases += [(site, origin, status) for site, status in sites.items() for origin in origins]
    cases += [(site, origin, 200 if origin == "own" else 403) for site in (None, "none") for origin in origins]
    return cases


@pytest.mark.parametrize(("site", "origin", "status"), csrf_cases())
def test_an_unsafe_request_with_cookies_must_come_from_us(
    browser: Browser, site: str | None, origin: str | None, status: int
) -> None:
    browser.log_in()
    pair = browser.pair()
    headers = {"X-CSRF-Token": browser.csrf()["X-CSRF-Token"]}
    if site is not None:
        headers["Sec-Fetch-Site"] = site
    if origin is not None:
        headers["Origin"] = browser.url if origin == "own" else origin
    assert browser.post("/mine", headers=headers, json={}).status_code == status
    assert browser.pair() == pair
    assert browser.get("/mine").status_code == 200


def test_the_origin_of_the_redirect_uri_is_ours_whatever_the_host_is_called(browser: Browser) -> None:
    """As behind a proxy that hands on a host of its own."""
    browser.log_in()
    headers = {"X-CSRF-Token": browser.csrf()["X-CSRF-Token"], "Host": "inside.example"}
    headers["Cookie"] = f"access_token={browser.pair()[0]}"
    ours, foreign = {**headers, "Origin": HOST}, {**headers, "Origin": "https://inside.example"}
    assert browser.post("/mine", json={}, headers=ours).status_code == 200
    assert browser.post("/mine", json={}, headers=foreign).json()["error"] == "csrf_failed"


@pytest.mark.parametrize("token", [None, "", "x", "한글", "\x80"])
def test_an_unsafe_request_with_cookies_needs_the_sessions_own_token(
    host: Host, browser: Browser, token: str | None
) -> None:
    browser.log_in()
    headers: dict[str, str | bytes] = {"Origin": browser.url}
    if token is not None:
        headers["X-CSRF-Token"] = token.encode()
    answer = browser.post("/mine", headers=headers, json={})
    assert (answer.status_code, answer.json()["error"]) == (403, "csrf_failed")
    other = Browser(host.url)
    other.log_in()
    for one, status in ((other, 403), (browser, 200)):
        headers["X-CSRF-Token"] = one.csrf()["X-CSRF-Token"]
        assert browser.post("/mine", headers=headers, json={}).status_code == status


@pytest.mark.parametrize("field", ["kakao_csrf_token", "csrf_token"])
def test_the_token_may_be_a_field_beside_another_of_a_similar_name(browser: Browser, field: str) -> None:
    browser.log_in()
    fields = {"kakao_csrf_token": "of somebody else", "csrf_token": "of somebody else", "text": "x"}
    fields[field] = browser.csrf()["X-CSRF-Token"]
    answer = browser.post("/mine", headers={"Origin": browser.url}, data=fields)
    assert answer.json() == {"written": "x"}


def test_a_trusted_origin_may_send_requests_that_know_the_token(new_host: Hosts) -> None:
    host = new_host(KAKAO_LOGIN_TRUSTED_ORIGINS="https://spa.example http://localhost:3000")
    browser = Browser(host.serve())
    browser.log_in()
    token = browser.csrf()["X-CSRF-Token"]
    for origin, status in (
        ("https://spa.example", 200),
        ("http://localhost:3000", 200),
        ("https://evil.test", 403),
    ):
        headers = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
        assert browser.post("/mine", headers={**headers, "X-CSRF-Token": token}, json={}).status_code == status
        assert browser.post("/mine", headers=headers, json={}).status_code == 403


def test_a_csrf_token_in_the_query_counts_for_nothing(browser: Browser) -> None:
    browser.log_in()
    token = browser.csrf()["X-CSRF-Token"]
    answer = browser.post(f"/mine?csrf_token={token}", headers={"Origin": browser.url, **PAGE})
    assert answer.status_code == 403
    assert "csrf_failed" in answer.text


def test_a_guarded_request_touches_no_database_until_the_user_is_asked_for(host: Host, browser: Browser) -> None:
    browser.log_in()
    headers = {"Authorization": f"Bearer {browser.pair()[0]}"}
    browser.get("/mine", headers=headers)
    host.services.heartbeat.stop()
    statements: list[str] = []
    with host.app.app_context():
        engine = host.db.engine
    event.listen(engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    assert requests.post(f"{host.url}/mine", json={}, headers=headers, timeout=5).status_code == 200
    assert statements == []
    assert browser.get("/mine", headers=headers).json() == {"hello": 1}
    assert len(statements) == 1


def test_me_tells_the_user_the_session_and_the_claims_and_no_token(browser: Browser) -> None:
    browser.log_in()
    answer = browser.get("/auth/me")
    body = answer.json()
    assert set(body) == {"user", "session", "claims", "csrf_token"}
    assert {"iss", "aud", "sub", "iat", "nbf", "exp", "jti", "sid", "gen", "auth_time"} <= set(body["claims"])
    assert body["session"]["id"] == body["claims"]["sid"]
    for token in browser.pair():
        assert token not in answer.text


def test_me_answers_for_a_user_without_a_kakao_account(host: Host) -> None:
    with host.app.app_context():
        host.db.session.add(host.kakao_login.user_model())
        host.db.session.commit()
    row = host.services.sessions.start(1, user_agent="", ip="")
    headers = {"Authorization": f"Bearer {host.services.pairs.make(row, {}, 'cookie').access_token}"}
    user = requests.get(f"{host.url}/auth/me", headers=headers, timeout=5).json()["user"]
    assert user == {"id": 1, "nickname": None, "email": None, "profile_image_url": None}


def test_head_and_options_change_nothing(browser: Browser) -> None:
    browser.log_in()
    pair = browser.pair()
    assert browser.head("/auth/refresh?next=/mine").status_code == 405
    browser.options("/auth/logout")
    for path in ("/auth/logout", "/auth/me", "/auth/refresh"):
        if path != "/auth/refresh":
            browser.get(path)
    assert browser.pair() == pair
    assert browser.get("/mine").status_code == 200


def test_what_depends_on_a_login_is_kept_out_of_caches_whatever_the_view_says_of_it(new_host: Hosts) -> None:
    host = new_host()

    @host.app.get("/said")
    @login_required
    def said() -> Response:
        return Response("mine", headers={"Cache-Control": "public, max-age=60", "Vary": "Origin"})

    @host.app.get("/asked")
    def asked() -> dict[str, bool]:
        return {"in": bool(current_login)}

    browser = Browser(host.serve())
    anonymous = browser.get("/asked")
    browser.log_in()
    answers = [
        anonymous,
        browser.get("/asked"),
        browser.get("/mine"),
        browser.get("/said"),
        browser.get("/auth/me"),
    ]
    assert [answer.headers["Cache-Control"] for answer in answers] == ["no-store"] * 5
    assert [answer.headers["Vary"] for answer in answers] == ["Cookie"] * 3 + ["Origin, Cookie", "Cookie"]
    assert browser.get("/asked").json() == {"in": True}
