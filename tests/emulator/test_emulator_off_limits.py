"""Where the emulator sends nothing: addresses of a link alone, and the metadata of clouds."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from kakao_login.emulator import App, Emulator, InvalidSetting, Webhook
from kakao_login.emulator.application import create_app
from kakao_login.emulator.http.server import Server
from kakao_login.emulator.http.tls import tls_context
from kakao_login.emulator.store.app_files import read_apps

from .emulator_client import Client
from .webhook_receiver import Receiver

OFF_LIMITS = [
    "169.254.169.254",
    "169.254.0.1:8080",
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "169.254.43518",
    "１６９．２５４．１６９．２５４",
    "[fe80::1]",
    "[fe80::a9fe:a9fe%25eth0]",
    "[febf::1]",
    "[fd00:ec2::254]",
    "[fd20:ce::254]",
    "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]",
    "[::169.254.169.254]",
    "[64:ff9b::a9fe:a9fe]",
    "100.100.100.200",
    "[::ffff:100.100.100.200]",
    "168.63.129.16",
    "metadata.google.internal",
    "Metadata.Google.Internal.",
]
ALLOWED = ["127.0.0.1", "localhost", "[::1]", "10.0.0.7", "172.17.0.1", "192.168.0.4", "[fd12::1]", "app.example"]
Lead = Callable[..., list[Any]]


@pytest.mark.parametrize("host", OFF_LIMITS)
def test_a_webhook_off_limits_is_refused_when_it_is_set(kakao: Emulator, host: str) -> None:
    changes: list[dict[str, Any]] = [
        {"unlink_webhook": {"url": f"http://{host}/"}},
        {"account_status_webhook_url": f"https://{host}/"},
    ]
    for body, setting in zip(changes, (["unlink_webhook", "url"], ["account_status_webhook_url"]), strict=True):
        for method, path in (("PATCH", "app"), ("POST", "apps")):
            answer = requests.request(method, f"{kakao.url}/emulator/{path}", json=body, timeout=5)
            assert (answer.status_code, answer.json()["code"]) == (400, "address_off_limits")
            assert answer.json()["setting"] == setting


@pytest.mark.parametrize("host", ALLOWED)
def test_a_webhook_of_this_machine_or_a_private_network_is_not_refused(kakao: Emulator, host: str) -> None:
    kakao.patch_app(unlink_webhook={"url": f"http://{host}/"}, account_status_webhook_url=f"http://{host}/")


def test_a_file_of_apps_is_refused_alike(tmp_path: Path) -> None:
    file = tmp_path / "apps.toml"
    file.write_text('[[app]]\n[app.unlink_webhook]\nurl = "http://169.254.169.254/"', encoding="utf-8")
    with pytest.raises(InvalidSetting, match="link-local") as refused:
        read_apps([file])
    assert (refused.value.code, refused.value.setting) == (
        "address_off_limits",
        (str(file), "unlink_webhook", "url"),
    )


@pytest.fixture
def lead(monkeypatch: pytest.MonkeyPatch) -> Lead:
    """Have a name server answer for `app.example`, each time with the next addresses; give what was asked."""
    kept, asked = socket.getaddrinfo, []

    def lead_to(*answers: Iterable[str]) -> list[Any]:
        left = list(answers)

        def getaddrinfo(host: str, port: Any, *rest: Any, **more: Any) -> Any:
            if host != "app.example":
                return kept(host, port, *rest, **more)
            asked.append(host)
            return [entry for address in left.pop(0) for entry in kept(address, port, *rest, **more)]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        return asked

    return lead_to


def unlinked(kakao: Emulator, client: Client, url: str) -> dict[str, Any]:
    """Have the person leave the app and give the delivery to this address, which is set beside the checks."""
    client.log_in()
    state = kakao.state
    state.apps = [App(unlink_webhook=Webhook(url))]
    [delivery] = kakao.unlink("full")
    return delivery


@pytest.mark.parametrize(
    "addresses",
    [["169.254.169.254"], ["127.0.0.1", "169.254.169.254"], ["::ffff:169.254.169.254"], ["100.100.100.200"]],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_name_that_leads_off_limits_fails_as_a_delivery(
    kakao: Emulator, client: Client, app_server: Receiver, lead: Lead, scheme: str, addresses: list[str]
) -> None:
    lead(addresses)
    port = app_server.server.server_port
    delivery = unlinked(kakao, client, f"{scheme}://app.example:{port}/")
    assert (delivery["error"], delivery["status"], delivery["accepted"]) == ("AddressOffLimits", None, False)
    assert app_server.received == []


def test_a_name_is_looked_up_once_and_reached_where_it_was_found(
    kakao: Emulator, client: Client, app_server: Receiver, lead: Lead
) -> None:
    port = app_server.server.server_port
    asked = lead(["127.0.0.1"], ["169.254.169.254"])
    assert unlinked(kakao, client, f"http://app.example:{port}/")["status"] == 200
    assert app_server.received[0]["headers"]["Host"] == f"app.example:{port}"
    assert asked == ["app.example"]


@pytest.mark.parametrize("addresses", [["127.0.0.2", "127.0.0.1"], ["127.0.0.1", "127.0.0.2"]])
def test_every_address_of_a_name_is_tried(
    kakao: Emulator, client: Client, app_server: Receiver, lead: Lead, addresses: list[str]
) -> None:
    lead(addresses)
    assert unlinked(kakao, client, f"http://app.example:{app_server.server.server_port}/")["accepted"]


def test_a_certificate_is_asked_for_by_the_name(
    tmp_path: Path, kakao: Emulator, client: Client, lead: Lead
) -> None:
    asked: list[str | None] = []
    tls = tls_context(tmp_path)
    tls.sni_callback = lambda _socket, name, _context: asked.append(name)
    with Server(("127.0.0.1", 0), create_app(kakao), tls) as server, ThreadPoolExecutor(1) as pool:
        pool.submit(server.serve_forever, 0.02)
        lead(["127.0.0.1"])
        delivery = unlinked(kakao, client, f"https://app.example:{server.server_address[1]}/")
        server.shutdown()
    assert (delivery["error"], asked) == ("SSLError", ["app.example"])


@pytest.mark.parametrize("host", OFF_LIMITS)
def test_what_came_around_the_checks_is_refused_when_it_is_sent(
    kakao: Emulator, client: Client, host: str
) -> None:
    delivery = unlinked(kakao, client, f"http://{host}/")
    assert (delivery["status"], delivery["accepted"]) == (None, False)
    assert delivery["error"] in {"AddressOffLimits", "InvalidURL"}


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "127.1"])
def test_this_machine_is_reached_in_any_spelling(
    kakao: Emulator, client: Client, app_server: Receiver, host: str
) -> None:
    assert unlinked(kakao, client, f"http://{host}:{app_server.server.server_port}/")["accepted"]


def test_a_redirect_off_limits_is_not_followed(kakao: Emulator, client: Client, unlink_hook: Receiver) -> None:
    unlink_hook.status, unlink_hook.headers = 307, {"Location": "http://169.254.169.254/"}
    client.log_in()
    [delivery] = kakao.unlink("full")
    assert (delivery["status"], delivery["error"], len(unlink_hook.received)) == (307, None, 1)
