"""Failures on order, the clock, and the recorder."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from kakao_login.emulator import Emulator, InvalidSetting
from kakao_login.emulator.application import create_app
from kakao_login.emulator.store.faults import ENDPOINTS

from .emulator_client import CLIENT_SECRET, Client


def ask(client: Client, seconds: float = 5) -> requests.Response:
    return client.http.get(f"{client.kakao.url}/v2/user/me", timeout=seconds, allow_redirects=False)


@pytest.mark.parametrize(
    ("status", "code"), [(400, -1), (401, -401), (403, -5), (429, -10), (500, -1), (503, -9798)]
)
def test_a_status_of_kapi_on_order_has_kapis_code(client: Client, kakao: Emulator, status: int, code: int) -> None:
    kakao.fault("user_me", f"http_{status}")
    answer = ask(client)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("status", "error", "koe"),
    [
        (401, "invalid_client", "KOE010"),
        (429, "invalid_request", "KOE237"),
        (500, "server_error", "KOE003"),
        (503, "server_error", "KOE003"),
    ],
)
def test_a_status_of_kauth_on_order_has_kauths_code(
    client: Client, kakao: Emulator, status: int, error: str, koe: str
) -> None:
    kakao.fault("token", f"http_{status}")
    answer = client.token()
    assert answer.status_code == status
    assert (answer.json()["error"], answer.json()["error_code"]) == (error, koe)


def test_a_status_of_a_page_on_order_is_the_page_koe003(client: Client, kakao: Emulator) -> None:
    kakao.fault("authorize", "http_503")
    page = client.authorize()
    assert page.status_code == 503
    assert "KOE003" in page.text


def test_a_fault_strikes_as_often_as_ordered(client: Client, kakao: Emulator) -> None:
    kakao.fault("user_me", "http_503", times=2)
    assert [ask(client).status_code for _ in range(3)] == [503, 503, 401]


def test_a_fault_without_end_lasts_until_it_is_cleared(client: Client, kakao: Emulator) -> None:
    kakao.fault("user_me", "http_503", times=None)
    assert {ask(client).status_code for _ in range(5)} == {503}
    kakao.clear_faults()
    assert ask(client).status_code == 401


def test_faults_strike_in_the_order_given(client: Client, kakao: Emulator) -> None:
    kakao.fault("user_me", "http_503")
    kakao.fault("user_me", "http_429")
    assert [ask(client).status_code for _ in range(2)] == [503, 429]


def test_a_fault_strikes_its_own_endpoint_only(client: Client, kakao: Emulator) -> None:
    kakao.fault("token", "http_503")
    assert ask(client).status_code == 401
    assert client.token().status_code == 503


def test_a_star_strikes_whatever_comes(client: Client, kakao: Emulator) -> None:
    kakao.fault("*", "http_500", times=2)
    assert [ask(client).status_code, client.authorize().status_code] == [500, 500]


def test_slow_answers_rightly_but_late(client: Client, kakao: Emulator) -> None:
    kakao.fault("user_me", "slow", delay_ms=150)
    started = time.monotonic()
    assert ask(client).status_code == 401
    assert time.monotonic() - started >= 0.15


def test_hang_never_answers(client: Client, kakao: Emulator) -> None:
    kakao.fault("user_me", "hang")
    with pytest.raises(requests.ReadTimeout):
        ask(client, seconds=0.2)


@pytest.mark.parametrize("fault", ["reset", "timeout_after_issue"])
def test_a_cut_line_is_a_reset(client: Client, kakao: Emulator, fault: str) -> None:
    kakao.fault("user_me", fault)
    with pytest.raises(requests.ConnectionError, match="reset"):
        ask(client)


@pytest.mark.parametrize(
    ("fault", "content_type", "beginning"),
    [
        ("garbage", "application/json", b'{"access_token": "\xff\xfe'),
        ("empty", "application/json", b""),
        ("html", "text/html", b"<!doctype html>"),
        ("huge", "application/json", b'{"huge":"aaa'),
    ],
)
def test_senseless_answers(
    client: Client, kakao: Emulator, fault: str, content_type: str, beginning: bytes
) -> None:
    kakao.fault("user_me", fault)
    answer = ask(client)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith(content_type)
    assert answer.content.startswith(beginning)
    assert (len(answer.content) > 1_000_000) is (fault == "huge")


def test_redirect_leads_to_a_place_that_is_recorded(client: Client, kakao: Emulator) -> None:
    kakao.fault("user_me", "redirect")
    answer = ask(client)
    assert answer.status_code == 302
    client.http.get(answer.headers["Location"])
    assert [call["endpoint"] for call in kakao.requests()] == ["user_me", "/redirected"]


# Code: status, as the facts tell it; where they name none, the emulator's choice is 400 (-405: 401).
KAPI_STATUS = {-3: 403, -4: 403, -5: 403, -6: 403, -10: 429, -12: 403, -401: 401, -402: 403, -405: 401, -406: 401}
KAPI_STATUS |= {-9798: 503}
KAPI_CODES = [-1, -2, -3, -4, -5, -6, -7, -8, -9, -10, -11, -12, -101, -102, -103, -201, -301, -401, -402, -405]
KAPI_CODES += [-406, -501, -502, -504, -530, -531, -532, -602, -603, -606, -903, -911, -9798]


@pytest.mark.parametrize("code", KAPI_CODES)
def test_every_code_of_kapi_can_be_ordered(client: Client, kakao: Emulator, code: int) -> None:
    kakao.fault("user_me", str(code))
    answer = ask(client)
    assert (answer.status_code, answer.json()["code"]) == (KAPI_STATUS.get(code, 400), code)
    assert ("WWW-Authenticate" in answer.headers) is (answer.status_code == 401)


@pytest.mark.parametrize("koe", [9, 10, 101, 114, 127, 237, 303, 310, 319, 320, 322])
def test_every_code_of_the_token_endpoint_can_be_ordered(client: Client, kakao: Emulator, koe: int) -> None:
    kakao.fault("token", f"KOE{koe:03}")
    answer = client.token()
    assert answer.json()["error_code"] == f"KOE{koe:03}"
    assert answer.status_code == (401 if koe in {10, 101} else 400)


@pytest.mark.parametrize("koe", [1, 2, 3, 4, 5, 6, 7, 8, 101, 102, 201, 202, 203, 204, 205, 207])
def test_every_code_of_the_pages_can_be_ordered(client: Client, kakao: Emulator, koe: int) -> None:
    kakao.fault("authorize", f"KOE{koe:03}")
    assert f"(KOE{koe:03})" in client.authorize().text


@pytest.mark.parametrize(
    ("endpoint", "fault"),
    [("user_me", "KOE320"), ("token", "-401"), ("*", "-401"), ("jwks", "KOE003"), ("token", "KOE999")],
)
def test_a_code_can_be_ordered_only_where_kakao_has_it(kakao: Emulator, endpoint: str, fault: str) -> None:
    with pytest.raises(InvalidSetting, match="fault: must be one of"):
        kakao.fault(endpoint, fault)


def test_any_answer_can_be_put_in_a_mouth(client: Client, kakao: Emulator) -> None:
    kakao.fault("user_me", "answer", body={"id": "not a number"})
    kakao.fault("user_me", "answer", status=418, body="tea")
    assert ask(client).json() == {"id": "not a number"}
    tea = ask(client)
    assert (tea.status_code, tea.text) == (418, "tea")


def test_an_answer_lost_after_it_took_effect(client: Client, kakao: Emulator) -> None:
    code = client.code()
    kakao.fault("token", "timeout_after_issue")
    with pytest.raises(requests.ConnectionError):
        client.exchange(code)
    assert client.exchange(code).json()["error_code"] == "KOE320"


def test_jwks_may_be_down(client: Client, kakao: Emulator) -> None:
    kakao.fault("jwks", "http_503")
    url = f"{kakao.url}/.well-known/jwks.json"
    assert [client.http.get(url).status_code for _ in range(2)] == [503, 200]


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": "nothing", "fault": "reset"},
        {"endpoint": "token", "fault": "explode"},
        {"endpoint": "token", "fault": "http_200"},
        {"endpoint": "id_token", "fault": "reset"},
        {"endpoint": "token", "fault": "reset", "times": 0},
        {"endpoint": "token", "fault": "reset", "delay_ms": -1},
        {"endpoint": "token", "fault": "reset", "when": "now"},
    ],
)
def test_a_fault_that_cannot_be_is_refused_with_the_known_ones(kakao: Emulator, wrong: dict[str, object]) -> None:
    endpoint, fault = str(wrong.pop("endpoint")), str(wrong.pop("fault"))
    with pytest.raises(InvalidSetting):
        kakao.fault(endpoint, fault, **wrong)


def test_every_endpoint_can_fail(kakao: Emulator) -> None:
    rules = create_app(kakao).url_map.iter_rules()
    served = {rule.endpoint for rule in rules if rule.endpoint.startswith(("kauth.", "kapi."))}
    assert {name.partition(".")[2] for name in served} == ENDPOINTS


def test_the_recorder_tells_what_was_sent_without_secrets(client: Client, kakao: Emulator) -> None:
    tokens = client.log_in(nonce="n", state="s")
    client.refresh(tokens["refresh_token"])
    client.kapi("/v2/user/me", tokens["access_token"])
    client.http.get(f"{kakao.url}/v2/user/me", params={"access_token": tokens["access_token"]})
    client.http.post(f"{kakao.url}/oauth/tokeninfo", data={"id_token": tokens["id_token"]})
    client.admin("/v1/user/ids")
    client.http.get(f"{kakao.url}/v2/user/me", headers={"Authorization": tokens["access_token"]})
    calls = kakao.requests()
    secrets = {CLIENT_SECRET, "emulator-admin-key", *(tokens[name] for name in ("access_token", "id_token"))}
    assert not [secret for secret in secrets | {tokens["refresh_token"]} if secret in str(calls)]
    [authorize] = kakao.requests("authorize")
    assert (authorize["query"]["nonce"], authorize["query"]["state"]) == (["n"], ["s"])
    [exchange, refresh] = kakao.requests("token")
    assert exchange["form"]["code"] == exchange["form"]["client_secret"] == ["[masked]"]
    assert (refresh["form"]["grant_type"], refresh["status"]) == (["refresh_token"], 200)
    assert kakao.requests("user_me")[0]["headers"]["Authorization"] == "Bearer [masked]"
    assert kakao.requests("user_me")[-1]["headers"]["Authorization"] == "[masked]"


def test_the_recorder_shows_errors_and_faults(client: Client, kakao: Emulator) -> None:
    client.exchange("unknown")
    kakao.fault("token", "http_503")
    client.exchange("unknown")
    assert [(call["error"], call["fault"]) for call in kakao.requests("token")] == [
        ("KOE320", None),
        ("KOE003", "http_503"),
    ]


def test_the_recorder_shows_errors_of_pages_and_redirects(client: Client, kakao: Emulator) -> None:
    client.authorize(scope="friends")
    client.authorize(prompt="none")
    assert [call["error"] for call in kakao.requests("authorize")] == ["KOE205", "login_required"]


def test_the_recorder_can_be_emptied(client: Client, kakao: Emulator) -> None:
    client.authorize()
    kakao.clear_requests()
    assert kakao.requests() == []


def test_the_emulators_own_pages_are_not_recorded(client: Client, kakao: Emulator) -> None:
    client.http.get(f"{kakao.url}/emulator/app")
    client.http.get(f"{kakao.url}/emulator/static/page.css").close()
    assert kakao.requests() == []


def test_the_clock_moves_forth_and_back(kakao: Emulator) -> None:
    now = kakao.advance_clock(0)
    assert kakao.advance_clock(3_600) == pytest.approx(now + 3_600, abs=1)
    assert kakao.advance_clock(-3_600) == pytest.approx(now, abs=1)


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), 10**400, "1", None, True, 10**11])
def test_the_clock_refuses_what_is_no_time(kakao: Emulator, seconds: float) -> None:
    with pytest.raises(InvalidSetting, match=r"advance|must be"):
        kakao.advance_clock(seconds)


def test_a_reset_ends_a_hang_that_also_has_a_delay(client: Client, kakao: Emulator) -> None:
    kakao.fault("user_me", "hang", delay_ms=60_000)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(ask, client)
        while not kakao.requests("user_me"):
            time.sleep(0.01)
        kakao.reset()
        with pytest.raises(requests.ConnectionError):
            waiting.result(timeout=5)


def test_signing_uses_up_no_fault_of_the_calls(client: Client, kakao: Emulator) -> None:
    code = client.code()
    kakao.fault("*", "slow", times=2, delay_ms=1)
    client.exchange(code)
    assert [fault["times"] for fault in kakao.state.faults.pending()] == [1]


@pytest.mark.parametrize("fault", ["wrong_sub", "expired", "future_iat", "no_kid", "bad_signature"])
def test_any_claims_can_be_signed_and_spoiled(kakao: Emulator, fault: str) -> None:
    kakao.patch_app(account_status_webhook_url="http://127.0.0.1:9/")
    kakao.fault("security_event", fault)
    [delivery] = kakao.send_event("full", "user-linked", claims={"iss": 1, "sub": None, "iat": "x"})
    assert delivery["error"] == "ConnectionError"


def test_a_path_that_only_ends_like_an_endpoint_is_none(client: Client, kakao: Emulator) -> None:
    kakao.fault("token", "KOE237")
    assert client.http.get(f"{kakao.url}/x.token").status_code == 404
    assert kakao.requests("token") == []
    assert client.token().json()["error_code"] == "KOE237"
