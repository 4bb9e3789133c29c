"""The control API over HTTP, and several apps and emulators side by side."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from kakao_login.emulator import App, Emulator, InvalidSetting, NotFound, run_emulator

from .emulator_client import CLIENT_ID, Client, answer_of


def control(kakao: Emulator, method: str, path: str, json: Any = None) -> requests.Response:
    with requests.Session() as http:
        return http.request(method, f"{kakao.url}/emulator/{path}", json=json)


def test_the_app_is_shown_with_every_setting(kakao: Emulator) -> None:
    app = control(kakao, "GET", "app").json()
    assert app["client_id"] == CLIENT_ID
    assert app["client_secret"] == "emulator-client-secret"
    assert app["admin_key"] == "emulator-admin-key"
    assert (app["app_id"], app["oidc"], app["client_secret_enabled"]) == (1, True, True)
    assert app["redirect_uris"] == ["http://localhost:5000/auth/kakao/callback"]
    assert app["consent_items"] == {
        "profile_nickname": "required",
        "profile_image": "optional",
        "account_email": "optional",
    }


def test_the_app_can_be_changed(kakao: Emulator) -> None:
    changes = {
        "client_secret": "other",
        "oidc": False,
        "redirect_uris": ["http://localhost:9/", "myapp://back"],
        "unlink_webhook": {"url": "http://localhost:9/hook", "method": "GET"},
    }
    assert control(kakao, "PATCH", "app", changes).json().items() >= changes.items()
    assert control(kakao, "GET", "app").json().items() >= changes.items()


@pytest.mark.parametrize(
    "changes",
    [
        {"oidc": "yes"},
        {"app_id": 0},
        {"app_id": True},
        {"app_id": 2**63},
        {"client_id": ""},
        {"redirect_uris": "http://localhost/"},
        {"redirect_uris": ["/relative"]},
        {"redirect_uris": ["http://[::1"]},
        {"consent_items": {"gender": "maybe"}},
        {"consent_items": ["gender"]},
        {"unlink_webhook": {}},
        {"unlink_webhook": {"url": "file:///etc/passwd"}},
        {"rate_limit_status": 500},
        {"colour": "yellow"},
    ],
)
def test_a_wrong_setting_is_400_and_names_the_key(kakao: Emulator, changes: dict[str, Any]) -> None:
    before = kakao.app()
    answer = control(kakao, "PATCH", "app", changes)
    assert answer.status_code == 400
    assert next(iter(changes)) in answer.json()["error"]
    assert kakao.app() == before


@pytest.mark.parametrize(
    ("body", "content_type"),
    [("{", "application/json"), ("[]", "application/json"), ('{"oidc": false}', "text/plain"), ("a=b", None)],
)
def test_what_is_no_json_object_changes_nothing(kakao: Emulator, body: str, content_type: str | None) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    with requests.Session() as http:
        answer = http.patch(f"{kakao.url}/emulator/app", data=body, headers=headers)
    assert answer.status_code in {400, 415}
    assert answer.json()["error"]
    assert kakao.app()["oidc"] is True


@pytest.mark.parametrize(("site", "status"), [("cross-site", 403), ("same-site", 403), ("same-origin", 200)])
def test_pages_of_other_sites_cannot_use_it(kakao: Emulator, site: str, status: int) -> None:
    with requests.Session() as http:
        assert http.post(f"{kakao.url}/emulator/reset", headers={"Sec-Fetch-Site": site}).status_code == status


def test_people_can_be_listed_added_and_changed(kakao: Emulator) -> None:
    assert [user["persona"] for user in control(kakao, "GET", "users").json()["users"]][:2] == [
        "full",
        "nickname_only",
    ]
    added = control(kakao, "POST", "users", {"nickname": "새 사람", "email": "new@example.com"}).json()
    changed = control(kakao, "PATCH", f"users/{added['id']}", {"email_verified": False}).json()
    assert (changed["nickname"], changed["email_verified"]) == ("새 사람", False)
    assert control(kakao, "PATCH", "users/full", {"nickname": "바다"}).json()["nickname"] == "바다"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "users", {"id": 4100000001}, 400),
        ("POST", "users", {"persona": "full"}, 400),
        ("POST", "users", {"height": 3}, 400),
        ("PATCH", "users/full", {"id": 5}, 400),
        ("PATCH", "users/nobody", {}, 404),
        ("PATCH", "users/" + "9" * 5000, {}, 404),
        ("PUT", "browser", {"persona": "nobody"}, 404),
        ("PUT", "browser", {"persona": "full", "agree": 3}, 400),
        ("PUT", "browser", {"persona": ["full"]}, 400),
        ("PUT", "browser", {}, 400),
        ("PUT", "browser", {"persona": "full", "user_id": 4100000001}, 400),
        ("POST", "clock", {"advnace": 3}, 400),
        ("PUT", "users/full/consents", {}, 400),
        ("DELETE", "requests?last=1", {}, 400),
        ("GET", "requests?last=0", {}, 400),
        ("GET", "users?limit=-1", {}, 400),
        ("GET", "users?limit=1_0", {}, 400),
        ("GET", "users?limit=" + "9" * 30, {}, 400),
        ("POST", "keys", {"keep_old": "x"}, 400),
        ("PATCH", "webhooks", {"copies": 11}, 400),
        ("PATCH", "app", {"redirect_uris": ["http://x/#y"]}, 400),
        ("POST", "users/full/unlink", {}, 404),
        ("POST", "users/full/events", {}, 400),
        ("POST", "clock", {"advance": "much"}, 400),
        ("POST", "faults", {}, 400),
        ("GET", "nothing", None, 404),
        ("DELETE", "app", None, 405),
        ("GET", "app?client_id=other", None, 404),
    ],
)
def test_a_call_that_cannot_be_done_says_why(
    kakao: Emulator, method: str, path: str, body: Any, status: int
) -> None:
    answer = control(kakao, method, path, body)
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("application/json")


def test_every_call_works_over_http(client: Client, kakao: Emulator) -> None:
    assert control(kakao, "PUT", "browser", {"user_id": 4100000001, "agree": "all"}).status_code == 200
    assert client.exchange(answer_of(client.authorize())["code"]).status_code == 200
    assert control(kakao, "POST", "users/full/unlink", {"referrer_type": "ACCOUNT_DELETE"}).json() == {
        "deliveries": []
    }
    assert control(kakao, "DELETE", "browser").status_code == 200
    assert client.authorize().status_code == 200
    faults = control(kakao, "POST", "faults", {"endpoint": "token", "fault": "http_503", "times": 2}).json()
    assert faults["faults"][0]["times"] == 2
    assert control(kakao, "DELETE", "faults").json()["faults"] == []
    before = control(kakao, "GET", "clock").json()["now"]
    assert control(kakao, "POST", "clock", {"advance": 60}).json()["now"] == pytest.approx(before + 60, abs=1)
    assert len(control(kakao, "GET", "requests?endpoint=token").json()["requests"]) == 1
    assert control(kakao, "DELETE", "requests").json() == {"requests": []}
    assert len(control(kakao, "POST", "keys", {"keep_old": False}).json()["kid"]) == 30
    assert control(kakao, "PATCH", "webhooks", {"copies": 2, "hold": True}).json() == {
        "copies": 2,
        "hold": True,
        "held": [],
        "deliveries": [],
    }
    assert control(kakao, "POST", "webhooks/release", {"reverse": True}).json() == {"deliveries": []}
    assert control(kakao, "POST", "reset").json() == {"reset": True}


def test_reset_brings_back_the_start(client: Client, kakao: Emulator) -> None:
    token = client.log_in()["access_token"]
    kakao.patch_app(oidc=False)
    kakao.add_user(nickname="x")
    kakao.add_app()
    kakao.advance_clock(60)
    kakao.reset()
    assert client.kapi("/v2/user/me", token).status_code == 401
    assert (kakao.app()["oidc"], len(kakao.users()), len(kakao.apps())) == (True, 10, 1)
    assert client.authorize().status_code == 200


def test_one_browser_can_sign_in_by_itself_while_others_see_pages(client: Client, kakao: Emulator) -> None:
    kakao.sign_in_as("full", browser="alice")
    assert client.authorize().status_code == 200
    client.http.cookies.set("emulated_kakao_browser", "alice")
    assert "code" in answer_of(client.authorize())
    kakao.show_pages(browser="alice")
    assert client.authorize().status_code == 200


def test_each_app_knows_a_person_by_another_id(client: Client, kakao: Emulator) -> None:
    other = kakao.add_app(
        redirect_uris=["http://localhost:5001/cb"], consent_items={"profile_nickname": "required"}
    )
    kakao.sign_in_as("full")
    location = client.authorize(client_id=other["client_id"], redirect_uri="http://localhost:5001/cb").headers[
        "Location"
    ]
    tokens = client.exchange(
        location.partition("code=")[2],
        client_id=other["client_id"],
        client_secret=other["client_secret"],
        redirect_uri="http://localhost:5001/cb",
    ).json()
    user = client.kapi("/v2/user/me", tokens["access_token"]).json()
    assert user["id"] == 4100000001 + 1_000_000_007
    info = client.kapi("/v1/user/access_token_info", tokens["access_token"]).json()
    assert (info["app_id"], info["id"]) == (2, user["id"])
    assert client.me()["id"] == 4100000001


def test_a_link_to_one_app_is_none_to_another(client: Client, kakao: Emulator) -> None:
    client.log_in()
    other = kakao.add_app()
    with pytest.raises(NotFound):
        kakao.unlink("full", client_id=other["client_id"])


def test_a_code_of_one_app_is_koe114_for_another(client: Client, kakao: Emulator) -> None:
    other = kakao.add_app()
    answer = client.exchange(client.code(), client_id=other["client_id"], client_secret=other["client_secret"])
    assert answer.json()["error_code"] == "KOE114"


def test_two_apps_cannot_share_a_key(kakao: Emulator) -> None:
    with pytest.raises(InvalidSetting, match=r"client_id.*taken"):
        kakao.add_app(client_id=CLIENT_ID)
    kakao.add_app(client_id="second")
    with pytest.raises(InvalidSetting, match=r"client_id.*taken"):
        kakao.patch_app("second", client_id=CLIENT_ID)


def test_two_emulators_share_nothing(client: Client, kakao: Emulator) -> None:
    with run_emulator(apps=(App(name="Other"),), sign_in_as="big_id") as other:
        kakao.patch_app(oidc=False)
        kakao.advance_clock(500)
        second = Client(other)
        assert second.exchange(answer_of(second.authorize())["code"]).json()["id_token"]
        assert other.advance_clock(0) < kakao.advance_clock(0) - 400
        assert other.requests("token")
        assert not kakao.requests("token")
        second.http.close()


def test_sign_in_as_outlives_a_reset() -> None:
    with run_emulator(sign_in_as="full") as kakao:
        kakao.reset()
        client = Client(kakao)
        assert "code" in answer_of(client.authorize())
        client.http.close()


def test_who_signs_in_without_pages_is_told(client: Client, kakao: Emulator) -> None:
    control(kakao, "PUT", "browser", {"persona": "full", "agree": ["profile_image"], "browser": "b"})
    told = control(kakao, "GET", "browser").json()
    assert told == {"browsers": {"b": {"user_id": 4100000001, "agree": ["profile_image"]}}}
    assert control(kakao, "DELETE", "browser", {"browser": "b"}).json() == {"browsers": {}}


def test_the_calls_of_one_endpoint_can_be_forgotten(client: Client, kakao: Emulator) -> None:
    client.log_in()
    left = control(kakao, "DELETE", "requests?endpoint=token").json()
    assert left == {"requests": []}
    assert [call["endpoint"] for call in kakao.requests()] == ["authorize"]


def test_a_call_about_an_app_may_name_it_in_the_query(client: Client, kakao: Emulator) -> None:
    other = kakao.add_app()["client_id"]
    client.log_in()
    assert control(kakao, "POST", f"users/full/unlink?client_id={other}&x=1", {}).status_code == 404
    assert control(kakao, "POST", "users/full/unlink", {}).status_code == 200


def test_a_reset_brings_the_first_keys_back(client: Client, kakao: Emulator) -> None:
    def kids() -> list[str]:
        keys = client.http.get(f"{kakao.url}/.well-known/jwks.json").json()["keys"]
        return [key["kid"] for key in keys]

    first = kids()
    kakao.rotate_keys(keep_old=False)
    assert set(first).isdisjoint(kids())
    kakao.reset()
    assert kids() == first


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "kakao.com.evil.example:9000"},
        {"Host": "[::1"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", ["app", "requests", "", "stream"])
def test_the_page_of_another_site_reaches_nothing(kakao: Emulator, path: str, headers: dict[str, str]) -> None:
    with requests.get(f"{kakao.url}/emulator/{path}", headers=headers, timeout=5, stream=True) as answer:
        assert answer.status_code in {400, 403}
        assert "emulator-admin-key" not in answer.text


@pytest.mark.parametrize(
    "host", ["localhost:9000", "kakao.localhost", "[::1]:9000", "kauth.kakao.com", "10.0.2.2:9"]
)
def test_the_control_api_answers_to_its_own_names(kakao: Emulator, host: str) -> None:
    answer = requests.get(f"{kakao.url}/emulator/app", headers={"Host": host}, timeout=5)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "users", '{"self": 1}'),
        ("POST", "apps", '{"self": 1}'),
        ("POST", "faults", '{"self": 1}'),
        ("PATCH", "users/full", '{"user": "x"}'),
        ("POST", "users", "[" * 200_000),
        ("POST", "users", '{"nickname": "\\ud800"}'),
        ("POST", "faults", '{"endpoint": "token", "fault": "answer", "body": "\\ud800"}'),
        ("POST", "faults", '{"endpoint": "token", "fault": "answer", "status": 99}'),
        ("POST", "faults", '{"endpoint": "token", "fault": "slow", "delay_ms": 9223372036854775807}'),
        ("PATCH", "app", '{"admin_key": "열쇠"}'),
        ("PATCH", "app", '{"account_status_webhook_url": "http://u:p@localhost/"}'),
        ("PATCH", "app", '{"unlink_webhook": {"url": "http://localhost/#f"}}'),
        ("PATCH", "app", '{"javascript_key": "emulator-native-key"}'),
        ("POST", "users", '{"persona": "4100000001"}'),
        ("POST", "users", '{"persona": "a/b"}'),
        ("POST", "users", '{"persona": ".."}'),
        ("PATCH", "app", '{"user_id_offset": 9007199254740992}'),
        ("POST", "users", '{"id": 9223372036854775807}'),
    ],
)
def test_odd_values_are_refused_and_change_nothing(kakao: Emulator, method: str, path: str, body: str) -> None:
    before = (kakao.users(), kakao.apps())
    headers = {"Content-Type": "application/json"}
    answer = requests.request(
        method, f"{kakao.url}/emulator/{path}", data=body.encode(), headers=headers, timeout=5
    )
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert (kakao.users(), kakao.apps(), kakao.state.faults.pending()) == (*before, [])


def test_a_new_person_never_meets_an_id_that_is_taken(kakao: Emulator) -> None:
    kakao.add_user(id=4_200_000_012)
    kakao.add_user(persona="person_13")
    assert len({kakao.add_user()["id"] for _ in range(3)}) == 3


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_link_from_another_page_leads_to_the_console(kakao: Emulator, site: str) -> None:
    followed = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    url = f"{kakao.url}/emulator/"
    assert requests.get(url, headers=followed, timeout=5).status_code == 200
    framed = requests.get(url, headers=followed | {"Sec-Fetch-Dest": "iframe"}, timeout=5)
    assert (framed.status_code, "another site" in framed.text) == (403, True)
    assert requests.post(f"{url}reset", headers=followed, timeout=5).status_code == 403
