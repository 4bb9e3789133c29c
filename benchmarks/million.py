"""What a million sessions change: the first guarded request of a process, a poll, a guard, a refresh, the disk."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import text

from .guard import guarded
from .hosts import SECRET, Host, local_kakao, make_host, sqlite
from .measure import Spread, Work, call, ratio, spread, take_turns
from .refresh import in_json
from .results import Counts, Result

FEW, MANY = 1_000, 1_000_000
# Sessions that ended within the hour, as many with few sessions as with a million.
LATELY = 100
USERS = 1000
REFRESHES, REFRESHED = 100, 100
_FILL = """
INSERT INTO kakao_login_session (id, user_id, generation, confirmed, created_at, last_active_at, idle_expires_at,
                                 expires_at, ended_at, end_number, end_reason, user_agent, ip)
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :number)
SELECT printf('%022d', n), 2 + n % :users, 0, 0, :now, :now, :now + 2592000, :now + 31536000,
       CASE WHEN n <= :lately THEN :now WHEN n % 2 THEN :now - 86400 END,
       CASE WHEN n <= :lately OR n % 2 THEN n + 1000000 END,
       CASE WHEN n <= :lately OR n % 2 THEN 'logout' END, 'a browser', '192.0.2.1'
FROM numbers
"""


def report(_counts: Counts, *, quick: bool) -> Iterator[Result]:
    """Give a line for each; instructions are of no use here, where the database does the work."""
    many = MANY // 10 if quick else MANY
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack, local_kakao() as kakao_url:
        hosts = {number: _filled(stack, Path(folder), kakao_url, number, LATELY) for number in (FEW, many)}
        yield _beside("first guarded request of a process", hosts, _first_requests, most=1.5)
        works: dict[str, Work] = {str(number): guarded(host, SECRET) for number, host in hosts.items()}
        yield _judge(f"guard with {many} sessions over {FEW}", works, repeat=100, most=1.2)
        works = {str(number): in_json(host, 20) for number, host in hosts.items()}
        yield _judge(f"refresh with {many} sessions over {FEW}", works, repeat=20, most=1.2)
        ended = {number: _filled(stack, Path(folder), kakao_url, number, number) for number in (FEW + 1, many + 1)}
        yield _beside("idle poll that remembers as many ends", ended, _polls, most=1.5)
        yield _bytes(_filled(stack, Path(folder), kakao_url, 1, 0), Path(folder) / "1.db")


def _filled(stack: ExitStack, folder: Path, kakao_url: str, number: int, lately: int) -> Host:
    host = make_host(sqlite(folder, str(number)), kakao_url)
    stack.callback(host.close)
    host.log_in()
    values = {"number": number, "lately": lately, "now": time.time(), "users": USERS}
    with host.app.app_context(), host.db.engine.begin() as connection:
        users = [{"id": 2 + user, "is_active": True} for user in range(USERS)]
        connection.execute(host.kakao.user_model.__table__.insert(), users)
        connection.execute(text(_FILL), values)
        connection.execute(text("UPDATE kakao_login_end_counter SET number = 3000000"))
        connection.execute(text("INSERT OR IGNORE INTO kakao_login_end_counter VALUES (1, 3000000)"))
    return host


def _beside(work: str, hosts: dict[int, Host], measure: Callable[[Host], list[float]], *, most: float) -> Result:
    few, many = (measure(host) for host in hosts.values())
    found = spread([one / other for one, other in zip(many, few, strict=True)])
    return _result(f"{work}, with {max(hosts)} sessions", found, f"{spread(many).median * 1000:.2f} ms", most)


def _judge(work: str, works: dict[str, Work], *, repeat: int, most: float) -> Result:
    few, many = works
    times = take_turns(works, repeat=repeat, rounds=9)
    return _result(work, ratio(times, many, few), f"{spread(times[many]).median * 1e6:.0f} µs", most)


def _result(work: str, found: Spread, each: str, most: float) -> Result:
    return Result(work, f"{found}, {each}", f"at most {most}×", found.median <= most)


def _first_requests(host: Host) -> list[float]:
    row = guarded(host, SECRET)
    return [_timed(lambda: call(host.app, row.good), before=host.forget_ends) for _ in range(9)]


def _polls(host: Host) -> list[float]:
    host.poll()
    return [_timed(host.poll) for _ in range(50)]


def _timed(work: Callable[[], object], before: Callable[[], None] = lambda: None) -> float:
    before()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _bytes(host: Host, path: Path) -> Result:
    sessions = in_json(host, REFRESHED)
    before = _size(host, path)
    for _ in range(REFRESHES):
        sessions.prepare(REFRESHED)()
    grown = (_size(host, path) - before) / REFRESHED
    measured = f"{grown:+.0f} bytes a session"
    return Result(f"the database after {REFRESHES} refreshes", measured, "as after none", grown <= 0)


def _size(host: Host, path: Path) -> int:
    with host.app.app_context(), host.db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.stat().st_size
