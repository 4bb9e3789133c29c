"""What a guard costs a GET, beside what else guards one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from flask_sqlalchemy import SQLAlchemy

from .hosts import SECRET, Host, local_kakao, make_host, sqlite
from .measure import Environ, Work, databases, environ, take_turns
from .results import Counts, Numbers, Result
from .rival_jwt import WithJwt
from .rivals import bare_app, hand_made, with_flask_login
from .rows import FirstSight, Row, by_bearer, by_cookie
from .tokens import expired, spoiled, unseen

FLOOR, WITHOUT, OPEN = "bare Flask view", "the same with Flask-SQLAlchemy", "kakao_login, open view"
HMAC, COOKIE, BEARER = "HMAC check by hand", "kakao_login by cookie", "kakao_login by Bearer"
CLAIMS, USER, FLASK_LOGIN = "kakao_login, current_login", "kakao_login, current_user", "Flask-Login, current_user"
JWT, BLOCKLIST = "Flask-JWT-Extended, cookies", "Flask-JWT-Extended, SQL blocklist"
ALGORITHMS = {name: f"kakao_login by cookie, {name}" for name in ("ES256", "EdDSA", "RS256")}
NEW_TOKENS = {name: f"kakao_login, new token, {name}" for name in ("HS256", *ALGORITHMS)}
# What should cost the same may differ by so much.
AS_MUCH = 1.1


def rows(stack: ExitStack, folder: Path) -> dict[str, Work]:
    """Give all rows; what they need lasts as long as ``stack``."""
    without = bare_app(SQLALCHEMY_DATABASE_URI=sqlite(folder, "without"))
    SQLAlchemy(without)
    others: dict[str, Work] = {
        FLOOR: Row(bare_app(), environ("/open")),
        WITHOUT: Row(without, environ("/open")),
        HMAC: hand_made(),
        JWT: WithJwt().row(),
        BLOCKLIST: WithJwt(folder).row(),
        FLASK_LOGIN: with_flask_login(folder),
    }
    with local_kakao() as kakao_url:
        return others | _ours(stack, folder, kakao_url)


def _ours(stack: ExitStack, folder: Path, kakao_url: str) -> dict[str, Work]:
    host = make_host(sqlite(folder, "HS256"), kakao_url)
    stack.callback(host.close)
    usual = guarded(host, SECRET)
    rows: dict[str, Work] = {
        OPEN: Row(host.app, environ("/open")),
        COOKIE: usual,
        BEARER: guarded(host, SECRET, bearer=True),
        USER: guarded(host, SECRET, "/user"),
        CLAIMS: guarded(host, SECRET, "/claims"),
        NEW_TOKENS["HS256"]: at_first_sight(usual, SECRET),
    }
    for algorithm, key in _private_keys().items():
        other = make_host(sqlite(folder, algorithm), kakao_url, JWT_ALGORITHM=algorithm, JWT_PRIVATE_KEY=_pem(key))
        stack.callback(other.close)
        row = rows[ALGORITHMS[algorithm]] = guarded(other, key)
        rows[NEW_TOKENS[algorithm]] = at_first_sight(row, key)
    return rows


def guarded(host: Host, key: Any, path: str = "/guarded", *, bearer: bool = False) -> Row:
    """Give the row of one of the host's guarded views."""
    login, over = host.log_in(), host.log_in()
    host.end(over.access[1])

    def ask(token: str) -> Environ:
        return by_bearer(path, token) if bearer else by_cookie(path, login.access[0], token)

    token = login.access[1]
    bad = {"spoiled": spoiled(token), "ended": over.access[1], "expired": expired(token, key)}
    return Row(host.app, ask(token), {what: ask(token) for what, token in bad.items()})


def at_first_sight(row: Row, key: Any) -> FirstSight:
    """Give the row of the same view by cookie where the token is a new one each time."""
    name, _, token = row.good["HTTP_COOKIE"].partition("=")
    return FirstSight(row, lambda: by_cookie("/guarded", name, unseen(token, key)))


def _private_keys() -> dict[str, Any]:
    return {
        "ES256": ec.generate_private_key(ec.SECP256R1()),
        "EdDSA": ed25519.Ed25519PrivateKey.generate(),
        "RS256": rsa.generate_private_key(65537, 2048),
    }


def _pem(key: Any) -> str:
    pem, pkcs8, plain = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    text: bytes = key.private_bytes(pem, pkcs8, plain)
    return text.decode()


def report(counts: Counts, *, quick: bool) -> Iterator[Result]:
    """Give a line for each row, and then what was asked."""
    with databases() as folder, ExitStack() as stack:
        times = take_turns(rows(stack, folder), repeat=100, rounds=7 if quick else 25)
    numbers = Numbers(times, counts)
    yield from (numbers.row(name, FLOOR) for name in times)
    yield from judge(numbers)


def judge(numbers: Numbers) -> Iterator[Result]:
    """Give what was asked of the guards."""
    yield _at_most(numbers, "unguarded view, with over without", OPEN, WITHOUT, 1.02)
    for name in (COOKIE, BEARER):
        beside, counted = numbers.cpu(name, HMAC), numbers.instructions(name, FLOOR)
        reached = None if counted is None else counted <= 1.3 and beside.median <= 1
        measured = f"{numbers.text(name, FLOOR)}; {beside} the HMAC row's CPU"
        asked = "1.3× in instructions, CPU not above the HMAC row"
        yield Result(f"guarded GET, {name}", measured, asked, reached)
    yield _at_most(numbers, "current_user over Flask-Login's", USER, FLASK_LOGIN, 1)
    yield _at_most(numbers, "who asks, over the guard", CLAIMS, COOKIE, AS_MUCH)
    for algorithm, name in ALGORITHMS.items():
        yield _at_most(numbers, f"guard with {algorithm} over HS256", name, COOKIE, AS_MUCH)


def _at_most(numbers: Numbers, work: str, name: str, floor: str, most: float) -> Result:
    return Result(work, numbers.text(name, floor), f"at most {most}×", numbers.best(name, floor) <= most)
