"""Refreshing: what it brings and leaves alone; and how often tokens may be asked for."""

from __future__ import annotations

import pytest

from kakao_login.emulator import Emulator

from .emulator_client import Client, unverified
from .emulator_client import kauth_refusal as refused

DAY = 86_400


def test_a_refresh_early_on_brings_a_new_access_token_only(client: Client) -> None:
    first = client.log_in()
    answer = client.refresh(first["refresh_token"]).json()
    assert answer.keys() == {"access_token", "token_type", "expires_in", "id_token"}
    assert answer["access_token"] != first["access_token"]


def test_an_access_token_outlives_a_refresh(client: Client) -> None:
    first = client.log_in()
    client.refresh(first["refresh_token"])
    assert client.kapi("/v2/user/me", first["access_token"]).status_code == 200


def test_an_early_refresh_does_not_prolong_the_refresh_token(client: Client, kakao: Emulator) -> None:
    first = client.log_in()
    kakao.advance_clock(29 * DAY)
    assert "refresh_token" not in client.refresh(first["refresh_token"]).json()
    kakao.advance_clock(31 * DAY)
    assert refused(client.refresh(first["refresh_token"]))[2] == "KOE322"


def test_a_refresh_in_the_last_month_replaces_the_refresh_token(client: Client, kakao: Emulator) -> None:
    first = client.log_in()
    kakao.advance_clock(30 * DAY + 1)
    answer = client.refresh(first["refresh_token"]).json()
    assert answer["refresh_token"] != first["refresh_token"]
    assert answer["refresh_token_expires_in"] == 5_183_999
    assert refused(client.refresh(first["refresh_token"]))[2] == "KOE322"
    assert client.refresh(answer["refresh_token"]).status_code == 200


def test_a_refresh_token_of_another_key_is_dead(client: Client) -> None:
    first = client.log_in()
    assert refused(client.refresh(first["refresh_token"], client_id="emulator-native-key"))[2] == "KOE322"


def test_a_refresh_token_dies_with_the_link(client: Client, kakao: Emulator) -> None:
    first = client.log_in()
    kakao.unlink("full")
    assert refused(client.refresh(first["refresh_token"]))[2] == "KOE322"


def test_a_refresh_brings_an_id_token_only_if_the_login_did(client: Client) -> None:
    without = client.log_in(scope="profile_nickname")
    assert "id_token" not in without
    assert "id_token" not in client.refresh(without["refresh_token"]).json()


def test_an_additional_consent_with_openid_brings_an_id_token(client: Client) -> None:
    assert "id_token" in client.log_in(scope="openid,account_email")


def test_an_id_token_of_a_refresh_tells_when_the_person_logged_in(client: Client, kakao: Emulator) -> None:
    first = client.log_in()
    kakao.advance_clock(3_600)
    before, after = (
        unverified(first["id_token"]),
        unverified(client.refresh(first["refresh_token"]).json()["id_token"]),
    )
    assert after["auth_time"] == before["auth_time"]
    assert after["exp"] - before["exp"] == pytest.approx(3_600, abs=1)


def test_the_21st_code_within_ten_minutes_is_koe237(client: Client, kakao: Emulator) -> None:
    kakao.patch_app(rate_limited=True)
    for _ in range(20):
        client.log_in()
    assert refused(client.exchange(client.code())) == (400, "invalid_request", "KOE237")
    assert client.log_in("big_id")
    kakao.advance_clock(600)
    assert client.log_in()


def test_the_31st_refresh_within_an_hour_is_koe237(client: Client, kakao: Emulator) -> None:
    kakao.patch_app(rate_limited=True, rate_limit_status=429)
    refresh_token = client.log_in()["refresh_token"]
    for _ in range(30):
        assert client.refresh(refresh_token).status_code == 200
    assert refused(client.refresh(refresh_token)) == (429, "invalid_request", "KOE237")
    kakao.advance_clock(3_590)
    assert client.refresh(refresh_token).status_code == 429
    kakao.advance_clock(11)
    assert client.refresh(refresh_token).status_code == 200


def test_refreshes_are_counted_for_each_user(client: Client, kakao: Emulator) -> None:
    kakao.patch_app(rate_limited=True)
    one, other = client.log_in("full"), client.log_in("big_id")
    for _ in range(30):
        assert client.refresh(one["refresh_token"]).status_code == 200
    assert refused(client.refresh(one["refresh_token"]))[2] == "KOE237"
    assert client.refresh(other["refresh_token"]).status_code == 200
