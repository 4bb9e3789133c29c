"""Measure and print: ``python -m benchmarks [--quick] [part ...]``; all parts make the report and the plot too."""

from __future__ import annotations

import argparse
import logging
import platform
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from . import emulator, guard, instructions, login, plot, postgresql, refresh, report, scale
from .results import Result

PARTS = {
    "guard": guard.report,
    "refresh": refresh.report,
    "postgresql": postgresql.report,
    "login": login.report,
    "scale": scale.report,
    "emulator": emulator.report,
}
HERE = Path(__file__).parent


def main() -> None:
    """Measure the parts that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Speed, measured side by side.")
    parser.add_argument("parts", nargs="*", metavar="part", help=f"any of {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, and no instructions")
    options = parser.parse_args()
    # The folder of a database is deleted while the process goes on, and that is no news.
    logging.getLogger("kakao_login").setLevel(logging.ERROR)
    started = time.monotonic()
    print(f"Python {platform.python_version()} on {platform.machine()}; × is the median (lowest to highest)")
    results = measure(options.parts or list(PARTS), quick=options.quick)
    if not options.parts and not options.quick:
        write(results, time.monotonic() - started)


def measure(parts: Sequence[str], *, quick: bool) -> dict[str, list[Result]]:
    """Measure the parts and print every result as it comes."""
    counts = {} if quick else instructions.count(parts)
    results: dict[str, list[Result]] = {part: [] for part in parts}
    for part in parts:
        for result in PARTS[part](counts, quick=quick):
            print(result, flush=True)
            results[part].append(result)
    return results


def write(results: Mapping[str, Sequence[Result]], seconds: float) -> None:
    """Write the report and the plot."""
    report.write(HERE / "RESULTS.md", results, seconds)
    note = "CPU time of a request, in times a bare Flask view's, side by side in one run"
    plot.write(HERE / "results.svg", "A guarded GET beside others", note, results["guard"])


if __name__ == "__main__":
    main()
