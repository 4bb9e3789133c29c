"""A pair can be made again at any time, lives no longer than its session and says nothing it need not."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import inspect

from kakao_login.settings.values import DAY
from kakao_login.store.models import LoginSession
from kakao_login.tokens.pair import PairMaker, TokenPair
from tests.builders import ALGORITHMS, codec_of, new_session, read
from tests.support import Clock, Host

START = 1_800_000_000


def a_row(**changes: Any) -> LoginSession:
    """Give a row as after a login, without a database."""
    values = {
        "id": "s" * 22,
        "user_id": 7,
        "generation": 0,
        "created_at": START + 0.7,
        "rotated_at": None,
        "idle_expires_at": START + 30 * DAY + 0.7,
        "expires_at": START + 365 * DAY + 0.7,
    }
    return cast(LoginSession, SimpleNamespace(**{**values, **changes}))


def maker(clock: Callable[[], float], algorithm: str = "HS256") -> PairMaker:
    return PairMaker(codec_of(algorithm), access_lifetime=3600, clock=clock)


@pytest.fixture
def clock() -> Clock:
    return Clock(START + 0.7)


def test_a_pair_as_json_is_a_token_response(clock: Clock) -> None:
    pair = maker(clock).make(a_row(), {}, "cookie")
    assert pair.as_json() == {
        "token_type": "Bearer",
        "access_token": pair.access_token,
        "expires_in": 3600,
        "refresh_token": pair.refresh_token,
        "refresh_expires_in": 30 * DAY,
    }


def test_a_repr_shows_no_token(clock: Clock) -> None:
    pair = maker(clock).make(a_row(), {}, "cookie")
    assert "eyJ" not in repr(pair)
    assert dataclasses.asdict(pair)["access_token"].startswith("eyJ")


def test_the_access_token_says_who_which_session_and_when(clock: Clock) -> None:
    claims = read(maker(clock).make(a_row(generation=4), {}, "cookie").access_token)[1]
    assert (claims["sub"], claims["sid"], claims["gen"], claims["auth_time"]) == ("7", "s" * 22, 4, START)
    assert (claims["iat"], claims["exp"]) == (START, START + 3600)


def test_the_refresh_token_says_nothing_about_the_user(clock: Clock) -> None:
    claims = read(maker(clock).make(a_row(), {"role": "admin"}, "cookie").refresh_token)[1]
    assert set(claims) == {"iss", "aud", "iat", "nbf", "exp", "sid", "gen", "use"}


@pytest.mark.parametrize("algorithm", ["HS256", "EdDSA", "RS256"])
def test_everybody_who_asks_for_one_generation_gets_the_same_refresh_token(clock: Clock, algorithm: str) -> None:
    pairs: list[TokenPair] = []
    for _ in range(3):
        pairs.append(maker(clock, algorithm).make(a_row(), {}, "cookie"))
        clock.advance(12345.6)
    assert len({pair.refresh_token for pair in pairs}) == 1
    assert len({read(pair.access_token)[1]["jti"] for pair in pairs}) == 3


def test_with_es256_it_says_the_same_though_no_signature_comes_twice(clock: Clock) -> None:
    tokens = [maker(clock, "ES256").make(a_row(), {}, "cookie").refresh_token for _ in range(2)]
    assert read(tokens[0]) == read(tokens[1])


def test_the_next_generation_has_another_refresh_token(clock: Clock) -> None:
    tokens = {
        maker(clock).make(a_row(generation=generation), {}, "cookie").refresh_token for generation in range(5)
    }
    assert len(tokens) == 5


@pytest.mark.parametrize(
    ("idle", "absolute", "left"), [(30 * DAY, 365 * DAY, 30 * DAY), (30 * DAY, DAY, DAY), (0.5, 9, 0)]
)
def test_the_refresh_token_dies_with_its_session(clock: Clock, idle: float, absolute: float, left: int) -> None:
    row = a_row(rotated_at=clock.now, idle_expires_at=clock.now + idle, expires_at=clock.now + absolute)
    pair = maker(clock).make(row, {}, "cookie")
    assert pair.refresh_expires_in == left
    assert 0 <= min(row.idle_expires_at, row.expires_at) - read(pair.refresh_token)[1]["exp"] < 1


@pytest.mark.parametrize(("left", "expires_in"), [(10_000, 3600), (3600, 3600), (59.9, 59), (1, 1)])
def test_the_access_token_does_not_outlive_the_absolute_limit(clock: Clock, left: float, expires_in: int) -> None:
    pair = maker(clock).make(a_row(expires_at=clock.now + left), {}, "cookie")
    claims = read(pair.access_token)[1]
    assert pair.expires_in == expires_in
    assert claims["exp"] - claims["iat"] == expires_in


def test_the_seconds_left_shrink_as_time_goes_by(clock: Clock) -> None:
    clock.advance(DAY)
    pair = maker(clock).make(a_row(), {}, "cookie")
    assert (pair.expires_in, pair.refresh_expires_in) == (3600, 29 * DAY)


def test_a_host_adds_claims_about_its_user(clock: Clock) -> None:
    own = {"role": "admin", "https://app.example/team": ["a"]}
    claims = read(maker(clock).make(a_row(), own, "cookie").access_token)[1]
    assert (claims["role"], claims["https://app.example/team"]) == ("admin", ["a"])


@pytest.mark.parametrize("name", ["sub", "exp", "sid", "gen", "aud", "auth_time"])
def test_a_host_cannot_take_the_place_of_a_reserved_claim(clock: Clock, name: str) -> None:
    assert read(maker(clock).make(a_row(), {name: "evil"}, "cookie").access_token)[1][name] != "evil"


@pytest.mark.parametrize("use", ["cookie", "json"])
def test_the_refresh_token_says_how_it_was_handed_out(clock: Clock, use: Any) -> None:
    assert read(maker(clock).make(a_row(), {}, use).refresh_token)[1]["use"] == use


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_pair_fits_into_cookies(clock: Clock, algorithm: str) -> None:
    pair = maker(clock, algorithm).make(a_row(user_id="u" * 64, generation=10**6), {}, "cookie")
    assert len(pair.access_token) < 1024
    assert len(pair.refresh_token) < 1024


@pytest.mark.parametrize("key", [7, "text", 2**63 - 1])
def test_the_subject_is_a_text_whatever_the_key(clock: Clock, key: object) -> None:
    assert read(maker(clock).make(a_row(user_id=key), {}, "cookie").access_token)[1]["sub"] == str(key)


def test_a_pair_of_a_stored_session_is_taken_back(bare_host: Host) -> None:
    row = new_session(bare_host)
    pair = bare_host.services.pairs.make(row, {}, "cookie")
    now = bare_host.services.clock()
    access = bare_host.services.codec.decode("access", pair.access_token, now=now)
    refresh = bare_host.services.codec.decode("refresh", pair.refresh_token, now=now)
    assert (access.sid, refresh.sid, access.generation, refresh.generation) == (row.id, row.id, 0, 0)


def test_a_hosts_claims_can_follow_the_relationships_of_its_user(bare_host: Host) -> None:
    attached: list[bool] = []

    @bare_host.kakao_login.additional_claims
    def claims(user: Any) -> dict[str, Any]:
        attached.append(inspect(user).session is not None)
        return {}

    row = new_session(bare_host)
    with bare_host.app.app_context():
        bare_host.services.pair_of(row, "cookie")
    assert attached == [True]
