"""Whether a million sessions cost more than a thousand, and a session more after a hundred refreshes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from .filling import fill
from .guard import guarded
from .hosts import SECRET, Host, local_kakao, make_host, sqlite
from .measure import Work, call, databases, ratio, spread, take_turns
from .refresh import in_json
from .results import Counts, Result
from .rows import BODY, Row

FEW, MANY, ENDED, STEPS, SESSIONS = 1_000, 1_000_000, 20, 100, 40
# What should cost the same may differ by so much.
AS_MUCH = 1.2
REPEATS = {"first guarded request": 1, "idle poll": 50, "guarded GET": 100, "refresh": SESSIONS}


@dataclass(frozen=True)
class FirstRequest:
    """The first guarded request of a process: each is served by an app of its own."""

    database: str
    row: Row
    stack: ExitStack

    def check(self) -> None:
        """Raise ``AssertionError`` unless it is served, and an ended session refused."""
        for request, status in ((self.row.good, 200), (self.row.bad["ended"], 401)):
            assert call(self._new_host().app, request).status == status

    def prepare(self, repeat: int) -> Callable[[], None]:
        """Give what asks so many new apps."""
        apps = [self._new_host().app for _ in range(repeat)]

        def run() -> None:
            for app in apps:
                assert call(app, self.row.good).body == BODY

        return run

    def _new_host(self) -> Host:
        host = make_host(self.database, "http://localhost:9")
        self.stack.callback(host.close)
        return host


@dataclass(frozen=True)
class IdlePoll:
    """A poll that learns nothing."""

    host: Host

    def check(self) -> None:
        """Ask once, for the first poll is not idle."""
        self.host.poll()

    def prepare(self, repeat: int) -> Callable[[], None]:
        """Give what polls so many times."""

        def run() -> None:
            for _ in range(repeat):
                self.host.poll()

        return run


def report(_counts: Counts, *, quick: bool) -> Iterator[Result]:
    """Give what was asked at a million sessions, a hundred thousand in a quick run."""
    many, rounds = MANY // 10 if quick else MANY, 5 if quick else 9
    with databases() as folder, ExitStack() as stack:
        few, much = (_works(stack, folder, number) for number in (FEW, many))
        for name, repeat in REPEATS.items():
            times = take_turns({"few": few[name], "much": much[name]}, repeat=repeat, rounds=rounds)
            beside = ratio(times, "much", "few")
            measured = f"{beside} CPU, {spread(times['few']).median * 1000:.2f} ms at {FEW}"
            work = f"{name}, {many} sessions over {FEW}"
            yield Result(work, measured, f"at most {AS_MUCH}×", beside.median <= AS_MUCH)
    yield _bytes_a_session()


def _works(stack: ExitStack, folder: Path, number: int) -> dict[str, Work]:
    database = sqlite(folder, str(number))
    with local_kakao() as kakao_url:
        _fill(database, kakao_url, number)
        host = make_host(database, kakao_url)
        stack.callback(host.close)
        # As many have just ended here as there, for each of these has to be learnt.
        for login in [host.log_in() for _ in range(ENDED)]:
            host.end(login.access[1])
        guard, refreshes = guarded(host, SECRET), in_json(host, SESSIONS)
    return {
        "first guarded request": FirstRequest(database, guard, stack),
        "idle poll": IdlePoll(host),
        "guarded GET": guard,
        "refresh": refreshes,
    }


def _fill(database: str, kakao_url: str, number: int) -> None:
    # A process that runs already would take all of this for news and learn it.
    with closing(make_host(database, kakao_url)) as host:
        host.end(host.log_in().access[1])
        host.log_in()
    fill(database, number)


def _bytes_a_session() -> Result:
    with databases() as folder, ExitStack() as stack:
        database = folder / "bytes.db"
        with local_kakao() as kakao_url:
            host = make_host(f"sqlite:///{database}", kakao_url)
            stack.callback(host.close)
            refreshes = in_json(host, SESSIONS)
        before = _size(database) / SESSIONS
        for _ in range(STEPS):
            refreshes.prepare(SESSIONS)()
        refreshes.check()
        after = _size(database) / SESSIONS
    measured = f"{after:.0f} bytes, {before:.0f} before"
    asked = f"as after none, at most {AS_MUCH}×"
    return Result(f"a session after {STEPS} refreshes", measured, asked, after <= before * AS_MUCH)


def _size(database: Path) -> int:
    """Give the size of the database packed anew, in pages so small that a column more would show."""
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(":memory:")) as copy:
        copy.execute("PRAGMA page_size = 512")
        copy.executescript("\n".join(source.iterdump()))
        ((pages,),) = copy.execute("PRAGMA page_count")
        return int(pages) * 512
