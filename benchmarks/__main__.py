"""Measure, print and write down: ``python -m benchmarks [--quick] [part ...]``; all parts renew the report."""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path

from . import emulator, guard, instructions, login, million, refresh
from .plot import plot
from .results import Counts, Result

Report = Callable[..., Iterator[Result]]
PARTS: Mapping[str, tuple[str, Report]] = {
    "guard": ("A guarded GET, over a bare Flask view with the same body", guard.report),
    "refresh": ("A refresh, over the bare statement and commit", refresh.report),
    "login": ("A login, over Kakao's answers", login.report),
    "million": ("A million sessions, over a thousand", million.report),
    "emulator": ("The emulator", emulator.report),
}
FOLDER = Path(__file__).parent
PACKAGES = ("Flask", "Werkzeug", "SQLAlchemy", "PyJWT", "Flask-JWT-Extended", "Flask-Login")


def main() -> None:
    """Measure the parts that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Speed, measured side by side.")
    parser.add_argument("parts", nargs="*", metavar="part", help=f"any of {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, and no instructions")
    options = parser.parse_args()
    print(f"{machine()}\n× is the median (lowest to highest)", flush=True)
    parts = options.parts or list(PARTS)
    counts: Counts = {} if options.quick else instructions.count(parts)
    found = {part: list(_measured(part, counts, quick=options.quick)) for part in parts}
    if parts == list(PARTS) and not options.quick:
        write(found)


def machine() -> str:
    """Name the machine and the versions."""
    cpu = next((line for line in _lines("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"{cpu.partition(':')[2].strip() or cpu}, Python {platform.python_version()}, {packages}"


def write(found: Mapping[str, list[Result]]) -> None:
    """Write the report and its picture."""
    text = f"# What `make bench` measured\n\n{time.strftime('%Y-%m-%d')}. {machine()}.\n"
    text += "\n× is a ratio of two rows of one run: the median, and the lowest and highest in brackets.\n"
    for part, results in found.items():
        text += f"\n## {PARTS[part][0]}\n\n| work | measured | asked | |\n|---|---|---|---|\n"
        text += "".join(f"| {r.work} | {r.measured} | {r.asked} | {r.verdict} |\n" for r in results)
    (FOLDER / "RESULTS.md").write_text(text, encoding="utf-8")
    note = "Instructions of one request by WSGI, over a bare Flask view that answers the same; shorter is better."
    picture = plot("What a guard costs", note, found["guard"])
    (FOLDER / "results.svg").write_text(picture, encoding="utf-8")


def _measured(part: str, counts: Counts, *, quick: bool) -> Iterator[Result]:
    for result in PARTS[part][1](counts, quick=quick):
        print(result, flush=True)
        yield result


def _lines(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines() if Path(path).exists() else []


if __name__ == "__main__":
    main()
