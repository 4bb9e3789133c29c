"""What only a real Chromium can show: a sibling subdomain's cookies, what counts as a click, and the way back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Condition
from typing import Any

import pytest
from flask import Flask, Response, render_template_string, request
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page, Playwright, expect
from playwright.sync_api import Response as Answer

from kakao_login import current_user, login_required
from kakao_login.emulator import Emulator
from kakao_login.emulator.http.tls import CA_FILE, tls_context

from ..browsers import launch
from ..support import Browser, Clock, Host, serving

Hosts = Callable[..., Host]
SWITCHES = ("--host-resolver-rules=MAP *.example.test 127.0.0.1", "--ignore-certificate-errors")
VICTIM, ATTACKER = "full", "nickname_only"
LAST = "planted=all"
START = "/auth/kakao/login?next=/page"
PAGE = """<!doctype html>
{% include "kakao_login/script.html" %}
<h1>secret of {{ current_user.id }}</h1>
<form method="post" action="/mine"><input name="text" value="hi"><button>write</button></form>
<form method="post" action="/auth/logout"><button>log out</button></form>
"""
# More logins than may be under way at once, so that starting them all would push out the one in another tab.
BAITS = ["/page", START, f"{START}&confirmed=1", *(f"{START}&number={number}" for number in range(5))]
ON_A_PAGE = {
    "img": '<img src="{}">',
    "css": '<p style="background: url({})">x',
    "video": '<video src="{}" preload="auto"></video>',
    "embed": '<embed src="{}">',
    "object": '<object data="{}"></object>',
    "iframe": '<iframe src="{}"></iframe>',
    "prefetch": '<link rel="prefetch" href="{}">',
    "script": '<script src="{}"></script>',
    "fetch": '<script>fetch("{}")</script>',
}
SPECULATION = '<script type="speculationrules">{{"%s": [{{"urls": ["{}"], "eagerness": "immediate"}}]}}</script>'
# Chromium does these once a page, or once until the Retry-After of the first answer is over.
ONE_AT_A_TIME = {
    "speculative prefetch": SPECULATION % "prefetch",
    "prerender": SPECULATION % "prerender",
    "meta": '<meta http-equiv="refresh" content="0; url={}">',
    "location": '<script>location = "{}"</script>',
}


@dataclass
class Site:
    """Our site and an evil sibling of it, both at one port, as a browser finds them by name."""

    host: Host
    port: int
    ca_file: Path
    planted: list[str] = field(default_factory=list)
    """The cookies that the sibling sets."""
    bait: str = ""
    """The HTML of ``/bait``, which is a page of our own."""
    leads_to: dict[str, str] = field(default_factory=dict)
    """The Location of what was answered, by address; empty for an answer that leads nowhere."""
    answered: Condition = field(default_factory=Condition)

    @property
    def url(self) -> str:
        return f"https://shop.example.test:{self.port}"

    @property
    def sibling(self) -> str:
        return f"https://evil.example.test:{self.port}"

    def end_of(self, address: str) -> str:
        """Wait until an address of ours is answered, and where that leads to; gives the first that is not ours."""
        while address.startswith("/"):
            address = self._answer_of(address)
        return address

    def _answer_of(self, address: str) -> str:
        with self.answered:
            assert self.answered.wait_for(lambda: address in self.leads_to, timeout=10), f"{address} was not asked"
            return self.leads_to[address]


class Stranger(Browser):
    """The browser of somebody else, which cannot find the site by its name."""

    def __init__(self, site: Site) -> None:
        super().__init__(f"https://localhost:{site.port}")
        self.site = site
        self.trust_env = False
        self.verify = str(site.ca_file)

    def here(self, url: str) -> str:
        return url.replace(self.site.url, self.url)

    def callback_for_others(self) -> str:
        """Start a login and give the address that would end it, for a browser that finds the site."""
        return self.start("/page").replace(self.url, self.site.url)


@pytest.fixture
def site(new_host: Hosts, kakao: Emulator, tmp_path: Path) -> Iterator[Site]:
    apps: dict[str, Flask] = {}

    def by_name(environ: Any, start_response: Any) -> Any:
        app = apps["evil" if environ["HTTP_HOST"].startswith("evil.") else "shop"]
        return app(environ, start_response)

    # Served before there is a host, whose settings name the port.
    with serving(by_name, tls=tls_context(tmp_path)) as url:
        port = int(url.rpartition(":")[2])
        redirect_uri = f"https://shop.example.test:{port}/auth/kakao/callback"
        kakao.patch_app(redirect_uris=[redirect_uri])
        site = Site(new_host(KAKAO_REDIRECT_URI=redirect_uri), port, tmp_path / CA_FILE)
        apps.update(shop=add_pages(site), evil=make_sibling(site))
        yield site


def add_pages(site: Site) -> Flask:
    app = site.host.app

    @app.get("/")
    def home() -> str:
        return "<h1>home</h1>"

    @app.get("/page")
    @login_required
    def page() -> str:
        return render_template_string(PAGE, current_user=current_user)

    @app.get("/bait")
    def bait() -> str:
        return f"<!doctype html><h1>bait</h1>{site.bait}"

    @app.after_request
    def record(response: Response) -> Response:
        with site.answered:
            site.leads_to[request.full_path.rstrip("?")] = response.headers.get("Location", "")
            site.answered.notify_all()
        return response

    return app


def make_sibling(site: Site) -> Flask:
    app = Flask("evil", static_folder=None)

    @app.get("/header")
    def plant_by_header() -> Response:
        response = Response("<h1>planted</h1>")
        for cookie in site.planted:
            response.headers.add("Set-Cookie", cookie)
        return response

    @app.get("/script")
    def plant_by_script() -> str:
        cookies = json.dumps(site.planted)
        return f"<h1>planted</h1><script>for (const each of {cookies}) document.cookie = each</script>"

    return app


@pytest.fixture(scope="module")
def resolving_chromium(playwright: Playwright) -> Iterator[Chromium]:
    """A Chromium that finds our site and its sibling."""
    with launch(playwright, *SWITCHES) as browser:
        yield browser


@pytest.fixture
def context(resolving_chromium: Chromium) -> Iterator[BrowserContext]:
    context = new_context(resolving_chromium)
    yield context
    context.close()


def new_context(chromium: Chromium) -> BrowserContext:
    return chromium.new_context(locale="en-US", ignore_https_errors=True)


def open_page(context: BrowserContext, site: Site) -> Page:
    """Type the address of the guarded page; a live session at Kakao then asks for nothing more."""
    page = context.new_page()
    page.goto(f"{site.url}/page")
    expect_secret(page)
    return page


def expect_secret(page: Page, user: int = 1) -> None:
    expect(page.get_by_role("heading")).to_have_text(f"secret of {user}")


def plant(context: BrowserContext, site: Site, way: str, *cookies: str) -> Page:
    """Have the sibling set cookies for the whole domain, and give its page."""
    site.planted = [f"{cookie}; Domain=example.test; Secure" for cookie in (*cookies, f"{LAST}; Path=/")]
    page = context.new_page()
    page.goto(f"{site.sibling}/{way}")
    # A script's cookies arrive later than the page is loaded, but one after the other.
    page.wait_for_function("last => document.cookie.includes(last)", arg=LAST)
    return page


def names_sent(context: BrowserContext, address: str) -> list[str]:
    return [cookie["name"] for cookie in context.cookies(address)]


def who(context: BrowserContext, site: Site) -> int | None:
    """Give the user who is logged in; asked by a script, because opening the address might log in."""
    tab = context.new_page()
    tab.goto(site.url)
    status, answer = tab.evaluate("fetch('/auth/me').then(async (a) => [a.status, await a.json()])")
    tab.close()
    assert status == (200 if "user" in answer else 401)
    return int(answer["user"]["id"]) if status == 200 else None


@pytest.mark.parametrize("way", ["header", "script"])
@pytest.mark.parametrize("victim", [1, None])
def test_a_planted_login_cookie_logs_nobody_in_as_the_attacker(
    site: Site, context: BrowserContext, kakao: Emulator, way: str, victim: int | None
) -> None:
    if victim:
        open_page(context, site)
    kakao.sign_in_as(ATTACKER)
    # Each path with a login of its own, for a name that is sent twice counts for nothing anyway.
    for path in ("/", "/auth"):
        attacker = Stranger(site)
        callback = attacker.callback_for_others()
        [cookie] = attacker.jar()
        suffix = cookie.name.rpartition("login_")[2]
        names = [f"{prefix}login_{suffix}" for prefix in ("", "__Secure-", "__Host-", "__Host-Http-")]
        page = plant(context, site, way, *(f"{name}={cookie.value}; Path={path}" for name in names))
        assert f"__Secure-login_{suffix}" in names_sent(context, callback)
        page.evaluate("address => { location = address }", callback)
        expect(page.get_by_role("heading")).to_have_text("This login was not started here, or it has expired.")
        assert who(context, site) == victim


@pytest.mark.parametrize("way", ["header", "script"])
def test_sixty_planted_names_neither_swell_an_answer_nor_stop_a_login(
    site: Site, context: BrowserContext, way: str
) -> None:
    names = [f"{prefix}login_{number:016x}" for prefix in ("", "__Secure-") for number in range(30)]
    page = plant(context, site, way, *(f"{name}={'x' * 40}; Path=/auth" for name in names))
    assert set(names_sent(context, site.url + START)).issuperset(names)
    answers: list[Answer] = []
    page.on("response", lambda answer: answers.append(answer) if START in answer.url else None)
    page.goto(site.url + START)
    expect_secret(page)
    [headers] = [answer.headers_array() for answer in answers]
    assert sum(len(f"{header['name']}: {header['value']}\r\n") for header in headers) <= 4096


@pytest.mark.parametrize("is_valid", [False, True])
def test_a_planted_refresh_cookie_locks_nobody_out(
    site: Site, context: BrowserContext, kakao: Emulator, clock: Clock, is_valid: bool
) -> None:
    attacker = Stranger(site)
    kakao.sign_in_as(ATTACKER)
    attacker.log_in()
    name = "__Secure-refresh_token"
    token = attacker.cookies[name] if is_valid else "junk"
    # Planted before ours is set: of two of one path, the older one is sent first, and of two paths, the longer.
    plant(context, site, "header", *(f"{name}={token}; Path={path}" for path in ("/auth", "/auth/refresh")))
    kakao.sign_in_as(VICTIM)
    page = context.new_page()
    page.goto(f"{site.url}/page")
    expect_secret(page, 2)
    assert names_sent(context, f"{site.url}/auth/refresh").count(name) == 3

    clock.advance(3700)
    page.reload()
    expect_secret(page, 2)
    clock.advance(3700)
    assert page.evaluate("kakaoLogin.fetch('/mine').then((answer) => answer.json())") == {"hello": 2}
    clock.advance(3700)
    page.get_by_role("button", name="write").click()
    expect(page.get_by_text('{"written":"hi"}')).to_be_visible()
    page.goto(f"{site.url}/page")
    clock.advance(3700)
    page.get_by_role("button", name="log out").click()
    expect(page.get_by_role("heading")).to_have_text("home")
    assert who(context, site) is None


def set_bait(site: Site, kakao: Emulator, context: BrowserContext, html: str) -> Page:
    """Leave a login at Kakao's first page and open the bait with a live session there; gives the login's tab."""
    kakao.show_pages()
    under_way = context.new_page()
    under_way.goto(site.url + START)
    kakao.sign_in_as(VICTIM)
    site.leads_to.clear()
    site.bait = html
    context.new_page().goto(f"{site.url}/bait", wait_until="commit")
    return under_way


def finish(under_way: Page) -> None:
    under_way.locator("button", has_text=VICTIM).first.click()
    expect_secret(under_way)


@pytest.mark.parametrize("element", ON_A_PAGE)
def test_nothing_on_a_page_of_ours_starts_a_login(
    site: Site, context: BrowserContext, kakao: Emulator, element: str
) -> None:
    html = "".join(ON_A_PAGE[element].format(address) for address in BAITS)
    under_way = set_bait(site, kakao, context, html)
    assert [site.end_of(address) for address in BAITS] == [""] * len(BAITS)
    assert who(context, site) is None
    finish(under_way)


@pytest.mark.parametrize("address", ["/page", START])
@pytest.mark.parametrize("way", ONE_AT_A_TIME)
def test_no_page_is_opened_into_a_login_without_a_click(
    site: Site, context: BrowserContext, kakao: Emulator, way: str, address: str
) -> None:
    under_way = set_bait(site, kakao, context, ONE_AT_A_TIME[way].format(address))
    assert site.end_of(address) == ""
    assert who(context, site) is None
    finish(under_way)


@pytest.mark.parametrize("address", ["/page", START])
@pytest.mark.parametrize("ahead", ["", "prefetch", "speculative prefetch", "prerender"])
def test_a_click_on_a_link_logs_in_though_it_was_asked_ahead(
    site: Site, context: BrowserContext, ahead: str, address: str
) -> None:
    html = {"": "", **ON_A_PAGE, **ONE_AT_A_TIME}[ahead]
    site.bait = f'<a href="{address}">link</a>' + html.format(address)
    page = context.new_page()
    page.goto(f"{site.url}/bait")
    if ahead:
        site.end_of(address)
    page.get_by_role("link").click()
    expect_secret(page)


@pytest.mark.parametrize("keeps_pages", [False, True])
def test_back_after_a_logout_logs_nobody_in_until_one_click(
    site: Site, playwright: Playwright, keeps_pages: bool
) -> None:
    with launch(playwright, *SWITCHES, keeps_pages=keeps_pages) as chromium:
        context = new_context(chromium)
        page = open_page(context, site)
        page.get_by_role("button", name="log out").click()
        expect(page.get_by_role("heading")).to_have_text("home")
        page.evaluate("history.back()")
        button = page.get_by_role("link", name="Login with Kakao")
        expect(button).to_be_visible()
        assert who(context, site) is None
        button.click()
        expect_secret(page)
