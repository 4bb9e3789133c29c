"""An emulator that others reach: what it says it is called, and which names it answers to."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest
import requests

from kakao_login.emulator import Emulator, InvalidSetting, Options, run_emulator
from kakao_login.emulator.application import create_app

from .emulator_client import Client, unverified
from .test_emulator_command_line import Process, wait_for

REMOTE = {"host": "0.0.0.0", "allow_remote": True, "advertise": "http://Kakao:9000/"}
PATHS = ["/emulator/app", "/emulator/", "/emulator/static/page.css", "/v2/user/me", "/oauth/authorize", "/nowhere"]


def get(kakao: Emulator, path: str, host: str, **headers: str) -> requests.Response:
    url = kakao.url.replace("0.0.0.0", "127.0.0.1")
    return requests.get(f"{url}{path}", headers={"Host": host, **headers}, timeout=5)


def is_turned_away(answer: requests.Response) -> bool:
    body = answer.json() if answer.status_code == 403 else {}
    return body.get("code") == "forbidden" and "--advertise" in body["error"]


def test_what_is_advertised_stands_in_discovery_tokens_and_links() -> None:
    with run_emulator(advertise="http://Kakao:9000/") as kakao:
        client = Client(kakao)
        metadata = client.http.get(f"{kakao.url}/.well-known/openid-configuration").json()
        token = client.log_in()
        person = client.kapi("/v2/user/me", token["access_token"]).json()
        kakao.fault("token", "redirect")
        redirect = requests.post(f"{kakao.url}/oauth/token", allow_redirects=False, timeout=5)
    named = "http://kakao:9000"
    assert (metadata["issuer"], unverified(token["id_token"])["iss"]) == (named, named)
    assert metadata["jwks_uri"] == f"{named}/.well-known/jwks.json"
    assert metadata["userinfo_endpoint"] == f"{named}/v1/oidc/userinfo"
    assert person["properties"]["profile_image"].startswith(f"{named}/emulator/pictures/")
    assert redirect.headers["Location"] == f"{named}/redirected"


def test_an_issuer_goes_before_what_is_advertised() -> None:
    state = Emulator(Options(advertise="http://kakao:9000", issuer="https://idp.test")).state
    assert (state.issuer, state.shown_url) == ("https://idp.test", "http://kakao:9000")


@pytest.mark.parametrize(
    "url", ["kakao:9000", "ftp://kakao", "http://kakao/x", "http://kakao?", "http://u@kakao", "http://ka kao", ""]
)
def test_what_is_no_origin_cannot_be_advertised(url: str) -> None:
    with pytest.raises(InvalidSetting, match="advertise: must be"):
        Options(advertise=url)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("host", ["evil.example", "kakao.evil.example:9000", "192.0.2.7:9000", "[::1", "0"])
def test_a_name_made_to_lead_to_an_emulator_open_to_all_reaches_nothing(path: str, host: str) -> None:
    with run_emulator(**REMOTE) as kakao:
        answer = get(kakao, path, host)
        assert is_turned_away(answer) or answer.status_code == 400
        assert kakao.requests() == []


@pytest.mark.parametrize(
    "host",
    ["kakao:9000", "KAKAO", "kakao.", "localhost:1", "127.0.0.1:9000", "[::1]:9", "0.0.0.0:9000", "10.0.2.2"],
)
def test_an_emulator_open_to_all_answers_to_what_it_is_called(host: str) -> None:
    with run_emulator(**REMOTE) as kakao:
        statuses = [get(kakao, path, host).status_code for path in PATHS]
    assert statuses == [200, 200, 200, 401, 400, 404]


@pytest.mark.parametrize(
    ("options", "host"),
    [
        ({"issuer": "http://idp.test:9000"}, "idp.test:9000"),
        ({"api_url": "http://api.test:9000"}, "api.test:9000"),
    ],
)
def test_whatever_clients_are_told_to_call_is_answered(options: dict[str, Any], host: str) -> None:
    with run_emulator(**{"allow_remote": True, **options}) as kakao:
        assert get(kakao, "/emulator/app", host).status_code == 200


@pytest.mark.parametrize("reached", ["192.0.2.7", "::ffff:192.0.2.7"])
@pytest.mark.parametrize(
    ("host", "status"), [("192.0.2.7:9000", 200), ("Devbox.lan", 200), ("192.0.2.8", 403), ("evil.lan", 403)]
)
def test_the_address_reached_and_the_one_listened_at_are_answered(reached: str, host: str, status: int) -> None:
    # Without a socket, for no machine that runs this has such an address and name for sure.
    client = create_app(Emulator(Options(host="devbox.lan", allow_remote=True))).test_client()
    answer = client.get("/emulator/app", headers={"Host": host}, environ_overrides={"SERVER_NAME": reached})
    assert answer.status_code == status


def test_without_remote_calls_only_the_control_api_looks_at_the_name() -> None:
    with run_emulator(advertise="http://kakao:9000") as kakao:
        statuses = [get(kakao, "/v2/user/me", "evil.example").status_code]
        statuses += [get(kakao, "/emulator/app", name).status_code for name in ("kakao:9000", "localhost")]
    assert statuses == [401, 403, 200]


@pytest.mark.parametrize(("origin", "status"), [("https://kakao.example", 200), ("https://evil.example", 403)])
def test_the_console_works_behind_something_that_speaks_https(origin: str, status: int) -> None:
    with run_emulator(allow_remote=True, advertise="https://kakao.example") as kakao:
        answer = get(kakao, "/emulator/app", "kakao.example", Origin=origin)
    assert answer.status_code == status


def test_the_command_line_says_what_others_can_do(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    process = Process(
        *("--host", "0.0.0.0", "--port", "0", "--allow-remote", "--advertise", "http://kakao:9000"),
        *("--ready-file", str(ready)),
    )
    url = wait_for(ready)
    code, out, err = process.end(signal.SIGTERM)
    assert (code, url.rpartition(":")[0]) == (0, "http://0.0.0.0")
    assert f"at {url} (console: http://kakao:9000/emulator/" in out
    assert "sign in as anybody" in err
    assert "any webhook address" in err
