"""What a refresh costs, over the bare statement and commit that no refresh can do without."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from .hosts import SECRET, Host, Login, local_kakao, make_host, sid_of, sqlite
from .measure import Answer, Environ, Work, databases, environ, take_turns
from .refreshing import BareUpdate, Refreshes
from .results import Counts, Numbers, Result
from .rival_jwt import WithJwt
from .rows import by_bearer
from .statements import count_statements
from .tokens import expired, spoiled

FLOOR, JSON, COOKIES = "bare UPDATE and COMMIT", "kakao_login, refresh in JSON", "kakao_login, refresh by cookies"
BLOCKLIST = "Flask-JWT-Extended, refresh, SQL blocklist"
MOST = {JSON: 10, COOKIES: 13}


def rows(stack: ExitStack, folder: Path, sessions: int) -> dict[str, Work]:
    """Give all rows on SQLite; what they need lasts as long as ``stack``."""
    database = sqlite(folder, "refresh")
    return ours(stack, database, sessions) | {BLOCKLIST: _with_blocklist(folder, sessions)}


def ours(stack: ExitStack, database: str, sessions: int) -> dict[str, Work]:
    """Give the floor and our own rows on one database."""
    with local_kakao() as kakao_url:
        host = make_host(database, kakao_url)
        stack.callback(host.close)
        sid = sid_of(host.log_in().access[1])
        works: dict[str, Work] = {JSON: in_json(host, sessions), COOKIES: by_cookies(host, sessions)}
    floor = BareUpdate(database, sid)
    stack.callback(floor.close)
    return {FLOOR: floor, **works}


def in_json(host: Host, sessions: int) -> Refreshes[str]:
    """Give sessions whose clients keep the tokens themselves."""
    ended, *tokens = [host.refresh_token() for _ in range(sessions + 1)]
    bad = {what: _ask_in_json(token) for what, token in _bad(host, tokens[0], ended).items()}
    return Refreshes(host.app, tokens, _ask_in_json, _renew_in_json, bad=bad, rest=host.let_time_pass)


def by_cookies(host: Host, sessions: int) -> Refreshes[Login]:
    """Give sessions of browsers."""
    ended, *logins = [host.log_in() for _ in range(sessions + 1)]
    tokens = _bad(host, logins[0].refresh[1], ended.refresh[1])
    bad = {what: logins[0].unsafe("/auth/refresh", token) for what, token in tokens.items() if what != "ended"}
    bad["ended"] = ended.unsafe("/auth/refresh")
    return Refreshes(host.app, logins, _ask_by_cookies, Login.renewed, bad=bad, rest=host.let_time_pass)


def _bad(host: Host, good: str, ended: str) -> dict[str, str]:
    host.end(ended)
    return {"spoiled": spoiled(good), "ended": ended, "expired": expired(good, SECRET)}


def _ask_by_cookies(login: Login) -> Environ:
    return login.unsafe("/auth/refresh")


def _ask_in_json(token: str) -> Environ:
    return environ("/auth/refresh", "POST", json={"refresh_token": token})


def _renew_in_json(token: str, answer: Answer) -> str:
    assert answer.status == 200, answer
    new: str = json.loads(answer.body)["refresh_token"]
    assert new != token, "the refresh took no step"
    return new


def _with_blocklist(folder: Path, sessions: int) -> Refreshes[str]:
    rival = WithJwt(folder)
    good, ended, *tokens = rival.refresh_tokens(sessions + 2)
    rival.end(ended)
    bad = {"spoiled": spoiled(good), "ended": ended, "expired": expired(good, SECRET)}

    def ask(token: str) -> Environ:
        return by_bearer("/refresh", token, "POST")

    return Refreshes(rival.app, tokens, ask, _renew_in_json, bad={what: ask(token) for what, token in bad.items()})


def report(counts: Counts, *, quick: bool) -> Iterator[Result]:
    """Give a line for each row on SQLite, and then what was asked."""
    with databases() as folder, ExitStack() as stack:
        works = rows(stack, folder, 40)
        numbers = Numbers(take_turns(works, repeat=40, rounds=7 if quick else 25), counts)
        yield from (numbers.row(name, FLOOR) for name in works)
        for name, most in MOST.items():
            yield judge_statements(f"{name}, SQLite", works[name])
            cpu = numbers.cpu(name, FLOOR)
            yield Result(f"{name}, over the floor", f"{cpu} CPU", f"CPU at most {most}×", cpu.median <= most)


def judge_statements(name: str, work: Work) -> Result:
    """Give what was asked of the statements of one refresh."""
    seen = count_statements(work.prepare(1))
    reached = (len(seen.texts), seen.commits) == (1, 1)
    return Result(name, str(seen), "1 statement and 1 commit", reached)
