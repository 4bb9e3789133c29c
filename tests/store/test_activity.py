"""Use of a session is noted for nothing by the request and written once, in batches, later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.pool import StaticPool

from kakao_login.errors import DatabaseUnavailable
from kakao_login.store import activity
from tests.builders import at_once, change, database_away, engines_of, new_session, new_user, statements, stored
from tests.support import Clock, Host


def note(host: Host, sid: str, *generations: int) -> None:
    for generation in generations:
        host.services.activity.note(sid, generation)


def flush(host: Host) -> int:
    """Write the notes and give how many statements that took."""
    with statements(host) as sent:
        host.services.activity.flush()
    return len(sent)


def test_using_the_pair_confirms_that_it_arrived(bare_host: Host, clock: Clock) -> None:
    sid = new_session(bare_host).id
    clock.advance(125)
    note(bare_host, sid, 0)
    assert not stored(bare_host, sid).confirmed
    flush(bare_host)
    row = stored(bare_host, sid)
    assert row.confirmed
    assert row.last_active_at == clock.now // 60 * 60


def test_the_notes_of_two_tabs_never_go_backwards(bare_host: Host, clock: Clock) -> None:
    sid = new_session(bare_host).id
    clock.now = clock.now // 60 * 60 + 1
    rotated = clock.now + 60
    change(bare_host, sid, generation=1)
    note(bare_host, sid, 1)
    clock.advance(60)
    # The tab with the old token comes last, and a minute later.
    note(bare_host, sid, 0)
    flush(bare_host)
    assert stored(bare_host, sid).confirmed
    assert stored(bare_host, sid).last_active_at == rotated // 60 * 60
    # The newer one is known as used: it is not written once more.
    note(bare_host, sid, 1)
    assert flush(bare_host) == 0


def test_noting_asks_no_database(bare_host: Host, clock: Clock) -> None:
    sid = new_session(bare_host).id
    with statements(bare_host) as sent:
        for _ in range(100):
            clock.advance(7)
            note(bare_host, sid, 0)
    assert sent == []


def test_without_use_nothing_is_written(bare_host: Host) -> None:
    assert flush(bare_host) == 0


def test_a_generation_is_written_once_however_often_it_is_used(bare_host: Host, clock: Clock) -> None:
    sid = new_session(bare_host).id
    clock.now = clock.now // 60 * 60 + 1
    note(bare_host, sid, 0, 0, 0)
    assert flush(bare_host) > 0
    note(bare_host, sid, 0, 0, 0)
    assert flush(bare_host) == 0


def test_two_tabs_with_an_old_and_a_new_token_write_no_more_than_one(bare_host: Host, clock: Clock) -> None:
    sid = new_session(bare_host).id
    clock.now = clock.now // 60 * 60 + 1
    change(bare_host, sid, generation=1)
    note(bare_host, sid, 0, 1)
    assert flush(bare_host) > 0
    note(bare_host, sid, 0, 1, 0, 1)
    assert flush(bare_host) == 0


def test_the_next_minute_is_written_without_confirming_anew(bare_host: Host, clock: Clock) -> None:
    sid = new_session(bare_host).id
    note(bare_host, sid, 0)
    flush(bare_host)
    clock.advance(60)
    note(bare_host, sid, 0)
    with statements(bare_host) as sent:
        bare_host.services.activity.flush()
    assert not any("confirmed" in statement.partition("WHERE")[0] for statement in sent if "UPDATE" in statement)
    assert stored(bare_host, sid).last_active_at == clock.now // 60 * 60


@pytest.mark.parametrize("used", [0, 1, 3])
def test_another_generation_does_not_confirm_the_present_one(bare_host: Host, used: int) -> None:
    sid = new_session(bare_host).id
    change(bare_host, sid, generation=2)
    note(bare_host, sid, used)
    flush(bare_host)
    assert not stored(bare_host, sid).confirmed


def test_the_newest_of_several_generations_is_the_one_that_is_confirmed(bare_host: Host) -> None:
    sid = new_session(bare_host).id
    change(bare_host, sid, generation=2)
    note(bare_host, sid, 0, 2, 1)
    flush(bare_host)
    assert stored(bare_host, sid).confirmed


def test_a_use_begins_the_count_of_late_questions_anew(bare_host: Host) -> None:
    sid = new_session(bare_host).id
    change(bare_host, sid, late_generation=0, late_in_a_row=2)
    note(bare_host, sid, 0)
    bare_host.services.activity.flush()
    assert stored(bare_host, sid).late_in_a_row == 0


def test_no_transaction_stays_open_between_two_statements(bare_host: Host) -> None:
    """A thread that gets no time for a while must leave no lock behind."""
    commits: list[bool] = []
    engine = bare_host.services.database._engine_aside
    event.listen(engine, "before_cursor_execute", lambda c, *_: commits.append(in_transaction(c)))
    note(bare_host, new_session(bare_host).id, 0)
    bare_host.services.heartbeat.beat()
    assert len(commits) >= 3
    assert not any(commits)


def in_transaction(connection: Any) -> bool:
    shared = isinstance(connection.engine.pool, StaticPool)
    return not shared and bool(connection.connection.dbapi_connection.in_transaction)


def test_every_generation_is_confirmed_in_its_turn(bare_host: Host) -> None:
    sid = new_session(bare_host).id
    for generation in range(3):
        change(bare_host, sid, generation=generation, confirmed=False)
        note(bare_host, sid, generation)
        flush(bare_host)
        assert stored(bare_host, sid).confirmed


def test_the_last_use_never_goes_back(new_bare_host: Callable[..., Host]) -> None:
    ahead, behind = Clock(), Clock()
    ahead.advance(600)
    sid = new_session(new_bare_host(clock=behind)).id
    for clock in (ahead, behind):
        host = new_bare_host(clock=clock)
        note(host, sid, 0)
        flush(host)
        assert stored(host, sid).last_active_at == ahead.now // 60 * 60


def test_a_session_that_is_gone_does_not_keep_the_others_from_being_written(bare_host: Host) -> None:
    sid = new_session(bare_host).id
    note(bare_host, "gone", 0)
    note(bare_host, sid, 0)
    flush(bare_host)
    assert stored(bare_host, sid).confirmed


def test_an_outage_keeps_the_notes_and_the_newer_ones_win(
    new_bare_host: Callable[..., Host], clock: Clock
) -> None:
    host = new_bare_host()
    clock.now = clock.now // 60 * 60
    sids = [new_session(host).id for _ in range(3)]
    change(host, sids[0], generation=1)
    note(host, sids[0], 0)
    note(host, sids[1], 0)
    with database_away(host):
        for _ in range(2):
            with pytest.raises(DatabaseUnavailable):
                host.services.activity.flush()
        clock.advance(120)
        note(host, sids[0], 1)
        note(host, sids[2], 0)
    flush(host)
    assert [stored(host, sid).confirmed for sid in sids] == [True] * 3
    minutes = [stored(host, sid).last_active_at - clock.now // 60 * 60 for sid in sids]
    assert minutes == [0, -120, 0]


def test_the_notes_of_a_long_outage_fit_into_statements_that_databases_take(bare_host: Host) -> None:
    user = new_user(bare_host)
    sids = [f"gone-{number}" for number in range(2500)] + [new_session(bare_host, user).id]
    for sid in sids:
        note(bare_host, sid, 0)
    largest = 0

    def measure(_connection: object, _cursor: object, _statement: str, parameters: Any, *_: object) -> None:
        nonlocal largest
        one = parameters[0] if parameters and isinstance(parameters[0], (tuple, dict)) else parameters
        largest = max(largest, len(one))

    for engine in engines_of(bare_host):
        event.listen(engine, "before_cursor_execute", measure)
    bare_host.services.activity.flush()
    assert 0 < largest <= 1000
    assert stored(bare_host, sids[-1]).confirmed


def test_the_memory_of_what_was_written_is_bounded(bare_host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity, "_MOST_REMEMBERED", 10)
    for number in range(100):
        note(bare_host, f"s{number}", 0)
        assert len(bare_host.services.activity._noted) <= 10


def test_notes_made_while_others_are_written_are_not_lost(bare_host: Host) -> None:
    user = new_user(bare_host)
    sids = [new_session(bare_host, user).id for _ in range(40)]
    left = sids.copy()

    def note_and_flush() -> None:
        for _ in range(5):
            note(bare_host, left.pop(), 0)
            bare_host.services.activity.flush()

    at_once(8, note_and_flush)
    bare_host.services.activity.flush()
    assert [stored(bare_host, sid).confirmed for sid in sids] == [True] * 40
