"""A refresh on PostgreSQL, over the bare statement and commit, by the clock on the wall."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import create_engine, text

from tests.postgresql import PostgreSQL

from . import refresh
from .measure import ratio, take_turns
from .refresh import FLOOR, JSON
from .results import Counts, Result


def report(_counts: Counts, *, quick: bool) -> Iterator[Result]:
    """Give what was asked of a refresh on PostgreSQL."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        server = PostgreSQL(Path(folder))
        stack.callback(server.stop)
        url = server.new_database()
        write_through(url)
        works = refresh.ours(stack, url, 40)
        times = take_turns(works, repeat=40, rounds=7 if quick else 25, clock=time.perf_counter)
        for name in (JSON, refresh.COOKIES):
            beside = ratio(times, name, FLOOR)
            yield refresh.judge_statements(f"{name}, PostgreSQL", works[name])
            yield Result(f"{name}, PostgreSQL, wall", f"{beside}", "at most 2.0×", beside.median <= 2)


def write_through(url: str) -> None:
    """Have commits reach the disk, as in production; the tests' servers need not."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("ALTER SYSTEM RESET fsync"))
        connection.execute(text("SELECT pg_reload_conf()"))
    engine.dispose()
