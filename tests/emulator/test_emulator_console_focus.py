"""The console under somebody's hands: focus stays, messages give way, and links lead to the field they mean."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from kakao_login.emulator import Emulator

from .console_page import Open, app_of, row_of, says
from .emulator_client import Client


def test_focus_stays_on_what_was_pressed_or_near_what_went(console: Open, client: Client) -> None:
    client.log_in()
    page = console()
    button = row_of(page, "big_id").get_by_role("button").first
    button.click()
    expect(button).to_have_text("Back to login pages")
    expect(button).to_be_focused()
    page.locator("#browsers button").click()
    expect(page.locator("#people-title")).to_be_focused()
    person = row_of(page, "full")
    person.locator("summary").first.click()
    person.get_by_role("button", name="Unlink").click()
    expect(person.locator("summary").first).to_be_focused()


def test_somebody_signs_in_with_the_ticked_items_alone(console: Open, kakao: Emulator) -> None:
    page = console()
    person = row_of(page, "big_id")
    person.locator("summary").first.click()
    person.get_by_label("Agree to these only").check()
    person.locator(".indent").get_by_label("Nickname", exact=True).check()
    person.locator("form").first.get_by_role("button").click()
    expect(page.locator("#browsers")).to_contain_text("Agrees to: Nickname.")
    assert kakao.browsers() == {"*": {"user_id": 2**53 + 1, "agree": ["profile_nickname"]}}


@pytest.mark.parametrize("width", [360, 1280])
def test_a_missing_webhook_leads_to_the_field_of_its_app(console: Open, width: int) -> None:
    page = console("en-US", width)
    page.locator(".jump a[href='#webhooks']").click()
    page.locator("#no-event-url a").click()
    field = page.locator("[name=account_status_webhook_url]")
    expect(field).to_be_focused()
    expect(field).to_be_in_viewport()


def test_keys_are_copied_and_a_message_gives_way_to_the_next(console: Open, kakao: Emulator) -> None:
    page = console()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    app = app_of(page)
    app.get_by_label("App name").fill("")
    app.get_by_role("button", name="Copy: Client secret").click()
    says(page, "emulator-client-secret")
    assert page.evaluate("navigator.clipboard.readText()") == "emulator-client-secret"
    page.locator("#send-event [name=details]").fill("[]")
    page.locator("#send-event").get_by_role("button", name="Send").click()
    expect(page.locator("#failed")).to_contain_text("It must be a JSON object")
    page.locator("#clear-faults").click()
    expect(page.locator("#failed")).to_be_empty()
    says(page, "All faults are cleared.")


def test_what_others_do_appears_and_a_phone_starts_at_the_log(console: Open, kakao: Emulator) -> None:
    page = console("ko-KR", 360)
    expect(page.locator(".jump a[aria-current]")).to_have_text("로그")
    expect(page.locator("#people")).to_be_hidden()
    page.locator(".jump a[href='#faults']").click()
    kakao.fault("token", "http_503", times=3, delay_ms=20)
    waiting = page.locator("#fault-rows")
    expect(waiting).to_contain_text("3번 남음", timeout=8_000)
    expect(waiting).to_contain_text("20 ms 지연")


def test_a_long_number_stays_a_number_among_all_settings(console: Open, kakao: Emulator) -> None:
    long = 2**50 + 1
    kakao.patch_app(user_id_offset=long)
    app = app_of(page := console())
    app.get_by_text("All settings (JSON)").first.click()
    text = app.locator("textarea[name=json]")
    text.fill(text.input_value().replace(str(long), str(long + 2)))
    app.get_by_role("button", name="Save").last.click()
    says(page, "Saved")
    assert kakao.app()["user_id_offset"] == long + 2
