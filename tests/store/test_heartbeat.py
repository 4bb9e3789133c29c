"""One thread a process, which survives whatever its tasks do and leaves with the app."""

from __future__ import annotations

import gc
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from kakao_login.errors import DatabaseUnavailable
from kakao_login.store import heartbeat
from kakao_login.store.heartbeat import Heartbeat
from tests.builders import at_once

SOON = 5.0


class Task:
    """A task that counts, and fails while it is told to."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.done = 0
        self.twice = threading.Event()

    def __call__(self) -> None:
        self.done += 1
        if self.done >= 2:
            self.twice.set()
        if self.failure is not None:
            raise self.failure


@contextmanager
def beating(*tasks: Callable[[], None], interval: float = 0.001) -> Iterator[Heartbeat]:
    beat = Heartbeat(interval, tasks)
    try:
        yield beat
    finally:
        beat.stop()


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "kakao-login" and thread.is_alive()]


@pytest.fixture
def others() -> set[threading.Thread]:
    """The threads that tests before this one may have left behind."""
    return set(threads())


def ended(thread: threading.Thread) -> bool:
    thread.join(SOON)
    return not thread.is_alive()


def test_every_task_is_done_again_and_again() -> None:
    tasks = [Task(), Task()]
    with beating(*tasks) as beat:
        beat.start()
        assert all(task.twice.wait(SOON) for task in tasks)


def test_nothing_runs_before_the_start() -> None:
    task = Task()
    Heartbeat(0.001, [task])
    assert not task.twice.wait(0.02)
    assert task.done == 0


def test_many_requests_start_one_thread(others: set[threading.Thread]) -> None:
    with beating(interval=60) as beat:
        at_once(20, beat.start)
        assert len(set(threads()) - others) == 1


def test_a_shutdown_does_the_tasks_a_last_time_and_ends_the_thread(others: set[threading.Thread]) -> None:
    task = Task()
    with beating(task, interval=60) as beat:
        beat.start()
        (thread,) = set(threads()) - others
        assert task.done == 0
    assert task.done == 1
    assert ended(thread)


def test_a_forked_worker_starts_a_thread_of_its_own(
    others: set[threading.Thread], monkeypatch: pytest.MonkeyPatch
) -> None:
    with beating(interval=60) as beat:
        beat.start()
        beat.start()
        assert len(set(threads()) - others) == 1
        monkeypatch.setattr(os, "getpid", lambda: -1)
        beat.start()
        beat.start()
        born = set(threads()) - others
        assert len(born) == 2
        monkeypatch.undo()
        for thread in born:
            assert thread.daemon


def test_a_thread_that_died_is_replaced(others: set[threading.Thread]) -> None:
    with beating(interval=60) as beat:
        beat.start()
        (first,) = set(threads()) - others
        beat.stop()
        assert ended(first)
        beat.start()
        assert len(set(threads()) - others) == 1


def test_an_app_that_nobody_uses_takes_its_thread_along(others: set[threading.Thread]) -> None:
    beat = Heartbeat(0.001, [])
    beat.start()
    (thread,) = set(threads()) - others
    del beat
    gc.collect()
    assert ended(thread)


def test_an_outage_is_told_once_at_its_start_and_once_at_its_end(caplog: pytest.LogCaptureFixture) -> None:
    task = Task(DatabaseUnavailable())
    beat = Heartbeat(60, [task])
    with caplog.at_level(logging.INFO, "kakao_login"):
        for _ in range(5):
            beat.beat()
        task.failure = None
        for _ in range(5):
            beat.beat()
    words = [record.getMessage().split(" for ")[0] for record in caplog.records]
    assert words == ["The database is away", "The database is back"]
    assert task.done == 10


@pytest.mark.parametrize("failure", [DatabaseUnavailable(), RuntimeError("a bug"), OSError("broken")])
def test_a_task_that_fails_keeps_neither_the_others_nor_the_next_beat_from_coming(
    failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    failing, sound = Task(failure), Task()
    with caplog.at_level(logging.CRITICAL, "kakao_login"), beating(failing, sound) as beat:
        beat.start()
        assert sound.twice.wait(SOON)
        assert failing.twice.wait(SOON)
        failing.failure = None


def test_a_bug_in_a_task_is_logged_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    Heartbeat(60, [Task(RuntimeError("a bug"))]).beat()
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "RuntimeError: a bug" in caplog.text


def test_a_beat_that_hangs_is_given_up_and_another_thread_goes_on(
    others: set[threading.Thread], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(heartbeat, "_LONGEST_BEAT", 0)
    hangs, answer, again = threading.Event(), threading.Event(), threading.Event()

    def task() -> None:
        if hangs.is_set():
            again.set()
        else:
            hangs.set()
            answer.wait(SOON)

    with beating(task) as beat:
        beat.start()
        (stuck,) = set(threads()) - others
        assert hangs.wait(SOON)
        while not again.is_set():
            beat.start()
        assert "hangs; it is given up" in caplog.text
        answer.set()
        assert ended(stuck)


def test_a_shutdown_does_not_wait_for_a_beat_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    hangs, answer = threading.Event(), threading.Event()

    def task() -> None:
        hangs.set()
        answer.wait(SOON)

    monkeypatch.setattr(heartbeat, "_LONGEST_BEAT", 0)
    beat = Heartbeat(0, (task,))
    beat.start()
    assert hangs.wait(SOON)
    began_at = time.monotonic()
    beat.stop()
    assert time.monotonic() - began_at < SOON / 2
    answer.set()
