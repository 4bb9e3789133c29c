"""The emulator under Kakao's own names, with a certificate of its own making."""

from __future__ import annotations

import os
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from kakao_login.emulator import Emulator, run_emulator
from kakao_login.emulator.http import certificates, tls
from kakao_login.emulator.http.tls import CA_FILE, SERVER_FILE, hosts_lines, tls_context

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


def test_a_key_that_does_not_fit_is_made_anew(tmp_path: Path) -> None:
    tls_context(tmp_path)
    server_file = tmp_path / SERVER_FILE
    certificates = server_file.read_text().partition("-----BEGIN CERTIFICATE-----")
    server_file.write_text("".join(certificates[1:]))
    assert isinstance(tls_context(tmp_path), ssl.SSLContext)


def test_an_authority_of_another_pair_is_replaced_and_a_link_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("mine")
    (tmp_path / CA_FILE).symlink_to(elsewhere)
    tls_context(tmp_path)
    assert elsewhere.read_text() == "mine"
    assert (tmp_path / CA_FILE).read_bytes() in (tmp_path / SERVER_FILE).read_bytes()
    assert (tmp_path / CA_FILE).stat().st_mode & 0o777 == 0o644


def test_emulators_that_start_at_once_end_with_one_pair(tmp_path: Path) -> None:
    for number in range(5):
        folder = tmp_path / str(number)
        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(tls_context, [folder] * 8))
        assert (folder / CA_FILE).read_bytes() in (folder / SERVER_FILE).read_bytes()
        assert len(list(folder.iterdir())) == 2


def test_a_stalled_handshake_does_not_delay_the_end(tmp_path: Path) -> None:
    with run_emulator(tls_dir=tmp_path) as kakao:
        host, _, port = kakao.url.removeprefix("https://").rpartition(":")
        stalled = socket.create_connection((host, int(port)))
        requests.get(f"{kakao.url}/emulator/app", timeout=5, verify=str(kakao.ca_file))
        started = time.monotonic()
    assert time.monotonic() - started < 3
    stalled.close()


def test_emulators_that_renew_at_once_end_with_one_pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(certificates, "LIFETIME", timedelta(days=10))
        old = certificates.make_certificate()
    (tmp_path / SERVER_FILE).write_bytes(old)
    made: list[bytes] = []

    def make() -> bytes:
        made.append(certificates.make_certificate())
        return made[-1]

    monkeypatch.setattr(tls, "make_certificate", make)
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(tls_context, [tmp_path] * 8))
    assert made == [(tmp_path / SERVER_FILE).read_bytes()]


def test_a_lock_left_by_a_process_that_died_is_broken(tmp_path: Path) -> None:
    lock = tmp_path / tls.LOCK_FILE
    lock.touch()
    os.utime(lock, (0, 0))
    assert isinstance(tls_context(tmp_path), ssl.SSLContext)
    assert not lock.exists()
