"""Account-status events, which Kakao signs and sends to an app."""

from __future__ import annotations

from typing import Any

import jwt
import pytest

from kakao_login.emulator import Emulator, InvalidSetting, NotFound
from kakao_login.emulator.webhooks.security_events import EVENT_TYPES

from .emulator_client import Client
from .webhook_receiver import REFERRER_TYPES, Receiver

OAUTH = "https://schemas.openid.net/secevent/oauth/event-type/"
RISC = "https://schemas.openid.net/secevent/risc/event-type/"
CAEP = "https://schemas.openid.net/secevent/caep/event-type/"
UNLINKED = f"{OAUTH}user-unlinked"
EVENT_URIS = [
    f"{OAUTH}user-linked",
    UNLINKED,
    f"{OAUTH}user-scope-consent",
    f"{OAUTH}user-scope-withdraw",
    f"{OAUTH}tokens-revoked",
    f"{OAUTH}token-issued",
    f"{OAUTH}token-revoked",
    f"{RISC}account-credential-change-required",
    f"{RISC}account-disabled",
    f"{RISC}account-enabled",
    f"{RISC}account-purged",
    f"{RISC}credential-compromise",
    f"{RISC}identifier-changed",
    f"{RISC}identifier-recycled",
    f"{RISC}sessions-revoked",
    f"{CAEP}assurance-level-change",
    f"{CAEP}credential-change",
    "https://schemas.kakao.com/platevent/kakao/event-type/user-profile-changed",
]


def verified(client: Client, token: str) -> dict[str, Any]:
    jwks = jwt.PyJWKSet.from_dict(client.http.get(f"{client.kakao.url}/.well-known/jwks.json").json())
    key = jwks[jwt.get_unverified_header(token)["kid"]].key
    claims: dict[str, Any] = jwt.decode(token, key, algorithms=["RS256"], audience="emulator-rest-api-key")
    return claims


@pytest.mark.parametrize("uri", EVENT_URIS)
def test_every_event_type_is_a_signed_token_of_kakao(
    client: Client, kakao: Emulator, event_hook: Receiver, uri: str
) -> None:
    [delivery] = kakao.send_event("full", uri.rpartition("/")[2], details={"reason": "TEST"})
    [request] = event_hook.received
    assert (request["method"], request["headers"]["Content-Type"]) == ("POST", "application/secevent+jwt")
    header = jwt.get_unverified_header(request["body"])
    assert (header["typ"], header["alg"]) == ("secevent+jwt", "RS256")
    claims = verified(client, request["body"])
    assert claims.keys() == {"iss", "aud", "sub", "iat", "jti", "toe", "txm", "app_id", "events"}
    assert (claims["iss"], claims["sub"], claims["app_id"]) == (kakao.url, "4100000001", "1")
    subject = {"subject_type": "iss-sub", "iss": kakao.url, "sub": "4100000001"}
    assert claims["events"] == {uri: {"subject": subject, "reason": "TEST"}}
    assert (delivery["status"], delivery["accepted"]) == (202, True)


def test_no_other_event_type_is_known() -> None:
    assert sorted(EVENT_TYPES.values()) == sorted(EVENT_URIS)


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
    assert list(last["events"]) == [UNLINKED]
    assert last["iat"] - last["toe"] == pytest.approx(86_400, abs=2)


def unlinked_event(reason: str, iss: str) -> dict[str, Any]:
    subject = {"subject_type": "iss-sub", "iss": iss, "sub": "4100000001"}
    return {UNLINKED: {"subject": subject, "reason": reason}}


@pytest.mark.parametrize("credential", ["token", "admin key"])
def test_unlinking_by_the_app_itself_is_announced_as_an_event_only(
    client: Client, kakao: Emulator, event_hook: Receiver, credential: str
) -> None:
    kakao.patch_app(unlink_webhook={"url": f"{event_hook.url}/unlink"})
    token = client.log_in()["access_token"]
    told_before = len(kakao.deliveries())
    if credential == "token":
        client.kapi("/v1/user/unlink", token, "POST")
    else:
        client.admin("/v1/user/unlink", "POST", target_id_type="user_id", target_id=4100000001)
    [delivery] = kakao.deliveries()[told_before:]
    assert delivery["kind"] == "account_status"
    assert delivery["content"]["events"] == unlinked_event("UNLINK_FROM_SERVICE", kakao.url)


@pytest.mark.parametrize("referrer_type", REFERRER_TYPES)
def test_removing_the_app_at_kakao_is_announced_both_ways(
    client: Client, kakao: Emulator, event_hook: Receiver, referrer_type: str
) -> None:
    client.log_in()
    kakao.patch_app(unlink_webhook={"url": f"{event_hook.url}/unlink"})
    told_before = len(kakao.deliveries())
    unlink, event = kakao.unlink("full", referrer_type)
    assert (unlink["kind"], unlink["content"]["referrer_type"]) == ("unlink", referrer_type)
    assert [request["path"] for request in event_hook.received[told_before:]] == ["/unlink", "/events"]
    assert verified(client, event_hook.received[-1]["body"]) == event["content"]
    assert event["content"]["events"] == unlinked_event(referrer_type, kakao.url)


def test_an_incomplete_sign_up_is_announced_both_ways(
    client: Client, kakao: Emulator, event_hook: Receiver
) -> None:
    kakao.patch_app(auto_link=False, unlink_webhook={"url": f"{event_hook.url}/unlink"})
    client.log_in()
    told_before = len(kakao.deliveries())
    kakao.advance_clock(86_400)
    unlink, event = kakao.deliveries()[told_before:]
    assert unlink["content"]["referrer_type"] == "INCOMPLETE_SIGN_UP"
    assert event["content"]["events"] == unlinked_event("INCOMPLETE_SIGN_UP", kakao.url)


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
    assert sent == [f"{RISC}account-enabled", f"{RISC}account-disabled"]
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


def test_what_happened_first_is_told_first(client: Client, kakao: Emulator, event_hook: Receiver) -> None:
    for _ in range(5):
        client.log_in()
        kakao.unlink("full")
    told = [kind for kind, _ in events_of(kakao)]
    assert told == ["user-linked", "user-scope-consent", "user-unlinked"] * 5
