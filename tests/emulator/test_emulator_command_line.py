"""The command line, in a process of its own or called in this one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from kakao_login.emulator import Emulator
from kakao_login.emulator.__main__ import main


class Process:
    """The command line in a process of its own."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "kakao_login.emulator", *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def end(self, number: int | None = None) -> tuple[int, str, str]:
        """Give exit code, output and errors, after a signal if one is named; kill what does not end."""
        if number is not None:
            self.process.send_signal(number)
        try:
            out, err = self.process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            out, err = self.process.communicate()
        return self.process.returncode, out, err


def wait_for(file: Path) -> str:
    for _ in range(500):
        if file.exists():
            return file.read_text(encoding="utf-8").strip()
        time.sleep(0.01)
    raise TimeoutError(file)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_line_starts_quickly_and_ends_quietly(tmp_path: Path, number: int) -> None:
    ready, before = tmp_path / "ready", os.times()
    process = Process("--port", "0", "--ready-file", str(ready), "--sign-in-as", "full")
    url = wait_for(ready)
    assert requests.get(f"{url}/emulator/app", timeout=5).json()["client_id"] == "emulator-rest-api-key"
    code, out, err = process.end(number)
    after = os.times()
    assert (code, err) == (0, "")
    assert url in out
    assert not ready.exists()
    # Time of the processor, since the clock on the wall also counts whatever else the machine does.
    assert after.children_user - before.children_user < 1.5


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[str]:
    """Run the command line with these options, and give the address it says it is at."""
    ready = folder / "ready"
    process = Process("--port", "0", "--ready-file", str(ready), *arguments)
    try:
        yield wait_for(ready)
    finally:
        assert process.end(signal.SIGTERM)[0] == 0


def test_redirect_uris_are_added_one_by_one(tmp_path: Path) -> None:
    own, uris = "http://localhost:5000/auth/kakao/callback", ["http://localhost:3000/cb", "https://app.example/cb"]
    options = [option for uri in uris for option in ("--redirect-uri", uri)]
    with serving(tmp_path, *options) as url:
        registered = requests.get(f"{url}/emulator/app", timeout=5).json()["redirect_uris"]
        query = {"client_id": "emulator-rest-api-key", "response_type": "code"}
        statuses = [
            requests.get(f"{url}/oauth/authorize", params={**query, "redirect_uri": uri}, timeout=5).status_code
            for uri in (own, *uris)
        ]
    assert registered == [own, *uris]
    assert statuses == [200, 200, 200]


@pytest.mark.parametrize(
    ("options", "issuer", "api_url"),
    [
        (["--issuer", "https://idp.test"], "https://idp.test", "https://idp.test"),
        (["--issuer", "https://kauth.kakao.com"], "https://kauth.kakao.com", "https://kapi.kakao.com"),
        (
            ["--issuer", "https://idp.test", "--api-url", "https://api.test"],
            "https://idp.test",
            "https://api.test",
        ),
        (["--api-url", "https://api.test"], None, "https://api.test"),
    ],
)
def test_issuer_and_api_url_are_options(
    tmp_path: Path, options: list[str], issuer: str | None, api_url: str
) -> None:
    with serving(tmp_path, *options) as url:
        metadata = requests.get(f"{url}/.well-known/openid-configuration", timeout=5).json()
    issuer = issuer or url
    assert (metadata["issuer"], metadata["token_endpoint"]) == (issuer, f"{issuer}/oauth/token")
    assert metadata["userinfo_endpoint"] == f"{api_url}/v1/oidc/userinfo"


def refusal(*arguments: str) -> str:
    """Give what a command line that cannot work says to stderr; it must say nothing else and exit with 2."""
    result = CliRunner().invoke(main, arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    return result.stderr


def test_a_taken_port_is_one_line_and_exit_code_2(kakao: Emulator) -> None:
    port = kakao.url.rpartition(":")[2]
    assert (
        refusal("--port", port)
        == f"kakao-emulator: 127.0.0.1:{port}: Address already in use. Choose another with --port.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--host", "0.0.0.0"], "sign in as anybody"),
        (["--sign-in-as", "nobody"], "known are full"),
        (["--app", "missing.toml"], "missing.toml"),
        (["--redirect-uri", "no url"], "redirect_uris"),
        (["--issuer", "kauth"], "issuer"),
        (["--port", "99999"], "99999"),
        (["--colour"], "--colour"),
    ],
)
def test_a_wrong_option_is_explained_with_exit_code_2(arguments: list[str], reason: str) -> None:
    assert reason in refusal("--port", "0", *arguments)


APPS = """
[[app]]
client_id = "first"
redirect_uris = ["http://localhost:3000/cb"]

[[app]]
name = "둘째"
oidc = false
[app.consent_items]
profile_nickname = "required"
talk_message = "during_use"
[app.unlink_webhook]
url = "http://localhost:3000/unlink"
"""


def test_apps_come_from_a_file(tmp_path: Path) -> None:
    file, ready = tmp_path / "apps.toml", tmp_path / "ready"
    file.write_text(APPS, encoding="utf-8")
    process = Process("--port", "0", "--app", str(file), "--ready-file", str(ready))
    apps = requests.get(f"{wait_for(ready)}/emulator/apps", timeout=5).json()["apps"]
    process.end(signal.SIGTERM)
    assert [app["client_id"] for app in apps] == ["first", "emulator-rest-api-key-2"]
    assert [app["app_id"] for app in apps] == [1, 2]
    assert apps[1]["consent_items"] == {"profile_nickname": "required", "talk_message": "during_use"}
    assert apps[1]["unlink_webhook"] == {"url": "http://localhost:3000/unlink", "method": "POST"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("app_id = 'one'", "app_id"),
        ("[[app]]\ncolour = 1", "colour"),
        ("= 3", "Invalid"),
        ("[[app]]\n[[app]]\napp_id = 1", "taken"),
    ],
)
def test_a_wrong_file_is_explained(tmp_path: Path, content: str, reason: str) -> None:
    file = tmp_path / "apps.toml"
    file.write_text(content, encoding="utf-8")
    err = refusal("--port", "0", "--app", str(file))
    assert reason in err
    assert str(file) in err
    assert os.linesep not in err.strip()


def test_tls_tells_what_to_trust_and_what_the_hosts_file_needs(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    process = Process("--port", "0", "--tls", "--tls-dir", str(tmp_path), "--ready-file", str(ready))
    url = wait_for(ready)
    ca_file = tmp_path / "kakao-emulator-ca.pem"
    metadata = requests.get(f"{url}/.well-known/openid-configuration", timeout=5, verify=str(ca_file)).json()
    code, out, _ = process.end(signal.SIGTERM)
    assert code == 0
    assert metadata["issuer"] == "https://kauth.kakao.com"
    assert str(ca_file) in out
    assert "127.0.0.1 kauth.kakao.com\n127.0.0.1 kapi.kakao.com\n" in out
    assert "--port 443" in out


def test_a_ready_file_of_an_earlier_run_is_gone_before_anything_else(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    ready.write_text("http://127.0.0.1:1\n", encoding="utf-8")
    done = CliRunner().invoke(main, ["--ready-file", str(ready), "--sign-in-as", "nobody"])
    assert done.exit_code == 2
    assert not ready.exists()


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "missing" / "ready"
    done = CliRunner().invoke(main, ["--port", "0", "--ready-file", str(missing)])
    assert done.exit_code == 2
    assert str(missing) in done.output
    assert "--port" not in done.output
