"""A question that is not answered keeps one request waiting, and not every one after it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from kakao_login.errors import DatabaseUnavailable
from kakao_login.store import bounded
from kakao_login.store.bounded import Bounded
from tests.builders import at_once


class Database:
    """Answers, fails or hangs, and counts who asked."""

    def __init__(self) -> None:
        self.asked = self.given_up = 0
        self.error: Exception | None = None
        self.speaks = threading.Event()
        self.speaks.set()

    def ask(self) -> None:
        self.asked += 1
        self.speaks.wait(20)
        if self.error is not None:
            raise self.error

    def give_up(self) -> None:
        self.given_up += 1


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setattr(bounded, "LONGEST_WAIT", 0.02)
    database = Database()
    yield database
    database.speaks.set()


def fails(ask: Bounded, database: Database) -> bool:
    try:
        ask(database.ask)
    except DatabaseUnavailable:
        return True
    return False


def test_an_answer_and_an_error_come_through_as_they_are(database: Database) -> None:
    ask = Bounded(database.give_up)
    ask(database.ask)
    for error in (DatabaseUnavailable(), ZeroDivisionError()):
        database.error = error
        with pytest.raises(type(error)):
            ask(database.ask)
    database.error = None
    ask(database.ask)
    assert (database.asked, database.given_up) == (4, 0)


def test_in_a_silence_one_tries_every_few_seconds_and_the_others_fail_at_once(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    ask = Bounded(database.give_up)
    database.speaks.clear()
    assert [fails(ask, database) for _ in range(20)] == [True] * 20
    assert (database.asked, database.given_up) == (1, 1)
    for asked in (2, 3):
        vars(ask)["_rests_until"] = 0.0
        assert at_once(10, lambda: fails(ask, database)) == [True] * 10
        assert (database.asked, database.given_up) == (asked, asked)
    assert caplog.text.count("has not answered") == 1


def test_an_answer_ends_the_silence_for_everybody(database: Database) -> None:
    ask = Bounded(database.give_up)
    database.speaks.clear()
    assert fails(ask, database)
    database.speaks.set()
    vars(ask)["_rests_until"] = 0.0
    assert [fails(ask, database) for _ in range(5)] == [False] * 5
