"""Clients that others wrote for Node.js log in against the emulator as they come out of the box."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from kakao_login.emulator import Emulator

from .emulator_client import CLIENT_ID, CLIENT_SECRET

NODE = Path(__file__).parent / "node"


def run_node(script: str, *options: str, **settings: str) -> dict[str, Any]:
    """Run a script and give the JSON it prints."""
    environment = {"PATH": os.environ["PATH"], "CLIENT_ID": CLIENT_ID, "CLIENT_SECRET": CLIENT_SECRET, **settings}
    command = ["node", *options, str(NODE / script)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=20)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def run_with_kakaos_names(script: str, kakao: Emulator) -> dict[str, Any]:
    """Run a script whose client calls https://kauth.kakao.com and https://kapi.kakao.com."""
    port, trusted = kakao.url.rpartition(":")[2], str(kakao.ca_file)
    names = str(NODE / "kakaos_names.cjs")
    return run_node(script, "--require", names, PORT=port, NODE_EXTRA_CA_CERTS=trusted)


def expect(kakao: Emulator, redirect_uri: str = "http://localhost:3000/cb") -> None:
    kakao.patch_app(redirect_uris=[redirect_uri])
    kakao.sign_in_as("full")


def test_openid_client_logs_in(kakao: Emulator) -> None:
    expect(kakao)
    answer = run_node("openid_client.mjs", ISSUER=kakao.url)
    assert answer["claims"]["sub"] == "4100000001"
    assert answer["userinfo"]["email"] == "haneul@example.com"
    assert answer["refreshed"] is True


@pytest.mark.parametrize("oidc", [True, False])
def test_auth_js_logs_in(kakao: Emulator, oidc: bool) -> None:
    expect(kakao, "http://localhost:3000/api/auth/callback/kakao")
    kakao.patch_app(oidc=oidc)
    answer = run_node("authjs.mjs", ISSUER=kakao.url)
    assert (answer["user"]["name"], answer["user"]["email"]) == ("하늘", "haneul@example.com")


def test_passport_oauth2_logs_in(kakao: Emulator) -> None:
    expect(kakao)
    answer = run_node("passport_oauth2.cjs", ISSUER=kakao.url)
    assert answer["id"] == 4100000001


def test_passport_kakao_logs_in(secured: Emulator) -> None:
    expect(secured)
    answer = run_with_kakaos_names("passport_kakao.cjs", secured)
    assert (answer["id"], answer["displayName"]) == (4100000001, "하늘")


def test_arctic_logs_in(secured: Emulator) -> None:
    expect(secured)
    answer = run_with_kakaos_names("arctic.mjs", secured)
    assert (answer["id"], answer["kakao_account"]["email"]) == (4100000001, "haneul@example.com")
    assert secured.requests("authorize")[-1]["query"]["scope"] == ["account_email profile_nickname"]
