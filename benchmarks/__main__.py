"""Print what was measured in this run; ratios count, times belong to the machine."""

from __future__ import annotations

import platform
from itertools import chain

from . import emulator, login


def main() -> None:
    """Measure and print."""
    print(f"Python {platform.python_version()} on {platform.machine()}; x is the median ratio (lowest to highest)")
    for line in chain(login.report(), emulator.report()):
        print(line, flush=True)


if __name__ == "__main__":
    main()
