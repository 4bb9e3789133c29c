"""The page of what is covered tells the truth."""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).parent


def names_in(folder: Path) -> set[str]:
    sources = (file.read_text(encoding="utf-8") for file in folder.glob("test_*.py"))
    return {name for source in sources for name in re.findall(r"^def (test_\w+)", source, re.MULTILINE)}


def rows() -> list[tuple[str, str]]:
    lines = (FOLDER / "COVERAGE.md").read_text(encoding="utf-8").splitlines()
    cells = [line.strip("| ").rsplit(" | ", 1) for line in lines if line.startswith("| ")]
    return [(fact, shown_by) for fact, shown_by in cells if fact != "fact"]


def test_every_test_that_the_page_names_exists() -> None:
    named = {name for _, shown_by in rows() for name in re.findall(r"`(test_\w+)`", shown_by)}
    assert named <= names_in(FOLDER)


def test_every_row_names_a_test_or_says_why_not() -> None:
    bare = [fact for fact, shown_by in rows() if "`test_" not in shown_by and len(shown_by) < 12]
    assert bare == []
    assert len(rows()) > 90
