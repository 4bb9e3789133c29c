"""Instructions by valgrind: the same on every run, whatever else the machine does.

The worker is this module again, run under callgrind.  It counts nothing but the work itself, and dumps a file for
each row, which names the row.
"""

from __future__ import annotations

import ctypes
import gc
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
from .measure import Work
from .results import Counts

Rows = Callable[[ExitStack, Path], dict[str, Work]]
WARM_UP, SESSIONS = 50, 20
# Calls that are counted, and the rows; a login takes seconds here, so few sessions are refreshed.
PARTS: dict[str, tuple[int, Rows]] = {
    "guard": (200, guard.rows),
    "refresh": (SESSIONS, lambda stack, folder: refresh.rows(stack, folder, SESSIONS)),
}
CLIENT = Path(__file__).with_name("callgrind.c")


def count(parts: Sequence[str]) -> Counts:
    """Give the instructions of one call of each row of the parts; nothing without valgrind and a compiler."""
    wanted = [part for part in parts if part in PARTS]
    if not wanted or not shutil.which("valgrind") or not shutil.which("cc"):
        return {}
    with tempfile.TemporaryDirectory() as folder:
        client, dumps = f"{folder}/callgrind.so", f"{folder}/dump"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", client, CLIENT], check=True)
        callgrind = ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={dumps}"]
        worker = [sys.executable, "-m", __name__, client, *wanted]
        environment = os.environ | {"PYTHONHASHSEED": "0"}
        subprocess.run([*callgrind, *worker], env=environment, check=True, capture_output=True)
        return dict(read(dump) for dump in Path(folder).glob("dump.*"))


def read(dump: Path) -> tuple[str, float]:
    """Give the row of a dump and the instructions of one call."""
    text = dump.read_text()
    found = re.search(r"^desc: Trigger: Client Request: (\d+) (.*)$", text, re.MULTILINE)
    total = re.search(r"^totals: (\d+)", text, re.MULTILINE)
    if not found or not total:
        raise ValueError(f"{dump} tells no row or no total")
    return found[2], int(total[1]) / int(found[1])


def main(client: str, parts: Sequence[str]) -> None:
    """Do the work of the parts' rows, a dump each."""
    callgrind = ctypes.PyDLL(client)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        for part in parts:
            calls, rows = PARTS[part]
            for name, work in rows(stack, Path(folder)).items():
                work.check()
                work.prepare(min(WARM_UP, calls))()
                run = work.prepare(calls)
                # What was made before must not be walked through at the expense of one row or another.
                gc.collect()
                gc.freeze()
                callgrind.start()
                run()
                callgrind.stop(f"{calls} {name}".encode())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
