"""One person in two apps: another id in each, told the same everywhere, and tokens that look alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest

from kakao_login.emulator import Emulator

from .emulator_client import CLIENT_ID, Client, unverified
from .webhook_receiver import Receiver

FIRST_ID, SECOND_ID = 4100000001, 5100000008
Read = Callable[[Client, dict[str, Any]], Any]


@pytest.fixture
def second(kakao: Emulator, app_server: Receiver) -> Iterator[Client]:
    """A client of a second app with both webhooks, whose first user is `full`, linked to the first app too."""
    Client(kakao).log_in()
    hooks = {
        "unlink_webhook": {"url": f"{app_server.url}/unlink"},
        "account_status_webhook_url": f"{app_server.url}/events",
    }
    client = Client(kakao, kakao.add_app(**hooks, service_terms={"tos": "required"}))
    yield client
    client.http.close()


def by_token(path: str, member: str = "id") -> Read:
    return lambda client, tokens: client.kapi(path, tokens["access_token"]).json()[member]


def by_post(path: str, **parameters: str) -> Read:
    return lambda client, tokens: client.kapi(path, tokens["access_token"], "POST", **parameters).json()["id"]


def by_target(path: str, method: str = "GET", **parameters: str) -> Read:
    target = {"target_id_type": "user_id", "target_id": SECOND_ID}
    return lambda client, _: client.admin(path, method, **target, **parameters).json()["id"]


def in_an_event(client: Client, tokens: dict[str, Any]) -> Any:
    [delivery] = client.kakao.send_event("full", "tokens-revoked", client_id=client.app["client_id"])
    claims = delivery["content"]
    [event] = claims["events"].values()
    assert (claims["aud"], claims["app_id"]) == (client.app["client_id"], "2")
    assert claims["sub"] == event["subject"]["sub"]
    return claims["sub"]


PLACES: dict[str, tuple[type, Read]] = {
    "id_token": (str, lambda _, tokens: unverified(tokens["id_token"])["sub"]),
    "id_token of a refresh": (
        str,
        lambda client, tokens: unverified(client.refresh(tokens["refresh_token"]).json()["id_token"])["sub"],
    ),
    "user info": (str, by_token("/v1/oidc/userinfo", member="sub")),
    "user me": (int, by_token("/v2/user/me")),
    "token info": (int, by_token("/v1/user/access_token_info")),
    "scopes": (int, by_token("/v2/user/scopes")),
    "revoked scopes": (int, by_post("/v2/user/revoke/scopes", scopes='["account_email"]')),
    "service terms": (int, by_token("/v2/user/service_terms")),
    "upgraded terms": (int, by_post("/v2/user/upgrade/service_terms", tags="tos")),
    "properties": (int, by_post("/v1/user/update_profile", properties="{}")),
    "logout": (int, by_post("/v1/user/logout")),
    "unlink": (int, by_post("/v1/user/unlink")),
    "target of user me": (int, by_target("/v2/user/me")),
    "target of scopes": (int, by_target("/v2/user/scopes")),
    "target of logout": (int, by_target("/v1/user/logout", "POST")),
    "target of unlink": (int, by_target("/v1/user/unlink", "POST")),
    "user ids": (int, lambda client, _: client.admin("/v1/user/ids").json()["elements"][0]),
    "several users": (
        int,
        lambda client, _: client.admin("/v2/app/users", target_ids=f"[{FIRST_ID}, {SECOND_ID}]").json()[0]["id"],
    ),
    "event": (str, in_an_event),
}


@pytest.mark.parametrize("place", PLACES)
def test_an_app_sees_its_own_id_of_a_person_everywhere(second: Client, place: str) -> None:
    kind, read = PLACES[place]
    assert read(second, second.log_in()) == kind(SECOND_ID)


def test_a_sign_up_answers_with_the_apps_own_id(second: Client, kakao: Emulator) -> None:
    kakao.patch_app(second.app["client_id"], auto_link=False)
    answer = second.kapi("/v1/user/signup", second.log_in()["access_token"], "POST")
    assert answer.json() == {"id": SECOND_ID}


def test_both_webhooks_tell_the_apps_own_id(second: Client, kakao: Emulator, app_server: Receiver) -> None:
    second.log_in()
    told_before = len(kakao.deliveries())
    kakao.unlink("full", client_id=second.app["client_id"])
    unlink, event = app_server.received[told_before:]
    form, claims = parse_qs(unlink["body"]), unverified(event["body"])
    assert (form["app_id"], form["user_id"]) == (["2"], [str(SECOND_ID)])
    assert (claims["app_id"], claims["sub"]) == ("2", str(SECOND_ID))
    assert unlink["headers"]["Authorization"] == f"KakaoAK {second.app['admin_key']}"


def test_the_id_of_one_app_is_nobody_to_the_other(second: Client, client: Client) -> None:
    second.log_in()
    for asking, user_id in ((second, FIRST_ID), (client, SECOND_ID)):
        answer = asking.admin("/v2/user/me", target_id_type="user_id", target_id=user_id)
        assert (answer.status_code, answer.json()["code"]) == (400, -101)


def test_leaving_one_app_is_not_leaving_the_other(second: Client, client: Client, kakao: Emulator) -> None:
    first_token, second_token = client.log_in()["access_token"], second.log_in()["access_token"]
    kakao.unlink("full")
    assert client.kapi("/v2/user/me", first_token).status_code == 401
    assert second.kapi("/v2/user/me", second_token).json()["id"] == SECOND_ID


def test_only_token_info_and_the_audience_tell_whose_token_it_is(second: Client, client: Client) -> None:
    tokens = {1: client.log_in(), 2: second.log_in()}
    for app_id, key in ((1, CLIENT_ID), (2, second.app["client_id"])):
        user = client.kapi("/v2/user/me", tokens[app_id]["access_token"])
        assert user.status_code == 200
        assert not {"app_id", "aud", "client_id"} & user.json().keys()
        info = client.kapi("/v1/user/access_token_info", tokens[app_id]["access_token"]).json()
        assert (info["app_id"], info["id"]) == (app_id, user.json()["id"])
        assert unverified(tokens[app_id]["id_token"])["aud"] == key
