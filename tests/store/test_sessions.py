"""A session's life in SQL: one row a login, one step at a time, and no way back once it ended."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from kakao_login import EndReason, signals
from kakao_login.errors import DatabaseUnavailable, RefreshTokenReused, SessionEnded
from kakao_login.settings.values import DAY
from tests.builders import (
    at_once,
    change,
    confirm,
    database_away,
    heard,
    new_session,
    new_user,
    statements,
    stored,
)
from tests.support import Clock, Host

ALL = (
    signals.session_refreshed,
    signals.refresh_replayed,
    signals.refresh_token_reused,
    signals.session_ended,
)


def rotate(host: Host, sid: str, generation: int, **about: Any) -> int:
    """Present a refresh token and give the generation of the pair that is answered."""
    return int(host.services.renewals.rotate(sid, generation, **about).generation)


def do_one_of(works: list[partial[bool]]) -> bool:
    return works.pop()()


def is_over(host: Host, sid: str, generation: int) -> bool:
    try:
        rotate(host, sid, generation)
    except SessionEnded:
        return True
    return False


# The start.


def test_a_login_starts_at_generation_0_with_both_limits(bare_host: Host, clock: Clock) -> None:
    row = stored(bare_host, new_session(bare_host).id)
    assert (row.generation, row.confirmed, row.rotated_at, row.ended_at) == (0, False, None, None)
    assert (row.created_at, row.last_active_at) == (clock.now, clock.now)
    assert row.idle_expires_at == clock.now + 30 * DAY
    assert row.expires_at == clock.now + 365 * DAY
    assert (row.user_agent, row.ip) == ("a browser", "192.0.2.1")


def test_every_login_has_an_id_of_its_own(bare_host: Host) -> None:
    user = new_user(bare_host)
    assert len({new_session(bare_host, user).id for _ in range(50)}) == 50


def test_what_the_client_says_about_itself_is_cut_to_its_column(bare_host: Host) -> None:
    row = bare_host.services.sessions.start(new_user(bare_host), user_agent="한" * 10_000, ip="1" * 1000)
    assert (len(stored(bare_host, row.id).user_agent), len(row.ip)) == (256, 64)


def test_the_row_holds_no_token(bare_host: Host) -> None:
    row = new_session(bare_host)
    pair = bare_host.services.pairs.make(row, {}, "cookie")
    values = [str(value) for value in vars(stored(bare_host, row.id)).values()]
    parts = [*pair.access_token.split("."), *pair.refresh_token.split(".")]
    assert not any(part in value for part in parts for value in values)


# One step further.


def test_a_refresh_changes_the_row_and_adds_none(bare_host: Host, clock: Clock) -> None:
    sid = new_session(bare_host).id
    before = stored(bare_host, sid)
    clock.advance(DAY)
    assert rotate(bare_host, sid, 0) == 1
    row = stored(bare_host, sid)
    assert (row.generation, row.confirmed, row.rotated_at) == (1, False, clock.now)
    assert row.idle_expires_at == clock.now + 30 * DAY
    assert row.expires_at == before.expires_at
    assert len(bare_host.services.sessions.of_user(row.user_id)) == 1


def test_a_chain_of_a_hundred_refreshes_is_one_session(bare_host: Host, clock: Clock) -> None:
    sid = new_session(bare_host).id
    for generation in range(100):
        assert rotate(bare_host, sid, generation) == generation + 1
        clock.advance(3600)
    assert stored(bare_host, sid).generation == 100


def test_the_same_token_again_gives_the_same_pair_without_a_write(bare_host: Host) -> None:
    sid = new_session(bare_host).id
    rotate(bare_host, sid, 0)
    before = vars(stored(bare_host, sid))
    with statements(bare_host) as sent, heard(bare_host.app, *ALL) as calls:
        assert [rotate(bare_host, sid, generation) for generation in (0, 1, 0, 1)] == [1, 1, 1, 1]
    assert [name for name, _ in calls] == ["refresh-replayed"] * 4
    # The common step, which finds nothing to do, and a look at the row; never the lock of a step.
    assert [statement.split()[0] for statement in sent] == ["UPDATE", "SELECT"] * 4
    after = vars(stored(bare_host, sid))
    assert {name: after[name] for name in after if name not in ("user", "_sa_instance_state")} == {
        name: before[name] for name in before if name not in ("user", "_sa_instance_state")
    }


@pytest.mark.parametrize("delay", [1, 60, 3600, DAY, 29 * DAY])
def test_a_lost_answer_is_made_good_however_late_the_retry(bare_host: Host, clock: Clock, delay: int) -> None:
    """ory/hydra #1831, kitchenowl #400: the client never saw the new pair and comes again with the old one."""
    sid = new_session(bare_host).id
    rotate(bare_host, sid, 0)
    clock.advance(delay)
    assert rotate(bare_host, sid, 0) == 1
    # The late answer has the time of a window to arrive before the next step.
    assert rotate(bare_host, sid, 1) == 1
    clock.advance(10)
    assert rotate(bare_host, sid, 1) == 2


def test_whatever_answer_comes_last_the_next_refresh_works(bare_host: Host, clock: Clock) -> None:
    """next-auth #8897: a slow answer puts the cookies of the step before back into the jar."""
    sid = new_session(bare_host).id
    assert [rotate(bare_host, sid, 0), rotate(bare_host, sid, 0)] == [1, 1]
    clock.advance(9)
    assert rotate(bare_host, sid, 0) == 1
    clock.advance(3600)
    assert rotate(bare_host, sid, 1) == 2


def test_without_a_window_every_refresh_goes_further_and_a_lost_answer_is_still_made_good(
    new_bare_host: Callable[..., Host],
) -> None:
    host = new_bare_host(KAKAO_LOGIN_REUSE_INTERVAL=0)
    sid = new_session(host).id
    assert [rotate(host, sid, 0), rotate(host, sid, 0), rotate(host, sid, 1), rotate(host, sid, 1)] == [1, 1, 2, 2]
    confirm(host, sid)
    with pytest.raises(RefreshTokenReused):
        rotate(host, sid, 1)


# Theft.


def steal(host: Host, clock: Clock) -> str:
    """Give a session whose generation 0 was stolen, and whose owner has refreshed and gone on."""
    sid = new_session(host).id
    rotate(host, sid, 0)
    confirm(host, sid)
    clock.advance(11)
    return sid


def test_a_thief_one_step_behind_ends_the_session_for_both(bare_host: Host, clock: Clock) -> None:
    sid = steal(bare_host, clock)
    with pytest.raises(RefreshTokenReused):
        rotate(bare_host, sid, 0)
    row = stored(bare_host, sid)
    assert (row.ended_at, row.end_reason, row.end_number) == (clock.now, "reuse", 1)
    assert bare_host.services.ends.has_ended(sid)
    assert [is_over(bare_host, sid, generation) for generation in (0, 1, 2)] == [True] * 3


def test_a_theft_is_told_once_and_the_end_is_committed_before(
    bare_host: Host, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """get-engram #389: sessions ended by the dozen and no line in any log."""
    sid = steal(bare_host, clock)
    seen: list[float | None] = []

    def look(_app: object, sid: str, user_id: object) -> None:
        seen.append(stored(bare_host, sid).ended_at)

    with (
        caplog.at_level(logging.INFO, "kakao_login"),
        signals.refresh_token_reused.connected_to(look, sender=bare_host.app),
        heard(bare_host.app, *ALL) as calls,
    ):
        for _ in range(3):
            assert is_over(bare_host, sid, 0)
    assert [name for name, _ in calls] == ["session-ended", "refresh-token-reused"]
    assert calls[0][1]["reason"] == "reuse"
    assert seen == [clock.now]
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert sid in caplog.text


def test_an_older_generation_is_theft_even_within_the_window(bare_host: Host) -> None:
    """django-oauth-toolkit #1617, Keycloak #50999: neither the grace nor one same second reaches further."""
    sid = new_session(bare_host).id
    change(bare_host, sid, generation=2, rotated_at=bare_host.services.clock())
    with pytest.raises(RefreshTokenReused):
        rotate(bare_host, sid, 0)


def test_a_restart_forgets_no_used_token(new_bare_host: Callable[..., Host], clock: Clock) -> None:
    """Keycloak CVE-2026-9802."""
    sid = steal(new_bare_host(), clock)
    with pytest.raises(RefreshTokenReused):
        rotate(new_bare_host(), sid, 0)


def test_the_sessions_beside_a_stolen_one_live_on(bare_host: Host, clock: Clock) -> None:
    sid = steal(bare_host, clock)
    beside = new_session(bare_host, stored(bare_host, sid).user_id).id
    assert is_over(bare_host, sid, 0)
    assert rotate(bare_host, beside, 0) == 1


# A restored database.


def test_a_row_from_a_backup_catches_up_with_one_warning(
    bare_host: Host, caplog: pytest.LogCaptureFixture
) -> None:
    sid = new_session(bare_host).id
    change(bare_host, sid, generation=3, confirmed=True)
    with caplog.at_level(logging.INFO, "kakao_login"):
        assert [rotate(bare_host, sid, 7), rotate(bare_host, sid, 7)] == [7, 7]
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert (stored(bare_host, sid).generation, stored(bare_host, sid).confirmed) == (7, False)


# Over.


def test_an_unknown_session_is_over(bare_host: Host) -> None:
    assert is_over(bare_host, "never-there", 0)


@pytest.mark.parametrize(("days", "reason"), [(30, "idle"), (365, "absolute")])
def test_a_session_that_ran_out_is_closed_at_the_next_refresh(
    bare_host: Host, clock: Clock, days: int, reason: str
) -> None:
    sid = new_session(bare_host).id
    for generation in range(days // 30 - 1):
        clock.advance(30 * DAY - 1)
        assert rotate(bare_host, sid, generation) == generation + 1
    clock.now = stored(bare_host, sid).created_at + days * DAY
    with heard(bare_host.app, *ALL) as calls:
        assert is_over(bare_host, sid, stored(bare_host, sid).generation)
        assert is_over(bare_host, sid, 0)
    assert [about["reason"] for _, about in calls] == ["expired"]
    assert stored(bare_host, sid).end_reason == "expired"


def test_no_number_of_refreshes_gets_past_the_absolute_limit(bare_host: Host, clock: Clock) -> None:
    sid = new_session(bare_host).id
    generation = 0
    while clock.now < stored(bare_host, sid).expires_at - 20 * DAY:
        clock.advance(20 * DAY)
        generation = rotate(bare_host, sid, generation)
    assert generation == 18
    clock.now = stored(bare_host, sid).expires_at
    assert is_over(bare_host, sid, generation)


def test_a_token_that_ran_out_ends_nothing_that_others_hold(bare_host: Host, clock: Clock) -> None:
    sid = new_session(bare_host).id
    clock.advance(29 * DAY)
    rotate(bare_host, sid, 0)
    clock.advance(2 * DAY)
    with pytest.raises(SessionEnded):
        rotate(bare_host, sid, 0, token_expired=True)
    assert stored(bare_host, sid).ended_at is None
    assert rotate(bare_host, sid, 1) == 2


def test_a_token_that_ran_out_closes_the_session_that_ran_out_with_it(bare_host: Host, clock: Clock) -> None:
    sid = new_session(bare_host).id
    clock.advance(30 * DAY)
    with pytest.raises(SessionEnded):
        rotate(bare_host, sid, 0, token_expired=True)
    assert stored(bare_host, sid).end_reason == "expired"


def test_a_disabled_user_is_out_at_the_next_refresh(bare_host: Host) -> None:
    """Keycloak GHSA-wv3h."""
    row = new_session(bare_host)
    with bare_host.app.app_context():
        bare_host.db.session.get_one(bare_host.kakao_login.user_model, row.user_id).is_active = False
        bare_host.db.session.commit()
    assert is_over(bare_host, row.id, 0)
    assert stored(bare_host, row.id).end_reason == "user_disabled"


def test_a_session_whose_row_vanishes_meanwhile_is_over(bare_host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    row = new_session(bare_host)
    table = bare_host.services.models.login_session.__table__
    find = bare_host.services.sessions.find

    def find_and_lose(sid: str) -> Any:
        found = find(sid)
        with bare_host.app.app_context(), bare_host.db.engine.begin() as connection:
            connection.execute(table.delete())
        return found

    monkeypatch.setattr(bare_host.services.sessions, "find", find_and_lose)
    change(bare_host, row.id, generation=1)
    # One behind a pair that nobody used, which opens a new window: a step that is written under the lock.
    assert is_over(bare_host, row.id, 0)


# The end.


def test_an_end_is_written_told_and_known_at_once(bare_host: Host, clock: Clock) -> None:
    row = new_session(bare_host)
    with heard(bare_host.app, *ALL) as calls:
        assert bare_host.services.sessions.end(row.id, EndReason.LOGOUT)
    assert calls == [("session-ended", {"sid": row.id, "user_id": row.user_id, "reason": "logout"})]
    assert (stored(bare_host, row.id).ended_at, stored(bare_host, row.id).end_reason) == (clock.now, "logout")
    assert bare_host.services.ends.has_ended(row.id)
    assert is_over(bare_host, row.id, 0)


def test_a_second_end_changes_nothing_and_is_told_to_nobody(bare_host: Host, clock: Clock) -> None:
    sid = new_session(bare_host).id
    bare_host.services.sessions.end(sid, EndReason.LOGOUT)
    ended_at = clock.now
    clock.advance(5)
    with heard(bare_host.app, *ALL) as calls:
        assert not bare_host.services.sessions.end(sid, EndReason.REUSE)
    assert calls == []
    assert (stored(bare_host, sid).ended_at, stored(bare_host, sid).end_reason) == (ended_at, "logout")


def test_an_end_on_another_worker_is_known_here_when_it_is_tried_again(new_bare_host: Callable[..., Host]) -> None:
    one, other = new_bare_host(), new_bare_host()
    sid = new_session(one).id
    assert not other.services.ends.has_ended(sid)
    one.services.sessions.end(sid, EndReason.LOGOUT)
    other.services.sessions.end(sid, EndReason.LOGOUT)
    assert other.services.ends.has_ended(sid)


def test_nobody_ends_another_users_session(bare_host: Host) -> None:
    sid, other = new_session(bare_host).id, new_user(bare_host)
    assert not bare_host.services.sessions.end(sid, EndReason.LOGOUT, user_id=other)
    assert not bare_host.services.sessions.end("never-there", EndReason.LOGOUT)
    assert not bare_host.services.ends.has_ended(sid)
    assert rotate(bare_host, sid, 0) == 1


def test_all_sessions_of_one_user_end_but_the_one_to_keep(bare_host: Host) -> None:
    user, other = new_user(bare_host), new_user(bare_host)
    mine = [new_session(bare_host, user).id for _ in range(4)]
    theirs = new_session(bare_host, other).id
    with heard(bare_host.app, *ALL) as calls:
        assert bare_host.services.sessions.end_all(user, EndReason.LOGOUT_EVERYWHERE, keep=mine[2]) == 3
        assert bare_host.services.sessions.end_all(user, EndReason.LOGOUT_EVERYWHERE, keep=mine[2]) == 0
    assert {about["sid"] for _, about in calls} == {*mine} - {mine[2]}
    assert [is_over(bare_host, sid, 0) for sid in [*mine, theirs]] == [True, True, False, True, False]


def test_every_end_has_the_next_number(bare_host: Host) -> None:
    user = new_user(bare_host)
    sids = [new_session(bare_host, user).id for _ in range(5)]
    bare_host.services.sessions.end(sids[3], EndReason.LOGOUT)
    bare_host.services.sessions.end_all(user, EndReason.LOGOUT_EVERYWHERE)
    assert stored(bare_host, sids[3]).end_number == 1
    numbers = [stored(bare_host, sid).end_number for sid in sids]
    assert sorted(number for number in numbers if number) == [1, 2, 3, 4, 5]


# At most so many.


def test_beyond_the_most_a_user_may_have_the_oldest_ends(new_bare_host: Callable[..., Host], clock: Clock) -> None:
    host = new_bare_host(KAKAO_LOGIN_MAX_SESSIONS=3)
    user = new_user(host)
    sids: list[str] = []
    for _ in range(5):
        sids.append(new_session(host, user).id)
        clock.advance(1)
    new_session(host)
    assert [stored(host, sid).end_reason for sid in sids] == ["too_many", "too_many", None, None, None]
    assert host.services.ends.has_ended(sids[0])


@pytest.mark.parametrize("step", [0, -5])
def test_the_new_login_is_never_the_one_too_many(
    new_bare_host: Callable[..., Host], clock: Clock, step: float
) -> None:
    host = new_bare_host(KAKAO_LOGIN_MAX_SESSIONS=1)
    user = new_user(host)
    for _ in range(10):
        clock.advance(step)
        sid = new_session(host, user).id
        assert [row.id for row in host.services.sessions.of_user(user)] == [sid]


def test_a_session_that_ran_out_takes_no_place(new_bare_host: Callable[..., Host], clock: Clock) -> None:
    host = new_bare_host(KAKAO_LOGIN_MAX_SESSIONS=2)
    user = new_user(host)
    in_use = new_session(host, user).id
    clock.advance(1)
    new_session(host, user)
    clock.advance(29 * DAY)
    rotate(host, in_use, 0)
    clock.advance(2 * DAY)
    new_session(host, user)
    assert rotate(host, in_use, 1) == 2


def test_a_users_sessions_are_listed_the_last_active_first(bare_host: Host, clock: Clock) -> None:
    user = new_user(bare_host)
    sids = [new_session(bare_host, user).id for _ in range(4)]
    new_session(bare_host)
    for sid, seconds in zip(sids, (50, 300, 100, 200), strict=True):
        change(bare_host, sid, last_active_at=clock.now + seconds)
    bare_host.services.sessions.end(sids[2], EndReason.LOGOUT)
    change(bare_host, sids[0], idle_expires_at=clock.now)
    assert [row.id for row in bare_host.services.sessions.of_user(user)] == [sids[1], sids[3]]


# Many at once.


@pytest.mark.parametrize("window", [10, 0])
@pytest.mark.parametrize("database", ["bare", ":memory:"])
def test_one_token_from_many_at_once_is_one_step_and_one_successor(
    new_bare_host: Callable[..., Host], database: str, window: int
) -> None:
    """nocturne #326, Bike4Mind #1801, Keycloak CVE-2026-1035: read, then write, and the family forks."""
    host = new_bare_host(database, KAKAO_LOGIN_REUSE_INTERVAL=window)
    sid = new_session(host).id
    with heard(host.app, *ALL) as calls:
        rows = at_once(20, lambda: host.services.renewals.rotate(sid, 0))
    assert {row.generation for row in rows} == {1}
    assert len({host.services.pairs.make(row, {}, "cookie").refresh_token for row in rows}) == 1
    assert sorted(name for name, _ in calls) == ["refresh-replayed"] * 19 + ["session-refreshed"]
    assert stored(host, sid).generation == 1


def test_two_workers_refresh_one_token_and_make_one_step(new_bare_host: Callable[..., Host]) -> None:
    hosts = [new_bare_host(), new_bare_host()] * 10
    sid = new_session(hosts[0]).id
    assert set(at_once(20, lambda: rotate(hosts.pop(), sid, 0))) == {1}


def test_a_logout_racing_refreshes_has_the_last_word(new_bare_host: Callable[..., Host]) -> None:
    """Keycloak #51312."""
    host = new_bare_host(KAKAO_LOGIN_REUSE_INTERVAL=0)
    for _ in range(10):
        sid = new_session(host).id
        works = [partial(host.services.sessions.end, sid, EndReason.LOGOUT), *[partial(is_over, host, sid, 0)] * 5]
        at_once(6, partial(do_one_of, works))
        assert stored(host, sid).end_reason == "logout"
        assert [is_over(host, sid, generation) for generation in (0, 1, 2)] == [True] * 3


def test_ends_at_once_get_numbers_without_a_gap_or_a_double(bare_host: Host) -> None:
    sids = [new_session(bare_host).id for _ in range(16)]
    left = sids.copy()
    at_once(16, lambda: bare_host.services.sessions.end(left.pop(), EndReason.LOGOUT))
    assert sorted(stored(bare_host, sid).end_number or 0 for sid in sids) == list(range(1, 17))


def test_one_theft_from_many_at_once_is_told_once(bare_host: Host, clock: Clock) -> None:
    sid = steal(bare_host, clock)
    with heard(bare_host.app, *ALL) as calls:
        assert at_once(8, lambda: is_over(bare_host, sid, 0)) == [True] * 8
    assert sorted(name for name, _ in calls) == ["refresh-token-reused", "session-ended"]


# The database away.


NEEDS_THE_DATABASE: dict[str, Callable[[Host, str], object]] = {
    "find": lambda host, sid: host.services.sessions.find(sid),
    "rotate": lambda host, sid: host.services.renewals.rotate(sid, 0),
    "end": lambda host, sid: host.services.sessions.end(sid, EndReason.LOGOUT),
    "end_all": lambda host, sid: host.services.sessions.end_all(1, EndReason.LOGOUT),
    "of_user": lambda host, sid: host.services.sessions.of_user(1),
    "start": lambda host, sid: host.services.sessions.start(1, user_agent="", ip=""),
}


@pytest.mark.parametrize("name", NEEDS_THE_DATABASE)
def test_without_the_database_nothing_is_said_to_be_done_and_nothing_is_lost(
    new_bare_host: Callable[..., Host], name: str
) -> None:
    host = new_bare_host()
    sid = new_session(host).id
    host.services.ends.poll()
    with heard(host.app, *ALL) as calls, database_away(host), pytest.raises(DatabaseUnavailable):
        NEEDS_THE_DATABASE[name](host, sid)
    assert calls == []
    assert not host.services.ends.has_ended(sid)
    assert rotate(host, sid, 0) == 1
