"""The console in a real browser: everything that the control API can do, by hand."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from kakao_login.emulator import Emulator, run_emulator

from ..support import free_port
from .console_page import Open, app_of, row_of, says
from .emulator_client import Client
from .webhook_receiver import Receiver


def test_a_login_appears_as_it_happens_and_each_call_opens(console: Open, client: Client) -> None:
    page = console()
    client.log_in()
    client.exchange("unknown")
    client.authorize(redirect_uri="http://localhost:1/")
    rows = page.locator("#calls tr.call")
    expect(rows).to_have_count(4)
    expect(rows.first).to_contain_text("KOE006")
    expect(rows.nth(1)).to_contain_text("KOE320")
    rows.nth(1).get_by_role("button").click()
    opened = page.locator("#calls tr.more:visible")
    expect(opened).to_contain_text("/oauth/token")
    expect(opened).to_contain_text("[masked]")


def test_the_log_can_be_filtered_held_and_emptied(console: Open, client: Client, kakao: Emulator) -> None:
    page = console()
    client.log_in()
    client.exchange("unknown")
    rows = page.locator("#calls tr.call:visible")
    expect(rows).to_have_count(3)
    page.locator("#log-filter").fill("token")
    expect(rows).to_have_count(2)
    page.locator("#log-errors").check()
    expect(rows).to_have_count(1)
    page.locator("#log-filter").fill("")
    page.locator("#log-errors").uncheck()
    page.get_by_role("button", name="Pause").click()
    client.authorize()
    expect(page.get_by_role("button", name="Go on (1 new)")).to_be_visible()
    expect(rows).to_have_count(3)
    page.get_by_role("button", name="Go on").click()
    expect(rows).to_have_count(4)
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(rows).to_have_count(0)
    assert kakao.requests() == []


def test_who_signs_in_at_once_is_marked_and_the_pages_come_back(console: Open, client: Client) -> None:
    page = console("ko-KR")
    person = row_of(page, "big_id")
    person.get_by_role("button", name="바로 로그인").first.click()
    says(page, "화면 없이 로그인합니다")
    expect(person.locator(".badge.now")).to_be_visible()
    assert client.authorize().status_code == 302
    page.locator("#browsers").get_by_role("button", name="로그인 화면으로 되돌리기").click()
    expect(person.locator(".badge.now")).to_be_hidden()
    assert client.authorize().status_code == 200


def test_a_person_is_edited_and_a_mistake_is_shown_at_its_field(console: Open, kakao: Emulator) -> None:
    page = console()
    person = row_of(page, "full")
    person.locator("summary").first.click()
    person.locator("input[name=nickname]").fill("바다")
    person.get_by_label("E-mail verified").uncheck()
    kakao.add_user(nickname="somebody")
    expect(page.locator("#people-rows")).to_contain_text("somebody", timeout=10_000)
    person.get_by_role("button", name="Save").first.click()
    says(page, "Saved")
    saved = kakao.users()[0]
    assert (saved["nickname"], saved["email_verified"]) == ("바다", False)
    person.get_by_text("All settings (JSON)").first.click()
    person.locator("textarea").fill("no JSON")
    person.get_by_role("button", name="Save").last.click()
    expect(page.locator("#failed")).to_contain_text("This is no JSON.")


def test_consents_change_and_a_link_ends(
    console: Open, client: Client, kakao: Emulator, unlink_hook: Receiver
) -> None:
    client.log_in(agree=[])
    page = console()
    person = row_of(page, "full")
    person.locator("summary").first.click()
    expect(person.get_by_role("checkbox", name="Nickname (required)")).to_be_disabled()
    person.get_by_role("checkbox", name="Kakao Account (e-mail)").first.check()
    says(page, "Agreed to")
    assert kakao.users()[0]["links"][0]["agreed"] == ["account_email", "profile_nickname"]
    person.get_by_label("Why unlinked").select_option("ACCOUNT_DELETE")
    person.get_by_role("button", name="Unlink").click()
    says(page, "Webhooks sent: 1")
    assert kakao.users()[0]["links"] == []
    assert "ACCOUNT_DELETE" in unlink_hook.received[0]["body"]


def test_people_are_added_and_found_among_thousands(console: Open, kakao: Emulator) -> None:
    for number in range(1_000):
        kakao.add_user(email=f"p{number}@example.com")
    page = console()
    expect(page.locator(".person-row")).to_have_count(50)
    page.locator("#people-search").fill("p777@")
    expect(page.locator(".person-row")).to_have_count(1)
    form = page.locator("#add-person")
    form.get_by_label("Nickname").fill("새 사람")
    form.get_by_role("button", name="Add").click()
    says(page, "새 사람 was added.")
    expect(form.get_by_label("Nickname")).to_have_value("")
    assert kakao.users()[-1]["nickname"] == "새 사람"


def test_an_app_is_edited_while_the_page_goes_on(console: Open, client: Client, kakao: Emulator) -> None:
    page = console()
    app = app_of(page)
    uris = app.get_by_label("Redirect URIs", exact=False).first
    uris.fill("http://localhost:3000/cb\nhttp://localhost:3000/other")
    app.get_by_label("OpenID Connect").uncheck()
    app.locator(".levels label").filter(has_text="talk_message").locator("select").select_option("during_use")
    client.log_in()
    page.get_by_role("button", name="+1 hour").click()
    says(page, "The emulator's time")
    expect(uris).to_have_value("http://localhost:3000/cb\nhttp://localhost:3000/other")
    app.get_by_role("button", name="Save").first.click()
    says(page, "Saved")
    saved = kakao.app()
    assert saved["redirect_uris"] == ["http://localhost:3000/cb", "http://localhost:3000/other"]
    assert (saved["oidc"], saved["consent_items"]["talk_message"]) == (False, "during_use")


def test_what_an_app_cannot_be_is_said_in_korean_too(console: Open, kakao: Emulator) -> None:
    page = console("ko-KR")
    app = app_of(page)
    app.locator("textarea[name=redirect_uris]").fill("no url")
    app.get_by_role("button", name="저장").first.click()
    expect(page.locator("#failed")).to_contain_text("절대 URL이어야 합니다")
    expect(app.locator("textarea[name=redirect_uris]")).to_be_focused()
    page.locator("#add-app").get_by_label("앱 이름").fill("둘째")
    page.locator("#add-app").get_by_role("button", name="추가").click()
    says(page, "둘째 앱을 추가했습니다")
    assert kakao.apps()[1]["name"] == "둘째"


def test_faults_are_ordered_and_used_up(console: Open, client: Client) -> None:
    page = console()
    form, waiting = page.locator("#order-fault"), page.locator("#fault-rows li")
    form.get_by_label("Fault").select_option("KOE237")
    form.get_by_role("button", name="Order").click()
    expect(waiting).to_contain_text("token · KOE237")
    assert client.exchange("x").json()["error_code"] == "KOE237"
    expect(waiting).to_have_count(0)
    form.get_by_label("Endpoint").select_option("user_me")
    form.get_by_label("Fault").select_option("answer")
    form.get_by_role("spinbutton", name="Status").fill("418")
    form.get_by_label("for ever").check()
    form.get_by_role("button", name="Order").click()
    expect(waiting).to_contain_text("for ever")
    assert client.kapi("/v2/user/me", "x").status_code == 418
    form.get_by_label("Endpoint").select_option("id_token")
    expect(form.get_by_label("Fault")).to_have_value("alg_none")
    page.get_by_role("button", name="Clear all").click()
    expect(waiting).to_have_count(0)


def test_webhooks_are_held_sent_twice_and_read(
    console: Open, client: Client, kakao: Emulator, event_hook: Receiver
) -> None:
    event_hook.body = b"thank you"
    page = console()
    page.get_by_role("switch", name="Hold back").check()
    page.get_by_label("Copies of each").select_option("2")
    form = page.locator("#send-event")
    form.locator("select[name=type]").select_option("tokens-revoked")
    form.get_by_label("Details").fill('{"reason": "TEST"}')
    form.get_by_role("button", name="Send").click()
    expect(page.locator("#held-rows")).to_contain_text("tokens-revoked")
    page.get_by_role("button", name="Release in reverse").click()
    deliveries = page.locator(".delivery")
    expect(deliveries).to_have_count(2)
    deliveries.first.locator("summary").click()
    expect(deliveries.first).to_contain_text("202 · accepted")
    expect(deliveries.first).to_contain_text("thank you")
    expect(deliveries.first).to_contain_text('"reason": "TEST"')
    page.get_by_label("Copies of each").select_option("1")
    says(page, "Each is now sent 1×.")
    assert kakao.switch_webhooks() == {"copies": 1, "hold": False, "held": []}


def test_clock_keys_and_a_clean_start(console: Open, kakao: Emulator) -> None:
    page = console()
    now = kakao.advance_clock(0)
    page.locator("#move-clock").get_by_label("By").fill("2")
    page.locator("#move-clock").get_by_label("Unit").select_option("hours")
    page.get_by_role("button", name="Forward").click()
    expect(page.locator("#moved")).to_contain_text("2 h ahead")
    assert kakao.advance_clock(0) >= now + 7_200
    page.get_by_role("button", name="Rotate the key").click()
    says(page, "A new key signs")
    expect(page.locator("#kid")).to_have_text(kakao.state.keys.published()[0].kid)
    kakao.patch_app(name="renamed")
    page.get_by_role("button", name="Start anew").click()
    page.get_by_role("button", name="Keep everything").click()
    assert kakao.app()["name"] == "renamed"
    page.get_by_role("button", name="Start anew").click()
    page.get_by_role("dialog").get_by_role("button", name="Start anew").click()
    says(page, "Everything is as at the start.")
    assert kakao.app()["name"] == "Emulator app"


def test_the_page_says_that_the_emulator_stopped_and_goes_on_with_the_next(new_page: Open) -> None:
    problems: list[str] = []
    page, port = new_page("en-US"), free_port()
    page.on("pageerror", lambda error: problems.append(str(error)))
    with run_emulator(port=port) as kakao:
        page.goto(f"{kakao.url}/emulator/")
        expect(page.locator("#line")).to_have_text("live")
    expect(page.locator("#stopped")).to_contain_text("The emulator does not answer.", timeout=10_000)
    page.get_by_role("button", name="+1 hour").click()
    expect(page.locator("#failed")).to_contain_text("Not done")
    with run_emulator(port=port) as kakao:
        kakao.add_user(nickname="of the next")
        expect(page.locator("#people-rows")).to_contain_text("of the next", timeout=15_000)
        expect(page.locator("#stopped")).to_be_empty()
        page.goto("about:blank")
    assert problems == []


@pytest.mark.parametrize(("language", "width"), [("ko-KR", 320), ("en-US", 320), ("ko-KR", 768), ("en-US", 1280)])
def test_nothing_is_wider_than_the_window(
    console: Open, client: Client, kakao: Emulator, event_hook: Receiver, language: str, width: int
) -> None:
    long = "LongWordWithoutAnySpaces" * 4
    kakao.add_user(nickname=long, persona=long, email=f"{long}@example.com")
    kakao.add_app(name=long, redirect_uris=[f"http://localhost/{long}"])
    client.log_in()
    kakao.fault("*", "answer", body=long)
    page = console(language, width)
    sections = ("log", "people", "apps", "faults", "webhooks", "clock")
    for section in sections if width < 960 else sections[:1]:
        page.locator(f".jump a[href='#{section}']").click()
        # On a narrow window the one before goes a moment later, and what was seen in it cannot be clicked.
        expect(page.locator(f"#{section}")).to_be_visible()
        shown = page.locator(f"#{section}" if width < 960 else "main")
        for opener in (".person-row summary", ".app-row summary", ".call .open", ".delivery summary"):
            if shown.locator(opener).first.is_visible():
                shown.locator(opener).first.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_without_script_the_page_says_what_to_do(kakao: Emulator, new_page: Open) -> None:
    page = new_page("ko-KR", javascript=False)
    page.goto(f"{kakao.url}/emulator/")
    expect(page.locator(".banner")).to_contain_text("자바스크립트")


def test_the_clock_goes_back_and_old_keys_are_withdrawn(console: Open, kakao: Emulator) -> None:
    page = console()
    old = {key.kid for key in kakao.state.keys.published()}
    page.get_by_role("button", name="Back", exact=True).click()
    expect(page.locator("#moved")).to_contain_text("10 min behind")
    page.get_by_role("button", name="Rotate and withdraw the old keys at once").click()
    says(page, "the old ones are withdrawn")
    assert old.isdisjoint(key.kid for key in kakao.state.keys.published())


def test_an_event_may_have_happened_earlier(console: Open, kakao: Emulator, event_hook: Receiver) -> None:
    page = console()
    form = page.locator("#send-event")
    form.locator("input[name=toe]").fill("1700000000")
    form.get_by_role("button", name="Send").click()
    says(page, "Sent: 202")
    assert kakao.deliveries()[0]["content"]["toe"] == 1_700_000_000
