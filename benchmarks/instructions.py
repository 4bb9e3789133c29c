"""Instructions by valgrind: the same on every run, whatever else the machine does.

The worker is this module again, run under callgrind, which collects while one C function of the interpreter runs
and dumps to a file of its own when that returns.  It is the function behind ``@``, which nothing else here uses.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from . import guard, refresh
from .measure import Work, databases
from .results import Counts
from .rows import FirstSight

Rows = Callable[[ExitStack, Path], dict[str, Work]]
WARM_UP, SESSIONS = 50, 20
# Calls that are counted, and the rows; a login takes seconds here, so few sessions are refreshed.
PARTS: dict[str, tuple[int, Rows]] = {
    "guard": (200, guard.rows),
    "refresh": (SESSIONS, lambda stack, folder: refresh.rows(stack, folder, SESSIONS)),
}
_INSIDE = "PyNumber_MatrixMultiply"
_CALLGRIND = ("valgrind", "--tool=callgrind", f"--toggle-collect={_INSIDE}", f"--dump-after={_INSIDE}")


def count(parts: Sequence[str]) -> Counts:
    """Give the instructions of one call of each row of the parts; nothing where valgrind is missing."""
    wanted = [part for part in parts if part in PARTS]
    if not wanted or shutil.which("valgrind") is None:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        command = [*_CALLGRIND, f"--callgrind-out-file={folder}/out", sys.executable, "-m", __name__, *wanted]
        done = subprocess.run(
            command, env=os.environ | {"PYTHONHASHSEED": "0"}, check=False, capture_output=True, text=True
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        calls = json.loads(done.stdout.splitlines()[-1])
        dumps = [Path(folder) / f"out.{number}" for number, _ in enumerate(calls, 1)]
        return {name: _total(dump) / calls[name] for name, dump in zip(calls, dumps, strict=True)}


def _total(dump: Path) -> int:
    found = re.search(r"^(?:totals|summary): (\d+)", dump.read_text(), re.MULTILINE)
    assert found, f"{dump} tells no total"
    return int(found[1])


class _Collected:
    """Does its work when it is multiplied as a matrix, and so inside the function that callgrind waits for."""

    def __init__(self, run: Callable[[], object]) -> None:
        self._run = run

    def __matmul__(self, _other: object) -> object:
        return self._run()


def main(parts: Sequence[str]) -> None:
    """Do the work of the parts' rows and tell their names and calls in the order of the dumps."""
    with databases() as folder, ExitStack() as stack:
        done: dict[str, int] = {}
        for part in parts:
            calls, rows = PARTS[part]
            for name, work in rows(stack, folder).items():
                # Signing so many tokens takes minutes here, and valgrind may lead cryptography other ways.
                if isinstance(work, FirstSight):
                    continue
                work.check()
                work.prepare(min(WARM_UP, calls))()
                _ = _Collected(work.prepare(calls)) @ None
                done[name] = calls
        print(json.dumps(done))


if __name__ == "__main__":
    main(sys.argv[1:])
