"""What can be wrong with a callback: each case has its answer, never a traceback, never a session."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest

from kakao_login.emulator import Emulator

from ..support import PAGE, Browser, Clock, Host

Hosts = Callable[..., Host]


def assert_no_session(browser: Browser, kakao: Emulator, exchanges: int = 0) -> None:
    assert "access_token" not in browser.cookies
    assert browser.get("/mine").status_code == 401
    assert len(kakao.requests("token")) == exchanges


def test_a_callback_of_no_login_is_refused_before_kakao_is_asked(browser: Browser, kakao: Emulator) -> None:
    for query in (
        "",
        "?code=x",
        "?code=x&state=",
        "?code=x&state=unknown",
        "?error=access_denied",
        "?state=%FF&code=x",
    ):
        answer = browser.get(f"/auth/kakao/callback{query}")
        assert answer.status_code == 400
        assert "invalid_state" in answer.text
        assert "/auth/kakao/login" in answer.text
    assert_no_session(browser, kakao)


def test_the_state_of_another_browser_is_refused(host: Host, browser: Browser, kakao: Emulator) -> None:
    back = Browser(host.url).start()
    assert browser.get(back).status_code == 400
    assert_no_session(browser, kakao)


def test_a_state_older_than_ten_minutes_is_refused(browser: Browser, kakao: Emulator, clock: Clock) -> None:
    back = browser.start()
    clock.advance(11 * 60)
    assert browser.get(back).status_code == 400
    assert_no_session(browser, kakao)


def test_a_login_cookie_that_was_tampered_with_is_refused(browser: Browser, kakao: Emulator) -> None:
    back = browser.start()
    [cookie] = browser.jar()
    for value in (f"{cookie.value}x", "junk", "", str(cookie.value).swapcase()):
        cookie.value = value
        browser.cookies.set_cookie(cookie)
        assert browser.get(back).status_code == 400
    assert_no_session(browser, kakao)


@pytest.mark.parametrize("extra", ["&state=b", "&code=b", "&error=x&error=y", "&iss=a&iss=b"])
def test_a_parameter_given_twice_is_refused(browser: Browser, kakao: Emulator, extra: str) -> None:
    answer = browser.get(browser.start() + extra)
    assert answer.status_code == 400
    assert "invalid_request" in answer.text
    assert_no_session(browser, kakao)


@pytest.mark.parametrize("issuer", ["https://evil.test", "https://kauth.kakao.com/", "HTTPS://KAUTH.KAKAO.COM"])
@pytest.mark.parametrize("ends_in", ["code", "error"])
def test_a_foreign_issuer_is_refused(browser: Browser, kakao: Emulator, issuer: str, ends_in: str) -> None:
    back = browser.start()
    if ends_in == "error":
        back = back.replace("code=", "error=access_denied&description=")
    answer = browser.get(f"{back}&iss={quote(issuer)}")
    assert answer.status_code == 400
    assert "invalid_request" in answer.text
    assert_no_session(browser, kakao)


def test_our_issuer_is_accepted(browser: Browser, kakao: Emulator) -> None:
    assert browser.get(f"{browser.start()}&iss={quote(kakao.url)}").status_code == 303


def back_with_error(browser: Browser, error: str) -> str:
    state = browser.start("/mine?a=1").split("state=")[1]
    return f"/auth/kakao/callback?error={quote(error)}&error_description=%3Cscript%3E%0d%0a%00&state={state}"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        ("access_denied", 403, "access_denied"),
        ("consent_required", 403, "access_denied"),
        ("server_error", 503, "kakao_unavailable"),
        ("invalid_scope", 502, "kakao_rejected"),
        ("<b>\r\n\x00", 502, "kakao_rejected"),
    ],
)
@pytest.mark.parametrize(("language", "word"), [("ko", "카카오"), ("en", "Kakao")])
def test_an_error_from_kakao_is_a_page_that_says_what_to_do(
    browser: Browser, kakao: Emulator, error: str, status: int, code: str, language: str, word: str
) -> None:
    answer = browser.get(back_with_error(browser, error), headers={"Accept-Language": language})
    assert answer.status_code == status
    assert code in answer.text
    assert word in answer.text
    assert f'lang="{language}"' in answer.text
    assert "/auth/kakao/login?next=/mine?a%3D1" in answer.text
    assert "<script>" not in answer.text
    assert "<b>" not in answer.text
    assert_no_session(browser, kakao)


def test_an_error_stays_what_it_was_and_costs_neither_a_row_nor_a_call(
    host: Host, browser: Browser, kakao: Emulator
) -> None:
    back = back_with_error(browser, "access_denied")
    answers = [browser.get(back) for _ in range(2)]
    assert [(answer.status_code, "access_denied" in answer.text) for answer in answers] == [(403, True)] * 2
    with host.app.app_context():
        assert host.db.session.query(host.services.models.used_login_state).count() == 0
    assert_no_session(browser, kakao)


def test_under_fourteen_is_told_that_kakao_said_no(browser: Browser, kakao: Emulator) -> None:
    kakao.sign_in_as("under_14")
    assert browser.log_in().status_code == 403
    assert_no_session(browser, kakao)


def test_a_disabled_user_cannot_log_in(host: Host, browser: Browser) -> None:
    browser.log_in()
    with host.app.app_context():
        user = host.db.session.get_one(host.kakao_login.user_model, 1)
        user.is_active = False
        host.db.session.commit()
    other = Browser(host.url)
    answer = other.log_in()
    assert answer.status_code == 403
    assert "access_token" not in other.cookies


FAULTS = [
    ("token", "http_503", 503, "kakao_unavailable"),
    ("token", "http_500", 503, "kakao_unavailable"),
    ("token", "http_429", 503, "kakao_unavailable"),
    ("token", "reset", 503, "kakao_unavailable"),
    ("token", "hang", 503, "kakao_unavailable"),
    ("token", "timeout_after_issue", 503, "kakao_unavailable"),
    ("token", "garbage", 502, "kakao_rejected"),
    ("token", "empty", 502, "kakao_rejected"),
    ("token", "html", 502, "kakao_rejected"),
    ("token", "redirect", 502, "kakao_rejected"),
    ("token", "huge", 502, "kakao_rejected"),
    ("user_me", "http_503", 503, "kakao_unavailable"),
    ("user_me", "garbage", 502, "kakao_rejected"),
]


@pytest.mark.parametrize(("endpoint", "fault", "status", "code"), FAULTS)
def test_when_kakao_fails_the_person_is_told_and_can_start_again(
    new_host: Hosts, kakao: Emulator, endpoint: str, fault: str, status: int, code: str
) -> None:
    browser = Browser(new_host(KAKAO_TIMEOUT=1).serve())
    back = browser.start()
    # Without end, so that a retry of what may be retried does not hide the fault.
    kakao.fault(endpoint, fault, times=None)
    answer = browser.get(back)
    assert answer.status_code == status
    assert code in answer.text
    assert ("Retry-After" in answer.headers) == (status == 503)
    assert_no_session(browser, kakao, exchanges=1)
    kakao.clear_faults()
    assert browser.log_in().status_code == 303


def test_a_slow_kakao_that_answers_in_time_is_waited_for(browser: Browser, kakao: Emulator) -> None:
    back = browser.start()
    kakao.fault("token", "slow", delay_ms=300)
    assert browser.get(back).status_code == 303


@pytest.mark.parametrize("answer", [None, "", 0, "None", True, 1.0, -1, 2**63, [1]])
def test_a_senseless_id_makes_no_account(browser: Browser, kakao: Emulator, answer: Any) -> None:
    back = browser.start()
    kakao.fault("user_me", "answer", status=200, body={"id": answer}, times=2)
    assert browser.get(back).status_code == 502
    assert_no_session(browser, kakao, exchanges=1)


def test_refused_settings_are_a_502_and_the_log_tells_the_operator_the_cure(
    new_host: Hosts, caplog: pytest.LogCaptureFixture
) -> None:
    browser = Browser(new_host(KAKAO_CLIENT_SECRET="not-the-secret").serve())
    back = browser.start()
    with caplog.at_level(logging.INFO, "kakao_login"):
        answer = browser.get(back)
    assert (answer.status_code, "KOE010" in answer.text) == (502, True)
    assert "KAKAO_CLIENT_SECRET" in caplog.text
    assert "not-the-secret" not in "".join(
        record.getMessage() for record in caplog.records if record.name != "werkzeug"
    )


def test_a_code_that_kakao_does_not_know_is_a_400(browser: Browser, kakao: Emulator) -> None:
    back = browser.start()
    kakao.advance_clock(11 * 60)
    answer = browser.get(back)
    assert (answer.status_code, "KOE320" in answer.text) == (400, True)
    assert_no_session(browser, kakao, exchanges=1)


def test_codes_swapped_between_two_logins_are_refused(browser: Browser, kakao: Emulator) -> None:
    first, second = browser.start(), browser.start()
    code = first.split("code=")[1].split("&")[0]
    swapped = second.replace(second.split("code=")[1].split("&")[0], code)
    assert browser.get(swapped).status_code == 400
    assert_no_session(browser, kakao, exchanges=1)


@pytest.mark.parametrize("code", ["", "%00", "x" * 5000, "%ED%95%9C"])
def test_a_code_that_cannot_be_one_is_refused(browser: Browser, kakao: Emulator, code: str) -> None:
    state = browser.start().split("state=")[1]
    answer = browser.get(f"/auth/kakao/callback?state={state}&code={code}")
    assert answer.status_code == 400
    assert_no_session(browser, kakao)


def test_a_reload_of_a_used_callback_leads_on_and_keeps_the_login(browser: Browser, kakao: Emulator) -> None:
    back = browser.start("/mine?a=1")
    browser.get(back)
    pair = browser.pair()
    for _ in range(3):
        answer = browser.get(back)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/mine?a=1")
    assert browser.pair() == pair
    assert len(kakao.requests("token")) == 1


def test_a_forged_callback_leaves_a_login_alone(host: Host, browser: Browser) -> None:
    browser.log_in()
    pair = browser.pair()
    foreign = Browser(host.url).start()
    assert browser.get(foreign).status_code == 400
    assert browser.get("/auth/kakao/callback?code=a&state=b").status_code == 400
    assert browser.pair() == pair
    assert browser.get("/mine").status_code == 200


def test_twenty_callbacks_at_once_make_one_exchange_and_one_session(host: Host, kakao: Emulator) -> None:
    browser = Browser(host.url)
    back = browser.start("/mine?a=1")
    copies = [Browser(host.url) for _ in range(20)]
    for copy in copies:
        copy.cookies.update(browser.cookies)
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda copy: copy.get(back), copies))
    assert sorted(answer.status_code for answer in answers) == [303] + [400] * 19
    assert len(kakao.requests("token")) == 1
    loser = next(answer for answer in answers if answer.status_code == 400)
    assert 'href="/mine?a=1"' in loser.text


def test_the_callback_is_a_page_whatever_the_client_accepts(browser: Browser) -> None:
    answer = browser.get("/auth/kakao/callback", headers={"Accept": "application/json"})
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"


def test_no_log_line_or_page_holds_a_code_a_token_or_a_secret(
    host: Host, browser: Browser, kakao: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    back = browser.start()
    code = back.split("code=")[1].split("&")[0]
    kakao.fault("token", "garbage", times=None)
    page = browser.get(back, headers=PAGE).text
    kakao.clear_faults()
    browser.log_in()
    # The development server's access log is the server's, not ours.
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("kakao_login"))
    for secret in (code, *browser.pair(), "emulator-client-secret", host.app.config["JWT_SECRET_KEY"]):
        assert secret not in ours
        assert secret not in page
        assert secret not in repr(host.services)
