"""Sessions that are refreshed again and again, each time with what the answer before gave."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from flask import Flask
from sqlalchemy import MetaData, Table, bindparam, create_engine, update

from .measure import Answer, Environ, call

T = TypeVar("T")


class Refreshes(Generic[T]):
    """Sessions that each take a step when asked; a ticket is what the client of one holds."""

    def __init__(
        self,
        app: Flask,
        tickets: list[T],
        ask: Callable[[T], Environ],
        renew: Callable[[T, Answer], T],
        *,
        bad: Mapping[str, Environ],
        rest: Callable[[], None] = lambda: None,
    ) -> None:
        self._app = app
        self._tickets = tickets
        self._ask = ask
        self._renew = renew
        self._bad = bad
        self._rest = rest
        self._answers: list[Answer] = []

    def check(self) -> None:
        """Raise ``AssertionError`` unless each bad request is refused and a step can be taken after a step."""
        for what, request in self._bad.items():
            assert call(self._app, request).status in (401, 422), what
        for _ in range(2):
            self.prepare(1)()
        self._take_over()

    def prepare(self, repeat: int) -> Callable[[], None]:
        """Give what refreshes so many of the sessions."""
        self._take_over()
        self._rest()
        assert repeat <= len(self._tickets), "too few sessions"
        requests = [self._ask(ticket) for ticket in self._tickets[:repeat]]

        def run() -> None:
            self._answers = [call(self._app, request) for request in requests]

        return run

    def _take_over(self) -> None:
        """Keep what the last answers gave, every one of which is checked here."""
        for number, answer in enumerate(self._answers):
            self._tickets[number] = self._renew(self._tickets[number], answer)
        self._answers = []


class BareUpdate:
    """The floor: the one statement and the one commit of a refresh, on a session in the host's own table."""

    def __init__(self, database: str, sid: str) -> None:
        self._engine = create_engine(database)
        table = Table("kakao_login_session", MetaData(), autoload_with=self._engine)
        self._sid, self._generation = sid, 0
        row = (table.c.id == bindparam("sid"), table.c.generation == bindparam("old"))
        self._step = update(table).where(*row).values(generation=bindparam("new"), rotated_at=bindparam("now"))

    def check(self) -> None:
        """Raise ``AssertionError`` unless it steps one session."""
        self.prepare(1)()

    def prepare(self, repeat: int) -> Callable[[], None]:
        """Give what steps so many times."""

        def run() -> None:
            for _ in range(repeat):
                self._take_step()

        return run

    def _take_step(self) -> None:
        values: dict[str, Any] = {
            "sid": self._sid,
            "old": self._generation,
            "new": self._generation + 1,
            "now": 1.0,
        }
        with self._engine.begin() as connection:
            assert connection.execute(self._step, values).rowcount == 1
        self._generation += 1

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()
