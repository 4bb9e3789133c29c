"""The emulator without sockets, and the pytest fixture."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import urllib3

from kakao_login.emulator import Emulator, InProcessAdapter

from .emulator_client import Client, answer_of


@pytest.fixture
def inside() -> Iterator[Client]:
    """A client of an emulator that no socket leads to."""
    kakao = Emulator()
    client = Client(kakao)
    client.http.mount(kakao.url, InProcessAdapter(kakao))
    yield client
    client.http.close()


def test_a_whole_login_needs_no_socket(inside: Client) -> None:
    page = inside.authorize(state="s")
    consent = inside.follow(inside.submit(page, action="sign_in", person="4100000001"))
    back = inside.submit(consent, action="agree", item=["profile_nickname"])
    tokens = inside.exchange(answer_of(back)["code"]).json()
    assert inside.kapi("/v2/user/me", tokens["access_token"]).json()["properties"]["nickname"] == "하늘"
    assert [call["endpoint"] for call in inside.kakao.requests()][-2:] == ["token", "user_me"]


def test_a_client_with_kakaos_own_urls_is_served() -> None:
    kakao = Emulator()
    kakao.sign_in_as("full")
    with requests.Session() as http:
        for url in ("https://kauth.kakao.com", "https://kapi.kakao.com"):
            http.mount(url, InProcessAdapter(kakao))
        assert http.get("https://kauth.kakao.com/.well-known/jwks.json").json()["keys"]
        assert http.get("https://kapi.kakao.com/v2/user/me").json()["code"] == -401


@pytest.mark.parametrize("fault", ["reset", "timeout_after_issue"])
def test_a_cut_line_is_a_connection_error(inside: Client, fault: str) -> None:
    inside.kakao.fault("user_me", fault)
    with pytest.raises(requests.ConnectionError):
        inside.kapi("/v2/user/me", "x")


@pytest.mark.parametrize(("fault", "delay"), [("hang", 0), ("slow", 6_000)])
def test_an_answer_too_late_times_out_at_once(inside: Client, fault: str, delay: int) -> None:
    inside.kakao.fault("user_me", fault, delay_ms=delay)
    with pytest.raises(requests.ReadTimeout):
        inside.http.get(f"{inside.kakao.url}/v2/user/me", timeout=(2, 5))


def test_an_answer_in_time_costs_no_time(inside: Client) -> None:
    inside.kakao.fault("user_me", "slow", delay_ms=4_000)
    assert inside.http.get(f"{inside.kakao.url}/v2/user/me", timeout=5).status_code == 401


TESTS = """
import sys
import threading

def test_nothing_is_started_before_a_test_asks_for_it():
    assert threading.active_count() == 1
    assert not {"flask", "requests", "kakao_login.emulator"} & set(sys.modules)

def test_one(kakao_emulator):
    kakao_emulator.patch_app(oidc=False)

def test_two(kakao_emulator):
    assert kakao_emulator.app()["oidc"] is True
    assert kakao_emulator.url.startswith("http://127.0.0.1:")
"""


def test_the_pytest_fixture_is_new_in_each_test_and_nothing_when_unused(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TESTS, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:randomly", "-p", "no:xdist"]
    done = subprocess.run([*command, "test_it.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


def test_whatever_requests_can_send_is_taken(inside: Client) -> None:
    url = inside.kakao.url
    head = inside.http.head(f"{url}/.well-known/jwks.json")
    assert (head.status_code, head.content) == (200, b"")
    assert inside.http.get(f"{url}/.well-known/jwks.json#part").json()["keys"]
    patient: Any = urllib3.Timeout(3)
    assert inside.http.get(f"{url}/v2/user/me", timeout=patient).status_code == 401
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for body in (iter([b"grant_", b"type=x"]), io.BytesIO(b"grant_type=x")):
        answer = inside.http.post(f"{url}/oauth/token", data=body, headers=form)
        assert answer.json()["error_code"] == "KOE310"
