"""Who waits for a slow Kakao and who is sent away, with calls that end when the test says so."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from kakao_login.errors import KakaoRejected, KakaoUnavailable
from kakao_login.kakao import patience as patience_module
from kakao_login.kakao.patience import MOST_PATIENT, TOO_MANY, Patience

LONG = 20.0
"""Seconds that no test takes."""


def until(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.002)


@pytest.fixture
def patience() -> Patience:
    return Patience(LONG)


@pytest.fixture
def usual(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Set the seconds within which Kakao answers."""
    return lambda seconds: monkeypatch.setattr(patience_module, "USUAL", seconds)


class Calls:
    """Calls that hang until they are released, each waited for by a thread of its own."""

    def __init__(self, threads: ThreadPoolExecutor) -> None:
        self._threads = threads
        self._end = threading.Event()

    def begin(self, patience: Patience, number: int, endpoint: str = "token") -> list[Future[str]]:
        """Begin that many calls and wait until each is under way or has been sent away."""
        begun = [threading.Event() for _ in range(number)]
        waits = [self._threads.submit(patience.run, endpoint, self._hang, event) for event in begun]
        until(lambda: all(event.is_set() or wait.done() for event, wait in zip(begun, waits, strict=True)))
        return waits

    def release(self) -> None:
        self._end.set()

    def hang_again(self) -> None:
        self._end.clear()

    def _hang(self, begun: threading.Event) -> str:
        begun.set()
        self._end.wait(LONG)
        return "answer"


@pytest.fixture
def calls() -> Iterator[Calls]:
    with ThreadPoolExecutor(40) as threads:
        calls = Calls(threads)
        yield calls
        calls.release()


def refused(waits: list[Future[str]], number: int) -> None:
    """Wait until that many of them have been sent away."""
    until(lambda: sum(wait.done() for wait in waits) >= number)
    errors = [wait.exception(0) for wait in waits if wait.done()]
    assert [str(error) for error in errors] == [TOO_MANY] * number
    assert {type(error) for error in errors} == {KakaoUnavailable}


def make_slow(patience: Patience, calls: Calls, endpoint: str = "token") -> list[Future[str]]:
    """Have four wait longer than usual, known by the fifth being sent away; give the four."""
    waits = calls.begin(patience, MOST_PATIENT + 1, endpoint)
    refused(waits, 1)
    return [wait for wait in waits if not wait.done()]


def make_slow_and_end(patience: Patience, calls: Calls) -> None:
    """Leave the endpoint slow and nobody waiting for it."""
    four = make_slow(patience, calls)
    until(lambda: patience._queue()._patient.total() == MOST_PATIENT)
    calls.release()
    assert [wait.result(LONG) for wait in four] == ["answer"] * MOST_PATIENT


def test_a_call_gets_its_arguments_and_gives_its_answer(patience: Patience) -> None:
    assert patience.run("token", dict, {"a": 1}, b=2) == {"a": 1, "b": 2}


def test_an_error_arrives_as_it_is_with_nothing_attached(patience: Patience) -> None:
    error = KakaoRejected("aud")

    def fail() -> None:
        raise error

    with pytest.raises(KakaoRejected) as caught:
        patience.run("token", fail)
    assert caught.value is error
    assert (error.__cause__, error.__context__) == (None, None)


def test_an_error_of_any_kind_arrives(patience: Patience) -> None:
    for kind in (TimeoutError, SystemExit):
        with pytest.raises(kind):
            patience.run("token", exec, f"raise {kind.__name__}")


def test_a_call_does_not_keep_a_process_from_ending(patience: Patience) -> None:
    assert patience.run("token", lambda: threading.current_thread().daemon)


def test_any_number_may_wait_while_kakao_answers_as_usual(patience: Patience, calls: Calls) -> None:
    waits = calls.begin(patience, 40)
    calls.release()
    assert {wait.result(LONG) for wait in waits} == {"answer"}


def test_of_those_who_have_waited_longer_than_usual_four_go_on(
    patience: Patience, calls: Calls, usual: Callable[[float], None]
) -> None:
    usual(0.05)
    waits = calls.begin(patience, 12)
    refused(waits, 8)
    time.sleep(0.1)
    calls.release()
    assert [wait.result(LONG) for wait in waits if wait.exception(LONG) is None] == ["answer"] * 4


def test_while_four_wait_for_a_slow_kakao_nobody_else_is_let_in(
    patience: Patience, calls: Calls, usual: Callable[[float], None]
) -> None:
    usual(0.02)
    make_slow(patience, calls)
    usual(LONG)
    with pytest.raises(KakaoUnavailable, match=TOO_MANY) as caught:
        patience.run("token", pytest.fail, "It was called.")
    assert caught.value.__context__ is None


def test_a_slow_kakao_is_tried_again_by_four_and_no_more(
    patience: Patience, calls: Calls, usual: Callable[[float], None]
) -> None:
    usual(0.02)
    make_slow_and_end(patience, calls)
    usual(LONG)
    calls.hang_again()
    calls.begin(patience, MOST_PATIENT)
    with pytest.raises(KakaoUnavailable, match=TOO_MANY):
        patience.run("token", str)


def test_an_answer_that_is_only_late_keeps_nobody_out(
    patience: Patience, calls: Calls, usual: Callable[[float], None]
) -> None:
    usual(0.02)
    waits = calls.begin(patience, MOST_PATIENT - 1)
    time.sleep(0.1)
    calls.release()
    assert {wait.result(LONG) for wait in waits} == {"answer"}
    usual(LONG)
    calls.hang_again()
    assert not any(wait.done() for wait in calls.begin(patience, 30))


def answered(patience: Patience, _: pytest.MonkeyPatch) -> None:
    assert patience.run("token", str) == ""


def failed(patience: Patience, _: pytest.MonkeyPatch) -> None:
    with pytest.raises(ZeroDivisionError):
        patience.run("token", divmod, 1, 0)


def a_while_later(_: Patience, monkeypatch: pytest.MonkeyPatch) -> None:
    later = time.monotonic() + patience_module.LAPSE
    monkeypatch.setattr(patience_module, "monotonic", lambda: later)


@pytest.mark.parametrize("happens", [answered, failed, a_while_later])
def test_an_answer_or_an_error_in_time_or_a_few_seconds_let_any_number_in_again(
    patience: Patience,
    calls: Calls,
    usual: Callable[[float], None],
    monkeypatch: pytest.MonkeyPatch,
    happens: Callable[[Patience, pytest.MonkeyPatch], None],
) -> None:
    usual(0.02)
    make_slow_and_end(patience, calls)
    usual(LONG)
    happens(patience, monkeypatch)
    calls.hang_again()
    assert not any(wait.done() for wait in calls.begin(patience, 30))


def test_an_endpoint_that_answers_stays_open_beside_a_slow_one_and_does_not_open_that(
    patience: Patience, calls: Calls, usual: Callable[[float], None]
) -> None:
    usual(0.02)
    make_slow(patience, calls, "user info")
    usual(LONG)
    assert [patience.run("token", str) for _ in range(30)] == [""] * 30
    with pytest.raises(KakaoUnavailable, match=TOO_MANY):
        patience.run("user info", str)


def test_slow_endpoints_share_the_four(patience: Patience, calls: Calls, usual: Callable[[float], None]) -> None:
    usual(0.02)
    make_slow(patience, calls, "user info")
    refused(calls.begin(patience, 3, "token"), 3)
    usual(LONG)
    with pytest.raises(KakaoUnavailable, match=TOO_MANY):
        patience.run("token", str)


def test_a_call_that_does_not_end_by_itself_is_given_up(
    calls: Calls, monkeypatch: pytest.MonkeyPatch, usual: Callable[[float], None]
) -> None:
    usual(0.05)
    monkeypatch.setattr(patience_module, "GRACE", 0.05)
    began = time.monotonic()
    [wait] = calls.begin(Patience(0.2), 1)
    assert str(wait.exception(LONG)) == "no answer in time"
    assert 0.24 < time.monotonic() - began < 5


@pytest.mark.parametrize("kind", [SystemError, KakaoUnavailable])
def test_whoever_leaves_makes_room(
    kind: type[Exception], patience: Patience, usual: Callable[[float], None]
) -> None:
    def fail_late() -> None:
        time.sleep(0.01)
        raise kind("late")

    usual(0.001)
    for _ in range(MOST_PATIENT + 1):
        with pytest.raises(kind, match="late"):
            patience.run("token", fail_late)


def test_a_call_that_cannot_be_started_takes_no_place(
    patience: Patience, calls: Calls, usual: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    usual(0.02)
    make_slow_and_end(patience, calls)
    patience._queue().helpers._idle.clear()
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", fail)
        for _ in range(MOST_PATIENT + 1):
            with pytest.raises(RuntimeError):
                patience.run("token", str)


def test_two_objects_share_nothing(patience: Patience, calls: Calls, usual: Callable[[float], None]) -> None:
    usual(0.02)
    make_slow(patience, calls)
    assert Patience(LONG).run("token", str) == ""


def test_a_child_inherits_neither_those_who_wait_nor_a_lock_that_was_held(
    patience: Patience, calls: Calls, usual: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    usual(0.02)
    make_slow(patience, calls)
    with monkeypatch.context() as patch:
        patch.setattr(patience._queue(), "_lock", "to wait for it would take for ever")
        patch.setattr(os, "getpid", lambda: -1)
        assert patience.run("token", str) == ""
    with pytest.raises(KakaoUnavailable, match=TOO_MANY):
        patience.run("token", str)


def test_those_who_leave_in_a_child_are_not_counted_off_elsewhere(
    patience: Patience, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    [wait] = calls.begin(patience, 1)
    parent = patience._queue()
    monkeypatch.setattr(os, "getpid", lambda: -1)
    calls.release()
    wait.result(LONG)
    assert (parent._waiting["token"], patience._queue()._waiting["token"]) == (0, 0)
