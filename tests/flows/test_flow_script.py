"""``kakao_login.js`` in a real Chromium: it renews once for all tabs, in time, and hides what is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Response, render_template_string, request
from playwright.sync_api import BrowserContext, Page, Playwright, Route, expect

from kakao_login import EndReason, current_user, login_required, refresh_replayed, session_refreshed
from kakao_login.emulator import Emulator

from ..browsers import launch
from ..builders import heard, stored
from ..support import Clock, Host, free_port, serving

Hosts = Callable[..., Host]
NewPage = Callable[..., Page]
PAGE = """<!doctype html>
<title>host</title>
{% include "kakao_login/script.html" %}
<h1>secret of {{ current_user.id }}</h1>
"""
WITHOUT_LOCKS = "Object.defineProperty(navigator, 'locks', {value: undefined})"
SECOND = 1000
HIDDEN = "Object.defineProperty(document, 'hidden', {get: () => !window.visible})"


@dataclass
class Site:
    """A served host, and what it was asked for."""

    host: Host
    url: str
    asked: list[str] = field(default_factory=list)

    def posts(self) -> int:
        return self.asked.count("POST /auth/refresh")


@pytest.fixture
def site(new_host: Hosts, kakao: Emulator) -> Iterator[Site]:
    port = free_port()
    redirect_uri = f"http://localhost:{port}/auth/kakao/callback"
    kakao.patch_app(redirect_uris=[redirect_uri])
    host = new_host(KAKAO_REDIRECT_URI=redirect_uri)
    site = Site(host, f"http://localhost:{port}")
    add_pages(site)
    with ExitStack() as stack:
        stack.enter_context(serving(host.app, port))
        yield site


def add_pages(site: Site) -> None:
    app = site.host.app

    @app.get("/page")
    @login_required
    def page() -> str:
        return render_template_string(PAGE, current_user=current_user)

    @app.get("/careless")
    def careless() -> str:
        # A page without a guard, and so without no-store: the script alone protects it.
        return render_template_string(PAGE, current_user=current_user)

    @app.get("/other")
    def other() -> str:
        return "<h1>another page</h1>"

    @app.before_request
    def record() -> None:
        site.asked.append(f"{request.method} {request.path}")

    @app.after_request
    def add_policy(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = "default-src 'self'; connect-src 'self' http://foreign.test"
        return response


def log_in(page: Page, site: Site, path: str = "/page") -> Page:
    page.goto(f"{site.url}/auth/kakao/login?next={path}&confirmed=1")
    expect(page.get_by_role("heading")).to_have_text("secret of 1")
    return page


def fetch(page: Page, arguments: str) -> Any:
    return page.evaluate(f"kakaoLogin.fetch({arguments}).then(async (a) => [a.status, await a.json()])")


def test_six_tabs_renew_once_and_all_get_their_data(site: Site, new_page: NewPage, clock: Clock) -> None:
    first = log_in(new_page(), site)
    tabs = [first, *(first.context.new_page() for _ in range(5))]
    for tab in tabs[1:]:
        tab.goto(f"{site.url}/page")
    clock.advance(3600 + 60)
    with heard(site.host.app, session_refreshed, refresh_replayed) as steps:
        for tab in tabs:
            tab.evaluate("void (window.answer = kakaoLogin.fetch('/mine').then((a) => a.status))")
        assert [tab.evaluate("window.answer") for tab in tabs] == [200] * 6
    assert ([name for name, _ in steps], site.posts()) == (["session-refreshed"], 1)
    assert stored(site.host, steps[0][1]["sid"]).generation == 1
    # The second time, what the tabs remember of the first must not mislead them.
    clock.advance(3600 + 60)
    assert [fetch(tab, "'/mine'")[0] for tab in tabs] == [200] * 6
    assert site.posts() == 2


def test_without_locks_the_calls_of_a_tab_still_renew_once(site: Site, new_page: NewPage, clock: Clock) -> None:
    page = new_page()
    page.add_init_script(WITHOUT_LOCKS)
    log_in(page, site)
    clock.advance(3600 + 60)
    statuses = page.evaluate("Promise.all([1, 2, 3].map(() => kakaoLogin.fetch('/mine').then((a) => a.status)))")
    assert (statuses, site.posts()) == ([200] * 3, 1)


def test_without_storage_it_works_as_well(site: Site, new_page: NewPage, clock: Clock) -> None:
    page = new_page()
    page.add_init_script("Object.defineProperty(window, 'localStorage', {get() { throw new Error('blocked') }})")
    log_in(page, site)
    clock.advance(3600 + 60)
    statuses = page.evaluate("Promise.all([1, 2, 3].map(() => kakaoLogin.fetch('/mine').then((a) => a.status)))")
    assert (statuses, site.posts()) == ([200] * 3, 1)


def test_an_unsafe_call_carries_the_csrf_token_and_is_repeated_whole(
    site: Site, new_page: NewPage, clock: Clock
) -> None:
    page = log_in(new_page(), site)
    clock.advance(3600 + 60)
    body = "{method: 'POST', body: JSON.stringify({a: 1}), headers: {'Content-Type': 'application/json'}}"
    assert fetch(page, f"'/mine', {body}") == [200, {"written": {"a": 1}}]
    form = "new Request('/mine', {method: 'POST', body: new URLSearchParams({text: 'hi'})})"
    assert fetch(page, form) == [200, {"written": "hi"}]
    assert (site.posts(), site.asked.count("POST /mine")) == (1, 3)


def test_another_error_is_handed_on_and_nothing_is_renewed(site: Site, new_page: NewPage) -> None:
    page = log_in(new_page(), site)
    page.context.clear_cookies()
    status, body = fetch(page, "'/mine'")
    assert (status, body["error"], site.posts()) == (401, "login_required", 0)


def test_when_the_renewal_is_refused_the_first_answer_stands(site: Site, new_page: NewPage, clock: Clock) -> None:
    page = log_in(new_page(), site)
    clock.advance(31 * 24 * 3600)
    status, body = fetch(page, "'/mine'")
    assert (status, body["error"]) == (401, "token_expired")
    assert (site.asked.count("GET /mine"), site.posts()) == (1, 1)


def test_the_csrf_token_never_leaves_for_another_site(site: Site, new_page: NewPage) -> None:
    page = log_in(new_page(), site)
    seen: list[dict[str, str]] = []

    def answer(route: Route) -> None:
        seen.append(route.request.headers)
        route.fulfill(json={}, headers={"Access-Control-Allow-Origin": "*"})

    page.route("http://foreign.test/**", answer)
    assert fetch(page, "'http://foreign.test/', {method: 'POST'}")[0] == 200
    assert "x-csrf-token" not in seen[-1]


def test_a_host_may_put_it_in_the_place_of_fetch(site: Site, new_page: NewPage, clock: Clock) -> None:
    page = log_in(new_page(), site)
    clock.advance(3600 + 60)
    page.evaluate("window.fetch = kakaoLogin.fetch")
    assert page.evaluate("fetch('/mine').then((a) => a.status)") == 200


def test_a_visible_page_renews_shortly_before_the_end(site: Site, new_page: NewPage) -> None:
    page = new_page()
    page.clock.install()
    log_in(page, site)
    page.clock.fast_forward((3600 - 90) * SECOND)
    assert site.posts() == 0
    with page.expect_response(f"{site.url}/auth/refresh") as renewal:
        page.clock.fast_forward(60 * SECOND)
    assert renewal.value.json()["expires_in"] == 3600
    page.clock.fast_forward((3600 - 90) * SECOND)
    assert site.posts() == 1
    with page.expect_response(f"{site.url}/auth/refresh"):
        page.clock.fast_forward(60 * SECOND)


def test_a_hidden_page_renews_only_when_it_is_looked_at_again(site: Site, new_page: NewPage) -> None:
    page = new_page()
    page.clock.install()
    page.add_init_script(HIDDEN)
    log_in(page, site)
    page.clock.fast_forward(2 * 3600 * SECOND)
    assert site.posts() == 0
    with page.expect_response(f"{site.url}/auth/refresh"):
        page.evaluate("window.visible = true, document.dispatchEvent(new Event('visibilitychange'))")
        page.clock.fast_forward(1 * SECOND)


@pytest.fixture
def keeping_context(playwright: Playwright) -> Iterator[BrowserContext]:
    """A Chromium whose back button brings pages back as they were."""
    with launch(playwright, keeps_pages=True) as browser:
        yield browser.new_context(locale="ko-KR")


def leave_and_come_back(page: Page, site: Site, meanwhile: Callable[[], object]) -> list[str]:
    """Go on to another page, and back after something happened; gives how the page looked when it came back."""
    looks: list[str] = []
    page.on("console", lambda message: looks.append(message.text) if "came back" in message.text else None)
    visibility = "getComputedStyle(document.querySelector('h1')).visibility"
    page.evaluate(f"addEventListener('pageshow', (e) => e.persisted && console.log('came back', {visibility}))")
    address = page.url
    page.goto(f"{site.url}/other")
    meanwhile()
    page.evaluate("history.back()")
    page.wait_for_url(address, wait_until="commit")
    return looks


@pytest.mark.parametrize("path", ["/page", "/careless"])
def test_back_after_the_session_was_ended_elsewhere_shows_nothing(
    site: Site, keeping_context: BrowserContext, kakao: Emulator, path: str
) -> None:
    page = log_in(keeping_context.new_page(), site, path)

    def end_elsewhere() -> None:
        site.host.services.sessions.end_all(1, EndReason.LOGOUT_EVERYWHERE)
        # Playwright's looking at a page counts as a click, after which a login would be started without asking.
        kakao.show_pages()

    looks = leave_and_come_back(page, site, end_elsewhere)
    expect(page.get_by_text("secret of 1")).to_have_count(0)
    assert looks == ["came back hidden"]


def test_back_to_a_login_that_lives_shows_the_page_again(site: Site, keeping_context: BrowserContext) -> None:
    page = log_in(keeping_context.new_page(), site)
    with page.expect_response(f"{site.url}/auth/me"):
        looks = leave_and_come_back(page, site, lambda: None)
    expect(page.get_by_text("secret of 1")).to_be_visible()
    assert looks == ["came back hidden"]


def test_back_after_another_login_shows_that_one(
    site: Site, keeping_context: BrowserContext, kakao: Emulator
) -> None:
    page = log_in(keeping_context.new_page(), site)

    def log_in_as_another() -> None:
        kakao.sign_in_as("nickname_only")
        keeping_context.new_page().goto(f"{site.url}/auth/kakao/login?next=/page&confirmed=1")

    leave_and_come_back(page, site, log_in_as_another)
    expect(page.get_by_role("heading")).to_have_text("secret of 2")
    expect(page.get_by_text("secret of 2")).to_be_visible()


def test_a_stream_is_not_sent_twice(site: Site, new_page: NewPage) -> None:
    page = log_in(new_page(), site)
    tries: list[str] = []

    def refuse(route: Route) -> None:
        tries.append(route.request.method)
        route.fulfill(status=401, json={"error": "token_expired"})

    page.route("**/upload", refuse)
    stream = "new Blob(['a']).stream()"
    assert fetch(page, f"'/upload', {{method: 'POST', duplex: 'half', body: {stream}}}")[0] == 401
    assert (tries, site.posts()) == (["POST"], 0)
