"""What is measured still does what it is measured for; how fast it is, `make bench` tells."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from benchmarks import guard, refresh


def test_every_row_answers_what_it_should_and_refuses_what_it_must(tmp_path: Path) -> None:
    with ExitStack() as stack:
        rows = {**guard.rows(stack, tmp_path), **refresh.rows(stack, tmp_path, 2)}
        for row in rows.values():
            row.check()
    assert len(rows) > 15
