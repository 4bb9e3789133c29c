"""What the control API refuses: with a code that a client can go by, whatever the wording."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import expect

from kakao_login import emulator
from kakao_login.emulator import Emulator, InvalidSetting, NotFound
from kakao_login.emulator.texts.reasons import REASONS

from .console_page import Open

PACKAGE = Path(emulator.__file__).parent
# Raised by a variable, for which of them depends on the endpoint.
FAULT_CODES = ["must_be_call_fault", "must_be_token_fault"]
LEVELS = {"choices": "required, optional, during_use"}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "refusal"),
    [
        ("PATCH", "app", {"oidc": 1}, 400, ("must_be_flag", ["oidc"], {})),
        (
            "PATCH",
            "app",
            {"consent_items": {"x": "y"}},
            400,
            ("must_be_one_of", ["consent_items"], LEVELS),
        ),
        ("PATCH", "app", {"unlink_webhook": {"url": "x"}}, 400, ("must_be_url", ["unlink_webhook", "url"], {})),
        ("PATCH", "webhooks", {"copies": 11}, 400, ("must_be_whole_number", ["copies"], {"least": 1, "most": 10})),
        ("POST", "webhooks/release", {"x": 1}, 400, ("unknown", ["x"], {"known": "reverse"})),
        ("POST", "clock", {"advance": 1e11}, 400, ("clock_too_far", ["advance"], {})),
        ("POST", "apps", [], 400, ("must_be_json_object", [], {})),
        ("PATCH", "app?client_id=x", {}, 404, ("no_app", [], {"client_id": "x"})),
        ("POST", "users/full/unlink", {}, 404, ("no_link", [], {"persona": "full", "app_id": 1})),
        ("POST", "users", {"persona": "full"}, 400, ("taken_by_person", ["persona"], {})),
    ],
)
def test_a_refusal_has_a_code_the_setting_and_the_values_of_its_text(
    kakao: Emulator, method: str, path: str, body: Any, status: int, refusal: tuple[str, list[str], dict[str, Any]]
) -> None:
    answer = requests.request(method, f"{kakao.url}/emulator/{path}", json=body, timeout=5)
    code, setting, values = refusal
    text = ": ".join([*setting, REASONS[code].english.format(**values)])
    assert answer.status_code == status
    assert answer.json() == {"error": text, "code": code, "setting": setting, "values": values}


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"{", {"Content-Type": "application/json"}, 400, "bad_request"),
        (b"a=b", {}, 415, "unsupported_media_type"),
        (b"{}", {"Origin": "https://evil.example"}, 403, "forbidden"),
        (b" " * 1_000_001, {"Content-Type": "application/json"}, 413, "request_entity_too_large"),
    ],
)
def test_what_flask_refuses_has_a_code_too(
    kakao: Emulator, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    answer = requests.patch(f"{kakao.url}/emulator/app", data=body, headers=headers, timeout=5)
    refused = answer.json()
    assert (answer.status_code, refused["code"], refused["setting"], refused["values"]) == (status, code, [], {})
    assert refused["error"]


def test_the_same_codes_are_on_the_errors_in_python(kakao: Emulator) -> None:
    with pytest.raises(InvalidSetting) as refused:
        kakao.patch_app(unlink_webhook={"url": "http://u:p@localhost/"})
    assert (refused.value.code, refused.value.setting) == ("must_be_webhook_url", ("unlink_webhook", "url"))
    with pytest.raises(NotFound) as missing:
        kakao.patch_user("nobody")
    assert (missing.value.code, missing.value.values["user"]) == ("no_person", "nobody")


@pytest.mark.parametrize(
    ("method", "path", "body", "call"),
    [
        ("PUT", "browser", {"persona": "full", "agree": 1}, lambda kakao: kakao.sign_in_as("full", 1)),
        ("DELETE", "browser", {"browser": ""}, lambda kakao: kakao.show_pages("")),
        ("POST", "clock", {"advance": "much"}, lambda kakao: kakao.advance_clock("much")),
        ("POST", "keys", {"keep_old": "no"}, lambda kakao: kakao.rotate_keys("no")),
        ("PATCH", "webhooks", {"hold": 1}, lambda kakao: kakao.switch_webhooks(hold=1)),
        ("POST", "webhooks/release", {"reverse": 1}, lambda kakao: kakao.release_webhooks(reverse=1)),
        ("POST", "users/full/unlink", {"referrer_type": "X"}, lambda kakao: kakao.unlink("full", "X")),
        ("POST", "users/full/unlink", {"client_id": ""}, lambda kakao: kakao.unlink("full", client_id="")),
        (
            "PUT",
            "users/full/consents",
            {"agreed": [], "client_id": ""},
            lambda kakao: kakao.consent("full", [], client_id=""),
        ),
        ("POST", "users/full/events", {"type": "x"}, lambda kakao: kakao.send_event("full", "x")),
        (
            "POST",
            "users/full/events",
            {"type": "user-linked", "toe": -1},
            lambda kakao: kakao.send_event("full", "user-linked", toe=-1),
        ),
    ],
)
def test_a_value_is_refused_alike_over_http_and_from_python(
    kakao: Emulator, method: str, path: str, body: Any, call: Callable[[Emulator], object]
) -> None:
    with pytest.raises(InvalidSetting) as refused:
        call(kakao)
    answer = requests.request(method, f"{kakao.url}/emulator/{path}", json=body, timeout=5)
    assert refused.value.setting == tuple(body)[-1:]
    assert answer.status_code == 400
    assert answer.json() == refused.value.as_json()


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("PUT", "browser", "agree"),
        ("PUT", "users/full/consents", "client_id"),
        ("PATCH", "webhooks", "hold"),
        ("POST", "clock", "advance"),
        ("POST", "users/full/events", "toe"),
    ],
)
def test_null_is_no_way_to_leave_a_value_out(kakao: Emulator, method: str, path: str, name: str) -> None:
    answer = requests.request(method, f"{kakao.url}/emulator/{path}", json={name: None}, timeout=5)
    assert (answer.status_code, answer.json()["code"]) == (400, "must_not_be_null")
    assert answer.json()["setting"] == [name]


def test_the_emulator_is_one_class() -> None:
    assert Emulator.__bases__ == (object,)


def codes_in_use() -> Iterator[str]:
    """Give the codes that the source raises."""
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {"InvalidSetting", "NotFound"}:
                yield from re.findall(r"'(\w+)'", ast.unparse(node.args[0])) or FAULT_CODES


def test_every_reason_is_in_use_and_there_is_no_other() -> None:
    assert set(codes_in_use()) == set(REASONS)


@pytest.mark.parametrize("readme", ["README.md", "README.ko.md"])
def test_every_code_is_documented(readme: str) -> None:
    text = (PACKAGE / readme).read_text("utf-8")
    assert [code for code in REASONS if f"`{code}`" not in text] == []


@pytest.mark.parametrize(
    ("field", "url", "setting", "reason"),
    [
        (
            "unlink_webhook",
            "http://u:p@localhost/",
            "unlink_webhook: url",
            "계정 정보와 프래그먼트(#) 없는 http나 https URL이어야 합니다",
        ),
        (
            "account_status_webhook_url",
            "http://2852039166/",
            "account_status_webhook_url",
            "링크 로컬 주소나 클라우드의 메타데이터 주소로는 보내지 않습니다",
        ),
    ],
)
def test_the_console_tells_the_reason_in_korean(
    console: Open, field: str, url: str, setting: str, reason: str
) -> None:
    page = console("ko-KR")
    page.locator(".app-row summary").first.click()
    form = page.locator(".app-row form").first
    form.locator(f"input[name={field}]").fill(url)
    form.get_by_role("button", name="저장").click()
    expect(page.locator("#failed")).to_have_text(f"하지 못했습니다. {setting}: {reason}")
    expect(form.locator(f"input[name={field}]")).to_be_focused()


def test_the_console_fills_in_what_a_reason_names(console: Open) -> None:
    page = console("ko-KR")
    page.locator("#send-event input[name=person]").fill("nobody")
    page.locator("#send-event").get_by_role("button", name="보내기").click()
    expect(page.locator("#failed")).to_contain_text("nobody인 사람이 없습니다. 아는 사람: full, nickname_only")
