"""Work by threads of their own: its outcome arrives whatever it is, and the threads are used again."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Callable
from functools import partial

import pytest

from kakao_login import threads
from kakao_login.threads import Helpers, start

SOON = 10.0


def helpers_called(name: str) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == name]


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def own_thread() -> threading.Thread:
    return threading.current_thread()


def fail(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize("error", [ZeroDivisionError("x"), SystemExit(3), KeyboardInterrupt()])
def test_an_error_of_any_kind_is_raised_where_the_outcome_is_asked_for(error: BaseException) -> None:
    for outcome in (start(lambda: fail(error), "x"), Helpers("x").start(lambda: fail(error))):
        with pytest.raises(type(error)):
            outcome.result(SOON)


def test_no_thread_keeps_a_process_from_ending() -> None:
    for outcome in (start(own_thread, "x"), Helpers("x").start(own_thread)):
        assert outcome.result(SOON).daemon


def test_one_after_the_other_is_done_by_one_thread() -> None:
    helpers = Helpers("in turn")
    done_by = set()
    for _ in range(20):
        done_by.add(helpers.start(own_thread).result(SOON))
        until(lambda: helpers._idle)
    assert len(done_by) == 1


def test_as_many_at_a_time_as_there_is_work() -> None:
    helpers, together = Helpers("at once"), threading.Barrier(20)
    for _ in range(3):
        outcomes = [helpers.start(lambda: together.wait(SOON)) for _ in range(20)]
        assert sorted(outcome.result(SOON) for outcome in outcomes) == list(range(20))
        until(lambda: len(helpers._idle) == 20)
    assert len(helpers_called("at once")) == 20


def test_a_thread_that_nobody_needs_ends_and_another_takes_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_IDLE", 0.01)
    helpers = Helpers("idle")
    for _ in range(3):
        assert helpers.start(lambda: 7).result(SOON) == 7
        until(lambda: not helpers_called("idle"))
        assert helpers._idle == []


def test_a_thread_that_was_taken_just_when_it_would_leave_still_does_the_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(threads, "_IDLE", 0.0001)
    helpers = Helpers("leaving")
    for number in range(500):
        assert helpers.start(partial(int, number)).result(SOON) == number


def test_an_idle_thread_holds_nothing_of_its_work() -> None:
    class Secret:
        """What a call may have been sent with."""

    helpers, secret = Helpers("forgets"), Secret()
    kept = weakref.ref(secret)
    helpers.start(partial(id, secret)).result(SOON)
    until(lambda: helpers._idle)
    del secret
    gc.collect()
    assert kept() is None
