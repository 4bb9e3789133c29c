"""What Kakao sends to an app: the unlink webhook and account-status events."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from kakao_login.emulator import Emulator, InvalidSetting, NotFound
from kakao_login.emulator.webhooks.security_events import EVENT_TYPES

from .emulator_client import Client

REFERRER_TYPES = [
    "ACCOUNT_DELETE",
    "FORCED_ACCOUNT_DELETE",
    "UNLINK_FROM_ADMIN",
    "UNLINK_FROM_APPS",
    "INCOMPLETE_SIGN_UP",
]


class Receiver:
    """An app's server that takes webhooks and remembers them."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        self.status, self.body, self.headers = 200, b"", {"X-Test": "1"}
        self.waits_for: threading.Event | None = None
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                seen = {"method": self.command, "path": self.path, "headers": dict(self.headers)}
                receiver.received.append(seen | {"body": self.rfile.read(length).decode()})
                if receiver.waits_for is not None:
                    receiver.waits_for.wait(10)
                with suppress(ConnectionError):
                    self.answer()

            def answer(self) -> None:
                self.send_response(receiver.status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(receiver.body)))
                self.end_headers()
                self.wfile.write(receiver.body)

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


@pytest.fixture
def app_server(kakao: Emulator) -> Iterator[Receiver]:
    """A receiver that both webhooks of the default app point at."""
    receiver = Receiver()
    thread = threading.Thread(target=receiver.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield receiver
    kakao.reset()
    receiver.server.shutdown()
    receiver.server.server_close()
    thread.join()


@pytest.fixture
def unlink_hook(kakao: Emulator, app_server: Receiver) -> Receiver:
    kakao.patch_app(unlink_webhook={"url": f"{app_server.url}/unlink"})
    return app_server


@pytest.fixture
def event_hook(kakao: Emulator, app_server: Receiver) -> Receiver:
    app_server.status = 202
    kakao.patch_app(account_status_webhook_url=f"{app_server.url}/events")
    return app_server


def verified(client: Client, token: str) -> dict[str, Any]:
    jwks = jwt.PyJWKSet.from_dict(client.http.get(f"{client.kakao.url}/.well-known/jwks.json").json())
    key = jwks[jwt.get_unverified_header(token)["kid"]].key
    claims: dict[str, Any] = jwt.decode(token, key, algorithms=["RS256"], audience="emulator-rest-api-key")
    return claims


@pytest.mark.parametrize("referrer_type", REFERRER_TYPES)
def test_unlinking_at_kakao_posts_the_form_with_the_admin_key(
    client: Client, kakao: Emulator, unlink_hook: Receiver, referrer_type: str
) -> None:
    client.log_in()
    [delivery] = kakao.unlink("full", referrer_type)
    [request] = unlink_hook.received
    assert request["method"] == "POST"
    assert request["headers"]["Authorization"] == "KakaoAK emulator-admin-key"
    assert request["headers"]["Content-Type"] == "application/x-www-form-urlencoded;charset=utf-8"
    assert parse_qs(request["body"]) == {
        "app_id": ["1"],
        "user_id": ["4100000001"],
        "referrer_type": [referrer_type],
    }
    assert (delivery["status"], delivery["accepted"]) == (200, True)


def test_the_unlink_webhook_may_be_a_get(client: Client, kakao: Emulator, app_server: Receiver) -> None:
    kakao.patch_app(unlink_webhook={"url": f"{app_server.url}/unlink?from=kakao", "method": "GET"})
    client.log_in()
    kakao.unlink("full")
    [request] = app_server.received
    assert request["method"] == "GET"
    assert parse_qs(urlsplit(request["path"]).query)["user_id"] == ["4100000001"]
    assert request["path"].startswith("/unlink?from=kakao&")
    assert request["headers"]["Authorization"] == "KakaoAK emulator-admin-key"


def test_the_log_of_deliveries_holds_no_admin_key(client: Client, kakao: Emulator, unlink_hook: Receiver) -> None:
    client.log_in()
    kakao.unlink("full")
    assert "emulator-admin-key" not in str(kakao.deliveries())


def test_unlinking_by_the_app_itself_sends_no_unlink_webhook(
    client: Client, kakao: Emulator, unlink_hook: Receiver
) -> None:
    client.kapi("/v1/user/unlink", client.log_in()["access_token"], "POST")
    assert kakao.deliveries() == []


def test_an_incomplete_sign_up_is_told_after_a_day(client: Client, kakao: Emulator, unlink_hook: Receiver) -> None:
    kakao.patch_app(auto_link=False)
    client.log_in()
    kakao.advance_clock(86_400)
    assert parse_qs(unlink_hook.received[0]["body"])["referrer_type"] == ["INCOMPLETE_SIGN_UP"]


def test_without_a_webhook_nothing_is_sent(client: Client, kakao: Emulator) -> None:
    client.log_in()
    assert kakao.unlink("full") == []


def test_an_unlinked_person_cannot_be_unlinked(kakao: Emulator) -> None:
    with pytest.raises(NotFound, match="not linked"):
        kakao.unlink("full")


def test_an_unknown_referrer_type_is_refused(client: Client, kakao: Emulator) -> None:
    client.log_in()
    with pytest.raises(InvalidSetting, match="UNLINK_FROM_APPS"):
        kakao.unlink("full", "BORED")


@pytest.mark.parametrize(
    ("status", "accepted"), [(200, True), (201, False), (302, False), (401, False), (500, False)]
)
def test_only_the_status_counts_and_redirects_are_not_followed(
    client: Client, kakao: Emulator, unlink_hook: Receiver, status: int, accepted: bool
) -> None:
    unlink_hook.status, unlink_hook.body = status, b"whatever"
    unlink_hook.headers = {"Location": f"{unlink_hook.url}/elsewhere"}
    client.log_in()
    [delivery] = kakao.unlink("full")
    assert (delivery["status"], delivery["accepted"], delivery["answer"]) == (status, accepted, "whatever")
    assert len(unlink_hook.received) == 1


def test_an_app_has_three_seconds_to_answer(
    client: Client, kakao: Emulator, unlink_hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kakao_login.emulator.store import parcels

    assert parcels.ANSWER_SECONDS == 3.0
    monkeypatch.setattr(parcels, "ANSWER_SECONDS", 0.1)
    unlink_hook.waits_for = threading.Event()
    client.log_in()
    [delivery] = kakao.unlink("full")
    unlink_hook.waits_for.set()
    assert (delivery["status"], delivery["error"], delivery["accepted"]) == (None, "Timeout", False)


def test_an_app_that_is_down_is_logged(client: Client, kakao: Emulator) -> None:
    kakao.patch_app(unlink_webhook={"url": "http://127.0.0.1:9/unlink"})
    client.log_in()
    assert kakao.unlink("full")[0]["error"] == "ConnectionError"


@pytest.mark.parametrize("event_type", sorted(EVENT_TYPES))
def test_every_event_type_is_a_signed_token_of_kakao(
    client: Client, kakao: Emulator, event_hook: Receiver, event_type: str
) -> None:
    [delivery] = kakao.send_event("full", event_type, details={"reason": "TEST"})
    [request] = event_hook.received
    assert (request["method"], request["headers"]["Content-Type"]) == ("POST", "application/secevent+jwt")
    header = jwt.get_unverified_header(request["body"])
    assert (header["typ"], header["alg"]) == ("secevent+jwt", "RS256")
    claims = verified(client, request["body"])
    assert claims.keys() == {"iss", "aud", "sub", "iat", "jti", "toe", "txm", "app_id", "events"}
    assert (claims["iss"], claims["sub"], claims["app_id"]) == (kakao.url, "4100000001", "1")
    [(uri, event)] = claims["events"].items()
    assert uri == EVENT_TYPES[event_type]
    assert event["subject"] == {"subject_type": "iss-sub", "iss": kakao.url, "sub": "4100000001"}
    assert event["reason"] == "TEST"
    assert (delivery["status"], delivery["accepted"]) == (202, True)


def test_the_families_of_events_have_their_prefixes() -> None:
    prefixes = {uri.rpartition("/")[0] for uri in EVENT_TYPES.values()}
    assert prefixes == {
        "https://schemas.openid.net/secevent/oauth/event-type",
        "https://schemas.openid.net/secevent/risc/event-type",
        "https://schemas.openid.net/secevent/caep/event-type",
        "https://schemas.kakao.com/platevent/kakao/event-type",
    }


def test_an_event_counts_as_accepted_only_with_202(kakao: Emulator, event_hook: Receiver) -> None:
    event_hook.status, event_hook.body = 400, b'{"err":"invalid_audience","description":"no"}'
    [delivery] = kakao.send_event("full", "tokens-revoked")
    assert (delivery["status"], delivery["accepted"]) == (400, False)
    assert "invalid_audience" in delivery["answer"]


def test_linking_and_consent_are_announced_too(client: Client, kakao: Emulator, event_hook: Receiver) -> None:
    client.log_in()
    sent = [next(iter(delivery["content"]["events"])).rpartition("/")[2] for delivery in kakao.deliveries()]
    assert sent == ["user-linked", "user-scope-consent"]


def events_of(kakao: Emulator) -> list[tuple[str, str | None]]:
    """Give the kind and the scope of every event sent."""
    sent = [next(iter(delivery["content"]["events"].items())) for delivery in kakao.deliveries()]
    return [(uri.rpartition("/")[2], event.get("scope")) for uri, event in sent]


def test_a_further_consent_is_announced_with_what_is_new(
    client: Client, kakao: Emulator, event_hook: Receiver
) -> None:
    client.log_in(agree=["profile_nickname"])
    client.log_in(scope="account_email")
    assert events_of(kakao)[-1] == ("user-scope-consent", "account_email")


def test_withdrawing_a_consent_is_announced(client: Client, kakao: Emulator, event_hook: Receiver) -> None:
    token = client.log_in()["access_token"]
    client.kapi("/v2/user/revoke/scopes", token, "POST", scopes='["account_email"]')
    assert events_of(kakao)[-1] == ("user-scope-withdraw", "account_email")


def test_a_person_changes_consents_on_kakaos_own_page(
    client: Client, kakao: Emulator, event_hook: Receiver
) -> None:
    token = client.log_in(agree=["account_email"])["access_token"]
    link = kakao.consent("full", ["profile_image"])
    assert link["agreed"] == ["profile_image", "profile_nickname"]
    assert events_of(kakao)[-2:] == [
        ("user-scope-consent", "profile_image"),
        ("user-scope-withdraw", "account_email"),
    ]
    assert "email" not in client.kapi("/v2/user/me", token).json()["kakao_account"]


def test_only_items_of_the_app_can_be_agreed_to(client: Client, kakao: Emulator) -> None:
    with pytest.raises(NotFound, match="not linked"):
        kakao.consent("full", [])
    client.log_in()
    with pytest.raises(InvalidSetting, match="must be one of"):
        kakao.consent("full", ["friends"])


def test_who_rejoined_is_followed_by_news_of_the_earlier_parting(
    client: Client, kakao: Emulator, event_hook: Receiver
) -> None:
    client.log_in("rejoined")
    last = kakao.deliveries()[-1]["content"]
    assert list(last["events"]) == [EVENT_TYPES["user-unlinked"]]
    assert last["iat"] - last["toe"] == pytest.approx(86_400, abs=2)


def test_unlinking_by_the_app_itself_is_announced(client: Client, kakao: Emulator, event_hook: Receiver) -> None:
    client.kapi("/v1/user/unlink", client.log_in()["access_token"], "POST")
    content = kakao.deliveries()[-1]["content"]
    assert content["events"][EVENT_TYPES["user-unlinked"]]["reason"] == "UNLINK_FROM_SERVICE"


def test_removing_the_app_at_kakao_is_announced_both_ways(
    client: Client, kakao: Emulator, event_hook: Receiver
) -> None:
    client.log_in()
    kakao.patch_app(unlink_webhook={"url": f"{event_hook.url}/unlink"})
    assert [delivery["kind"] for delivery in kakao.unlink("full")] == ["unlink", "account_status"]


def test_an_event_can_be_sent_twice_with_the_same_jti(kakao: Emulator, event_hook: Receiver) -> None:
    kakao.switch_webhooks(copies=2)
    kakao.send_event("full", "tokens-revoked")
    first, second = event_hook.received
    assert first["body"] == second["body"]


def test_events_can_be_sent_late_and_out_of_order(client: Client, kakao: Emulator, event_hook: Receiver) -> None:
    kakao.switch_webhooks(hold=True)
    assert kakao.send_event("full", "account-disabled") == []
    assert kakao.send_event("full", "account-enabled") == []
    assert len(kakao.switch_webhooks()["held"]) == 2
    kakao.advance_clock(3_600)
    sent = [next(iter(delivery["content"]["events"])) for delivery in kakao.release_webhooks(reverse=True)]
    assert sent == [EVENT_TYPES["account-enabled"], EVENT_TYPES["account-disabled"]]
    assert len(event_hook.received) == 2


def test_when_an_event_happened_can_be_told(kakao: Emulator, event_hook: Receiver) -> None:
    [delivery] = kakao.send_event("full", "user-unlinked", toe=1_600_000_000)
    assert delivery["content"]["toe"] == 1_600_000_000


def test_claims_of_an_event_can_be_replaced(client: Client, kakao: Emulator, event_hook: Receiver) -> None:
    kakao.send_event("full", "user-unlinked", claims={"app_id": "2", "exp": 1})
    claims = jwt.decode(event_hook.received[0]["body"], options={"verify_signature": False})
    assert (claims["app_id"], claims["exp"]) == ("2", 1)


@pytest.mark.parametrize("fault", ["wrong_aud", "alg_none", "no_jti", "bad_signature", "unknown_kid"])
def test_an_event_can_be_spoiled(client: Client, kakao: Emulator, event_hook: Receiver, fault: str) -> None:
    kakao.fault("security_event", fault)
    kakao.send_event("full", "tokens-revoked")
    try:
        spoiled = "jti" not in verified(client, event_hook.received[0]["body"])
    except (jwt.PyJWTError, KeyError):
        spoiled = True
    assert spoiled


def test_an_event_needs_a_webhook_and_a_known_type(kakao: Emulator) -> None:
    with pytest.raises(InvalidSetting, match="account_status_webhook_url"):
        kakao.send_event("full", "tokens-revoked")
    with pytest.raises(InvalidSetting, match="must be one of"):
        kakao.send_event("full", "party")


def test_leaving_the_service_terms_is_told_by_the_event_alone(
    client: Client, kakao: Emulator, event_hook: Receiver
) -> None:
    client.log_in()
    kakao.patch_app(unlink_webhook={"url": f"{event_hook.url}/unlink"})
    [delivery] = kakao.unlink("full", "REVOKE_ACCOUNT_SERVICE_TERMS")
    assert delivery["kind"] == "account_status"
    assert delivery["content"]["events"][EVENT_TYPES["user-unlinked"]]["reason"] == "REVOKE_ACCOUNT_SERVICE_TERMS"


@pytest.fixture
def half_an_answer() -> Iterator[tuple[str, list[bytes]]]:
    """An app's server that answers with bytes as they are, a piece every tenth of a second, and never ends."""
    pieces: list[bytes] = []
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            line, _ = server.accept()
            with line, suppress(OSError):
                line.recv(65_536)
                for piece in pieces:
                    line.sendall(piece)
                    done.wait(0.1)
                done.wait(10)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/", pieces
        done.set()
        thread.join()


@pytest.mark.parametrize(
    ("pieces", "status", "error"),
    [
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"], 200, None),
        ([b"HTTP/1.1 200 OK\r\n", *[b"X: y\r\n"] * 20, b"\r\n"], None, "Timeout"),
    ],
    ids=["a status without its body counts", "a head that trickles in does not"],
)
def test_only_a_status_within_the_time_counts(
    client: Client,
    kakao: Emulator,
    half_an_answer: tuple[str, list[bytes]],
    monkeypatch: pytest.MonkeyPatch,
    pieces: list[bytes],
    status: int | None,
    error: str | None,
) -> None:
    monkeypatch.setattr("kakao_login.emulator.store.parcels.ANSWER_SECONDS", 0.5)
    url, answer = half_an_answer
    answer += pieces
    client.log_in()
    kakao.patch_app(unlink_webhook={"url": url})
    [delivery] = kakao.unlink("full")
    assert (delivery["status"], delivery["error"], delivery["accepted"]) == (status, error, status == 200)


def test_a_reset_does_not_wait_for_apps_that_do_not_answer(
    client: Client, kakao: Emulator, event_hook: Receiver
) -> None:
    event_hook.waits_for = threading.Event()
    kakao.switch_webhooks(copies=3)
    for _ in range(3):
        client.log_in()
        client.kapi("/v1/user/unlink", client.log_in()["access_token"], "POST")
    started = time.monotonic()
    kakao.reset()
    assert time.monotonic() - started < 1
    event_hook.waits_for.set()
    assert kakao.deliveries() == []


def test_the_admin_key_is_masked_in_an_answer_that_repeats_it(
    client: Client, kakao: Emulator, unlink_hook: Receiver
) -> None:
    unlink_hook.body = b"you sent emulator-admin-key"
    client.log_in()
    [delivery] = kakao.unlink("full")
    assert delivery["answer"] == "you sent [masked]"


@pytest.mark.parametrize("host", ["a..b", "x" * 70 + ".example"])
def test_a_host_that_cannot_be_is_an_error_of_the_delivery(client: Client, kakao: Emulator, host: str) -> None:
    client.log_in()
    kakao.patch_app(unlink_webhook={"url": f"http://{host}/"})
    [delivery] = kakao.unlink("full")
    assert (delivery["status"], delivery["accepted"]) == (None, False)
    assert delivery["error"]
