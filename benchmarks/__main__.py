"""Measure and print: ``python -m benchmarks [--quick] [part ...]``."""

from __future__ import annotations

import argparse
import platform

from . import guard, instructions, login, million, refresh

PARTS = {"guard": guard.report, "refresh": refresh.report, "login": login.report, "million": million.report}


def main() -> None:
    """Measure the parts that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Speed, measured side by side.")
    parser.add_argument("parts", nargs="*", metavar="part", help=f"any of {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, and no instructions")
    options = parser.parse_args()
    parts = options.parts or list(PARTS)
    print(f"Python {platform.python_version()} on {platform.machine()}; × is the median (lowest to highest)")
    counts = {} if options.quick else instructions.count(parts)
    for part in parts:
        for result in PARTS[part](counts, quick=options.quick):
            print(result, flush=True)


if __name__ == "__main__":
    main()
