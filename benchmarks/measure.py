"""Calling an app as a server does, and timing several in turn, so that a machine that slows down slows all."""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from flask import Flask
from werkzeug.datastructures import MultiDict
from werkzeug.http import parse_cookie
from werkzeug.test import EnvironBuilder

# The time that a file system takes is not ours, and on a disk it hides the rest.
MEMORY = Path("/dev/shm")
ORIGIN = "https://bench.example"
Environ = dict[str, Any]
Times = dict[str, list[float]]


@contextmanager
def databases() -> Iterator[Path]:
    """Give a folder for database files, in memory where the machine has such."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        yield Path(folder)


class Answer(NamedTuple):
    """What an app answered."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes

    @property
    def cookies(self) -> MultiDict[str, str]:
        """The cookies that it sets."""
        set_cookies = [value.partition(";")[0] for name, value in self.headers if name == "Set-Cookie"]
        return parse_cookie("; ".join(set_cookies))


class Work(Protocol):
    """Something to be timed."""

    def check(self) -> None:
        """Raise ``AssertionError`` unless the right is served and the wrong is refused."""

    def prepare(self, repeat: int) -> Callable[[], object]:
        """Give what does the work so many times; getting ready for it is not timed."""


def environ(path: str, method: str = "GET", **more: Any) -> Environ:
    """Give the WSGI environment of a request; ``headers`` and ``json`` as the test client takes them."""
    return EnvironBuilder(path, base_url=ORIGIN, method=method, **more).get_environ()


def call(app: Flask, request: Environ) -> Answer:
    """Call ``app`` as a server does."""
    head: list[Any] = []

    def start_response(*args: Any) -> Any:
        head.extend(args)

    chunks: Any = app(request.copy(), start_response)
    body = b"".join(chunks)
    chunks.close()
    return Answer(int(head[0][:3]), head[1], body)


def take_turns(
    works: Mapping[str, Work], *, repeat: int, rounds: int, clock: Callable[[], float] = time.process_time
) -> Times:
    """Give the seconds of one call, of each work and round; all are checked first."""
    for work in works.values():
        work.check()
    times: Times = {name: [] for name in works}
    # Whoever follows a heavy row finds the processor's caches cold, so that no row may always follow the same one.
    shuffled = random.Random(0)
    # The first round warms up.
    for round_ in range(rounds + 1):
        for name, work in shuffled.sample(list(works.items()), len(works)):
            run = work.prepare(repeat)
            start = clock()
            run()
            took = (clock() - start) / repeat
            times[name] += [took] if round_ else []
    return times


@dataclass(frozen=True)
class Spread:
    """A median with the lowest and the highest."""

    median: float
    lowest: float
    highest: float

    def __str__(self) -> str:
        return f"{self.median:.2f}× ({self.lowest:.2f} to {self.highest:.2f})"


def spread(values: Sequence[float]) -> Spread:
    """Sum up values."""
    return Spread(statistics.median(values), min(values), max(values))


def ratio(times: Times, name: str, floor: str) -> Spread:
    """Give how much more ``name`` takes than ``floor``, round by round."""
    return spread([one / other for one, other in zip(times[name], times[floor], strict=True)])
