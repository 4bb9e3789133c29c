"""The emulator under Kakao's own names, with a certificate of its own making."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import requests

from kakao_login.emulator import Emulator
from kakao_login.emulator.tls import CA_FILE, SERVER_FILE, hosts_lines, tls_context

from .emulator_client import Client, lead_kakaos_names_to


def test_a_client_with_hard_coded_urls_logs_in(secured: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    lead_kakaos_names_to(secured, monkeypatch)
    tokens = Client(secured).log_in()
    with requests.Session() as http:
        metadata = http.get("https://kauth.kakao.com/.well-known/openid-configuration").json()
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        user = http.get("https://kapi.kakao.com/v2/user/me", headers=headers).json()
    assert metadata["issuer"] == "https://kauth.kakao.com"
    assert metadata["userinfo_endpoint"] == "https://kapi.kakao.com/v1/oidc/userinfo"
    assert user["id"] == 4100000001


def test_nobody_trusts_it_by_itself(secured: Emulator) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"{secured.url}/emulator/app", timeout=5)


def test_plain_http_to_it_is_answered_with_nothing(secured: Emulator) -> None:
    with pytest.raises(requests.ConnectionError):
        requests.get(secured.url.replace("https", "http"), timeout=5)
    assert requests.get(f"{secured.url}/emulator/app", timeout=5, verify=str(secured.ca_file)).ok


def test_a_cut_line_is_a_reset_here_too(secured: Emulator) -> None:
    secured.fault("user_me", "reset")
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{secured.url}/v2/user/me", timeout=5, verify=str(secured.ca_file))


def test_the_certificate_is_kept_and_its_key_is_private(tmp_path: Path) -> None:
    tls_context(tmp_path)
    before = (tmp_path / CA_FILE).read_bytes()
    tls_context(tmp_path)
    assert (tmp_path / CA_FILE).read_bytes() == before
    assert (tmp_path / SERVER_FILE).stat().st_mode & 0o777 == 0o600
    assert b"PRIVATE KEY" not in before
    assert (tmp_path / SERVER_FILE).read_bytes().count(b"PRIVATE KEY-----") == 2


def test_a_broken_certificate_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / SERVER_FILE).write_text("nothing", encoding="utf-8")
    (tmp_path / CA_FILE).write_text("nothing", encoding="utf-8")
    assert isinstance(tls_context(tmp_path), ssl.SSLContext)


def test_the_hosts_lines_name_both_hosts() -> None:
    assert hosts_lines("127.0.0.1") == "127.0.0.1 kauth.kakao.com\n127.0.0.1 kapi.kakao.com"
