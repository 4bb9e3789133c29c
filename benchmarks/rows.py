"""A GET of one app as a row of the benchmark: what must be served, and what must be refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from flask import Flask

from .measure import Environ, call, environ

BODY = b'{"ok":true}\n'


@dataclass(frozen=True)
class Row:
    """One request, again and again."""

    app: Flask
    good: Environ
    bad: Mapping[str, Environ] = field(default_factory=dict)
    """By what is wrong with them: spoiled, ended, expired."""

    def check(self) -> None:
        """Raise ``AssertionError`` unless the good request is served and each bad one is refused."""
        answer = call(self.app, self.good)
        assert (answer.status, answer.body) == (200, BODY), answer
        for what, request in self.bad.items():
            # Flask-JWT-Extended answers 422 to a token that is none.
            assert call(self.app, request).status in (401, 422), what

    def prepare(self, repeat: int) -> Callable[[], None]:
        """Give what asks so many times."""
        app, request, times = self.app, self.good, range(repeat)

        def run() -> None:
            for _ in times:
                call(app, request)

        return run


@dataclass(frozen=True)
class FirstSight:
    """The same requests, each with a token that the app has not seen, so that nothing it remembers helps."""

    row: Row
    ask: Callable[[], Environ]
    """Gives the request of a new token."""

    def check(self) -> None:
        """Raise ``AssertionError`` unless a new token is served, and what its row must refuse is refused."""
        replace(self.row, good=self.ask()).check()

    def prepare(self, repeat: int) -> Callable[[], None]:
        """Give what asks with so many new tokens."""
        app, requests = self.row.app, [self.ask() for _ in range(repeat)]

        def run() -> None:
            for request in requests:
                call(app, request)

        return run


def by_cookie(path: str, name: str, value: str) -> Environ:
    """Give a GET with one cookie."""
    return environ(path, headers={"Cookie": f"{name}={value}"})


def by_bearer(path: str, token: str, method: str = "GET") -> Environ:
    """Give a request with a Bearer token."""
    return environ(path, method, headers={"Authorization": f"Bearer {token}"})
