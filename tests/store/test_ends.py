"""An end counts at once where it was made and elsewhere after the next poll; no clock and no outage loses one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from kakao_login import EndReason, session_ended
from kakao_login.errors import DatabaseUnavailable
from kakao_login.settings.values import LEEWAY
from kakao_login.store.ends import CLOCK_SKEW, Ends
from tests.builders import at_once, change, database_away, heard, new_session, new_user, statements, stored
from tests.support import Clock, Host

REMEMBERED = 3600 + LEEWAY + CLOCK_SKEW


@pytest.fixture
def workers(new_bare_host: Callable[..., Host], clock: Clock) -> tuple[Host, Host]:
    """Two processes on one database, both having served already; no time goes by but the clock's."""
    one, other = new_bare_host(), new_bare_host()
    for worker in (one, other):
        vars(worker.services.ends)["_monotonic"] = clock
        worker.services.ends.poll()
    return one, other


def end(host: Host, *, number: int = 1) -> list[str]:
    """End so many sessions of a user."""
    user = new_user(host)
    sids = [new_session(host, user).id for _ in range(number)]
    host.services.sessions.end_all(user, EndReason.LOGOUT_EVERYWHERE)
    return sids


def set_counter(host: Host, number: int) -> None:
    table = host.services.models.end_counter.__table__
    with host.app.app_context(), host.db.engine.begin() as connection:
        connection.execute(table.update().values(number=number))


def known(host: Host) -> Ends:
    return host.services.ends


# Here and elsewhere.


def test_an_end_is_known_here_at_once_and_elsewhere_after_the_next_poll(workers: tuple[Host, Host]) -> None:
    one, other = workers
    sids = end(one, number=3)
    assert [known(one).has_ended(sid) for sid in sids] == [True] * 3
    assert [known(other).has_ended(sid) for sid in sids] == [False] * 3
    known(other).poll()
    assert [known(other).has_ended(sid) for sid in sids] == [True] * 3


def test_a_guarded_request_asks_no_database(bare_host: Host) -> None:
    known(bare_host).poll()
    with statements(bare_host) as sent:
        for _ in range(100):
            known(bare_host).has_ended("any")
    assert sent == []


def test_the_first_request_of_a_process_does_ask(
    workers: tuple[Host, Host], new_bare_host: Callable[..., Host]
) -> None:
    sids = end(workers[0])
    assert known(new_bare_host()).has_ended(sids[0])


def test_neither_the_first_question_nor_a_later_one_reads_all_sessions(workers: tuple[Host, Host]) -> None:
    one, other = workers
    with statements(other) as sent:
        known(other).poll()
        end(one)
        known(other).poll()
    with statements(one) as first:
        vars(known(one))["_last"] = None
        known(one).poll()
    asked = [statement for statement in sent + first if "FROM kakao_login_session" in statement]
    assert len(asked) == 2
    with one.app.app_context(), one.db.engine.connect() as connection:
        for statement in asked:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", (0,)).all()
            assert all("SEARCH" in str(step) and "INDEX" in str(step) for step in plan), plan


def test_with_an_interval_of_0_every_request_asks(new_bare_host: Callable[..., Host]) -> None:
    one, other = (new_bare_host(KAKAO_LOGIN_POLL_INTERVAL=0) for _ in range(2))
    sid = new_session(one).id
    assert not known(other).has_ended(sid)
    one.services.sessions.end(sid, EndReason.LOGOUT)
    assert known(other).has_ended(sid)


def test_a_poll_that_learns_nothing_costs_one_small_question(workers: tuple[Host, Host]) -> None:
    end(workers[0], number=5)
    known(workers[1]).poll()
    with statements(workers[1]) as sent:
        known(workers[1]).poll()
    assert len(sent) == 1
    with workers[1].app.app_context(), workers[1].db.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sent[0]}").all()
    # The counter has one row; that of the session is found by its number.
    assert [str(step).split()[3].strip("'") for step in plan if "kakao_login_session" in str(step)] == ["SEARCH"]


def test_a_poll_asks_only_for_what_is_new(workers: tuple[Host, Host], clock: Clock) -> None:
    one, other = workers
    end(one, number=5)
    known(other).poll()
    clock.advance(REMEMBERED)
    sids = end(one, number=2)
    known(other).poll()
    assert len(known(other)) == 2
    assert known(other).has_ended(sids[0])


def test_before_the_first_end_there_is_nothing_to_know(bare_host: Host) -> None:
    known(bare_host).poll()
    known(bare_host).poll()
    assert len(known(bare_host)) == 0


# Memory.


def test_an_end_is_remembered_as_long_as_any_access_token_may_live(
    workers: tuple[Host, Host], clock: Clock
) -> None:
    one, other = workers
    sid = end(one)[0]
    known(other).poll()
    clock.advance(3600 + LEEWAY)
    for worker in workers:
        known(worker).poll()
        assert known(worker).has_ended(sid)


def test_an_end_is_forgotten_when_its_last_access_token_is_dead(workers: tuple[Host, Host], clock: Clock) -> None:
    end(workers[0], number=50)
    for worker in workers:
        known(worker).poll()
    clock.advance(REMEMBERED)
    for worker in workers:
        known(worker).poll()
        assert len(known(worker)) == 0


def test_a_restarted_worker_knows_every_end_whose_tokens_may_live(
    workers: tuple[Host, Host], new_bare_host: Callable[..., Host], clock: Clock
) -> None:
    early = end(workers[0])[0]
    clock.advance(300)
    late = end(workers[0])[0]
    clock.advance(3600 + LEEWAY)
    restarted = new_bare_host()
    assert known(restarted).has_ended(late)
    assert not known(restarted).has_ended(early)


@pytest.mark.parametrize("seconds", [7200, -7200])
def test_a_clock_that_is_set_and_set_back_forgets_no_end(
    new_bare_host: Callable[..., Host], clock: Clock, seconds: int
) -> None:
    host = new_bare_host()
    sid = end(host)[0]
    for step in (seconds, -seconds):
        clock.advance(step)
        known(host).poll()
    assert known(host).has_ended(sid)


# A process that gets no time, and a database that goes silent.


def test_a_request_asks_for_itself_where_the_thread_has_got_no_time(
    workers: tuple[Host, Host], clock: Clock
) -> None:
    one, other = workers
    sid = end(one)[0]
    assert not known(other).has_ended(sid)
    clock.advance(2)
    assert known(other).has_ended(sid)


def test_memory_is_trusted_for_five_intervals_and_no_longer(
    workers: tuple[Host, Host], clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    with database_away(workers[1]):
        clock.advance(4.9)
        assert not known(workers[1]).has_ended("any")
        clock.advance(0.1)
        with pytest.raises(DatabaseUnavailable):
            known(workers[1]).has_ended("any")
    assert "No poll of ended sessions for 5 s" in caplog.text
    assert not known(workers[1]).has_ended("any")


def test_a_poll_that_gets_no_answer_keeps_no_other_waiting(workers: tuple[Host, Host]) -> None:
    one, other = workers
    asked, answer = threading.Event(), threading.Event()
    fetch = known(other)._fetch

    def hang(last: Any) -> Any:
        asked.set()
        answer.wait(10)
        return fetch(last)

    vars(known(other))["_fetch"] = hang
    stuck = threading.Thread(target=known(other).poll)
    stuck.start()
    assert asked.wait(10)
    vars(known(other))["_fetch"] = fetch
    sid = end(one)[0]
    known(other).poll()
    assert known(other).has_ended(sid)
    answer.set()
    stuck.join(10)
    assert known(other).has_ended(sid)


# Late commits and clocks.


@pytest.mark.parametrize("ended_ago", [0, 3600, 10**6, -(10**6)])
def test_an_end_counts_by_its_number_and_not_by_its_time(workers: tuple[Host, Host], ended_ago: int) -> None:
    """A transaction that took its time, or one of a host whose clock is wrong."""
    one, other = workers
    first, late = end(one)[0], new_session(one).id
    known(other).poll()
    change(one, late, ended_at=one.services.clock() - ended_ago, end_number=2, end_reason="logout")
    set_counter(one, 2)
    known(other).poll()
    assert known(other).has_ended(first)
    assert known(other).has_ended(late)


def test_an_end_that_is_not_committed_yet_is_learned_when_it_is(workers: tuple[Host, Host]) -> None:
    one, other = workers
    sid = new_session(one).id
    with known(one).transaction() as ending:
        row = ending.session.get(one.services.models.login_session, sid)
        assert row is not None
        ending.end(row, EndReason.LOGOUT)
        ending.session.flush()
        known(other).poll()
        assert not known(other).has_ended(sid)
        assert not known(one).has_ended(sid)
    assert known(one).has_ended(sid)
    known(other).poll()
    assert known(other).has_ended(sid)


def test_an_end_that_is_rolled_back_was_none(bare_host: Host) -> None:
    sid = new_session(bare_host).id

    def end_and_fail() -> None:
        with known(bare_host).transaction() as ending:
            ending.end(ending.session.get_one(bare_host.services.models.login_session, sid), EndReason.LOGOUT)
            raise ZeroDivisionError

    with heard(bare_host.app, session_ended) as calls, pytest.raises(ZeroDivisionError):
        end_and_fail()
    assert calls == []
    assert not known(bare_host).has_ended(sid)
    assert stored(bare_host, sid).ended_at is None


def test_a_session_that_is_ended_again_is_known_that_much_longer(bare_host: Host, clock: Clock) -> None:
    vars(known(bare_host))["_monotonic"] = clock
    sid = end(bare_host)[0]
    clock.advance(REMEMBERED - 1)
    bare_host.services.sessions.end(sid, EndReason.LOGOUT)
    clock.advance(1)
    known(bare_host).poll()
    assert known(bare_host).has_ended(sid)


@pytest.mark.parametrize("seconds", [-CLOCK_SKEW, CLOCK_SKEW - 1])
def test_hosts_whose_clocks_differ_do_not_lose_an_end(new_bare_host: Callable[..., Host], seconds: float) -> None:
    here, there = Clock(), Clock()
    there.advance(seconds)
    one, other = new_bare_host(clock=here), new_bare_host(clock=there)
    known(other).poll()
    sid = end(one)[0]
    known(other).poll()
    for clock in (here, there):
        clock.advance(3600 - 1)
    known(other).poll()
    restarted = new_bare_host(clock=there)
    assert known(other).has_ended(sid)
    assert known(restarted).has_ended(sid)


# A restored database.


def test_a_restored_counter_makes_a_worker_ask_for_everything_again(workers: tuple[Host, Host]) -> None:
    one, other = workers
    before = sorted(end(one, number=7), key=lambda sid: stored(one, sid).end_number or 0)
    known(other).poll()
    meanwhile = new_session(one).id
    # Of seven ends the backup knows three; a session ended in the backup that this worker never heard of.
    for sid in before[3:]:
        change(one, sid, ended_at=None, end_number=None)
    change(one, meanwhile, ended_at=one.services.clock(), end_number=None)
    set_counter(one, 3)
    known(other).poll()
    assert known(other).has_ended(meanwhile)
    assert known(other).has_ended(before[0])
    after = end(one)[0]
    known(other).poll()
    assert known(other).has_ended(after)


def test_a_counter_that_was_lost_starts_anew(workers: tuple[Host, Host]) -> None:
    one, other = workers
    end(one, number=2)
    known(other).poll()
    table = one.services.models.end_counter.__table__
    sessions = one.services.models.login_session.__table__
    with one.app.app_context(), one.db.engine.begin() as connection:
        connection.execute(table.delete())
        connection.execute(sessions.delete())
    known(other).poll()
    sid = end(one)[0]
    known(other).poll()
    assert known(other).has_ended(sid)


@pytest.mark.parametrize("ends_since", [1, 3])
def test_another_database_that_has_lost_the_last_end_hides_no_later_one(
    workers: tuple[Host, Host], ends_since: int
) -> None:
    """A replica takes over that lacks what was committed last, and gives the lost number once more."""
    one, other = workers
    end(one)
    lost = end(one)[0]
    known(other).poll()
    change(one, lost, ended_at=None, end_number=None, end_reason=None)
    set_counter(one, 1)
    later = [end(one)[0] for _ in range(ends_since)]
    known(other).poll()
    assert [known(other).has_ended(sid) for sid in later] == [True] * ends_since


def test_a_last_end_whose_row_was_deleted_is_no_other_history(workers: tuple[Host, Host]) -> None:
    one, other = workers
    end(one)
    known(other).poll()
    sessions = one.services.models.login_session.__table__
    with one.app.app_context(), one.db.engine.begin() as connection:
        connection.execute(sessions.delete())
    known(other).poll()
    with statements(other) as sent:
        known(other).poll()
    assert len(sent) == 1
    sid = end(one)[0]
    known(other).poll()
    assert known(other).has_ended(sid)


# The database away.


def test_an_end_made_while_this_worker_could_not_ask_is_learned_afterwards(workers: tuple[Host, Host]) -> None:
    one, other = workers
    before = end(one)[0]
    known(other).poll()
    with database_away(other):
        meanwhile = end(one)[0]
        for _ in range(3):
            with pytest.raises(DatabaseUnavailable):
                known(other).poll()
        assert known(other).has_ended(before)
        assert not known(other).has_ended(meanwhile)
    known(other).poll()
    assert known(other).has_ended(meanwhile)


def test_a_worker_that_never_could_ask_admits_nobody(new_bare_host: Callable[..., Host]) -> None:
    host = new_bare_host()
    with database_away(host), pytest.raises(DatabaseUnavailable):
        known(host).has_ended("any")
    assert not known(host).has_ended("any")


def test_an_outage_longer_than_the_memory_loses_no_end(workers: tuple[Host, Host], clock: Clock) -> None:
    one, other = workers
    with database_away(other):
        clock.advance(2 * REMEMBERED)
        sid = end(one)[0]
    known(other).poll()
    assert known(other).has_ended(sid)


# Many at once.


def test_polls_ends_and_questions_at_once_lose_nothing(bare_host: Host) -> None:
    sids = [new_session(bare_host).id for _ in range(24)]
    left = sids.copy()

    def end_one_and_look() -> bool:
        sid = left.pop()
        bare_host.services.sessions.end(sid, EndReason.LOGOUT)
        known(bare_host).poll()
        return known(bare_host).has_ended(sid)

    assert at_once(8, end_one_and_look) == [True] * 8
    assert len(known(bare_host)) == 8
