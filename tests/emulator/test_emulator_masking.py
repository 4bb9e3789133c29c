"""What the log of calls must not show, wherever a client put it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from kakao_login.emulator import App, Emulator

from .emulator_client import CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, Client

ADMIN_KEY = "emulator-admin-key"


def log_of(kakao: Emulator) -> str:
    return json.dumps(kakao.requests())


@pytest.mark.parametrize(
    "form",
    [
        {"client_secret": CLIENT_SECRET},
        {"Client_Secret": CLIENT_SECRET},
        {"client_secret[]": CLIENT_SECRET},
        {"clientSecret": "some-other-secret"},
        {"client_id": CLIENT_SECRET},
        {"admin_key": ADMIN_KEY},
        {"anything": f"key={ADMIN_KEY}&more"},
        {CLIENT_SECRET: "x"},
    ],
)
def test_a_secret_is_masked_by_name_and_by_value(client: Client, kakao: Emulator, form: dict[str, str]) -> None:
    client.http.post(f"{kakao.url}/oauth/token", data=form)
    assert "[masked]" in log_of(kakao)
    assert not any(secret in log_of(kakao) for secret in (CLIENT_SECRET, ADMIN_KEY, "some-other-secret"))


def test_a_live_code_or_token_is_masked_wherever_it_stands(client: Client, kakao: Emulator) -> None:
    code, tokens = client.code(nonce="n"), client.log_in()
    places: list[tuple[str, dict[str, Any]]] = [
        ("/oauth/authorize", {"redirect_uri": f"{REDIRECT_URI}?code={code}", "client_id": CLIENT_ID}),
        (f"/v2/user/{tokens['access_token']}", {}),
        ("/v2/user/me", {"token": tokens["access_token"], "Access_Token": tokens["access_token"]}),
        ("/v2/user/me", {"x": tokens["refresh_token"], "y": tokens["id_token"]}),
    ]
    for path, query in places:
        client.http.get(f"{kakao.url}{path}", params=query, headers={"User-Agent": tokens["access_token"]})
    assert not any(secret in log_of(kakao) for secret in (code, *filter_text(tokens)))


def filter_text(tokens: dict[str, Any]) -> list[str]:
    return [tokens[name] for name in ("access_token", "refresh_token", "id_token")]


def test_long_values_and_many_parameters_are_cut(client: Client, kakao: Emulator) -> None:
    client.http.post(f"{kakao.url}/oauth/token", data={"x": "y" * 900_000})
    client.http.post(f"{kakao.url}/oauth/token", data={f"p{number}": "z" for number in range(500)})
    assert len(log_of(kakao)) < 10_000


def test_the_header_of_kakaos_sdks_is_kept(client: Client, kakao: Emulator) -> None:
    client.http.get(f"{kakao.url}/v2/user/me", headers={"KA": "sdk/2.0 os/android"})
    assert kakao.requests()[-1]["headers"]["KA"] == "sdk/2.0 os/android"


def test_what_began_before_a_reset_is_not_in_the_log_after_it(client: Client, kakao: Emulator) -> None:
    call = next(iter(_begun(client, kakao)))
    kakao.reset()
    kakao.state.recorder.end(call)
    assert kakao.requests() == []


def _begun(client: Client, kakao: Emulator) -> list[Any]:
    client.authorize()
    return kakao.state.recorder.calls()


@pytest.mark.parametrize("secret", ["s3cret", "abc+def/ghijk==", "my.long.secret.value", "pass$word-12345678"])
def test_a_secret_of_any_letters_is_masked(client: Client, kakao: Emulator, secret: str) -> None:
    kakao.patch_app(client_secret=secret)
    client.http.post(f"{kakao.url}/oauth/token", data={"secret": secret, "state": f"x{secret}y"})
    assert secret not in log_of(kakao)


@pytest.mark.parametrize("wrapped", ["x_{}", "tok-{}-{}", "https://a/?u=%253Faccess_token%253D{}"])
def test_a_token_is_found_within_a_longer_word(client: Client, kakao: Emulator, wrapped: str) -> None:
    tokens = client.log_in()
    for token in (tokens["access_token"], tokens["refresh_token"], client.code()):
        client.authorize(state=wrapped.format(token, token))
        assert token not in log_of(kakao)


def test_no_part_of_a_token_is_left_where_a_value_is_cut(client: Client, kakao: Emulator) -> None:
    token = client.log_in()["access_token"]
    client.authorize(state=" ".join([token] * 100))
    assert not any(token[:length] in log_of(kakao) for length in (10, 20, 40))


class CountedApps(list[App]):
    """Apps that count how often somebody goes through them."""

    times = 0

    def __iter__(self) -> Iterator[App]:
        self.times += 1
        return super().__iter__()


def test_the_secrets_are_collected_once_a_call(client: Client, kakao: Emulator) -> None:
    apps = kakao.state.apps = CountedApps(kakao.state.apps)
    query = {f"name{number}": f"value{number}" for number in range(20)}
    client.http.get(f"{kakao.url}/.well-known/jwks.json", params=query)
    assert len(kakao.requests()[-1]["query"]) == 20
    assert apps.times == 1
