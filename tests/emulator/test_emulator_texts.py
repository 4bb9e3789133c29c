"""What a person reads: in Korean and in English, in one form, in one room."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from kakao_login import emulator
from kakao_login.emulator.texts.names import ConsentItem
from kakao_login.emulator.texts.text import Text

PACKAGE = Path(emulator.__file__).parent
# Kakao's own words in its answers, and the names of people.
KOREAN_DATA = {"store/personas.py", "store/profiles.py"}
SAME_IN_BOTH = {"OpenID Connect"}


def tables() -> Iterator[tuple[str, object]]:
    """Give each entry of each table of the room, with the name of both."""
    for file in sorted((PACKAGE / "texts").glob("*.py")):
        for name, table in vars(import_module(f"kakao_login.emulator.texts.{file.stem}")).items():
            if name.isupper() and isinstance(table, dict):
                yield from ((f"{file.stem}.{name}.{key}", entry) for key, entry in table.items())


def texts() -> dict[str, Text]:
    entries = ((name, entry.name if isinstance(entry, ConsentItem) else entry) for name, entry in tables())
    return {name: entry for name, entry in entries if isinstance(entry, Text)}


def filled_in(text: str) -> list[str]:
    return sorted(re.findall(r"\{(\w+)\}", text))


def test_every_text_has_the_one_form() -> None:
    assert len(texts()) > 250
    assert [name for name, _ in tables() if name not in texts()] == []


def test_every_text_is_there_in_both_languages_with_the_same_places_to_fill_in() -> None:
    assert [name for name, text in texts().items() if not all(text)] == []
    assert [name for name, text in texts().items() if filled_in(text.korean) != filled_in(text.english)] == []


def test_the_languages_are_not_mixed_up() -> None:
    hangul = re.compile("[가-힣]")
    different = {name: text for name, text in texts().items() if text.korean not in SAME_IN_BOTH}
    korean = [name for name, text in different.items() if hangul.search(text.english)]
    english = [name for name, text in different.items() if not hangul.search(text.korean)]
    assert korean == ["pages.PAGES.other_language"]
    assert english == ["pages.PAGES.other_language"]


def test_korean_is_written_in_no_other_room() -> None:
    hangul = re.compile("[가-힣]")
    files = (path for suffix in ("py", "js", "html") for path in PACKAGE.rglob(f"*.{suffix}"))
    elsewhere = {str(path.relative_to(PACKAGE)) for path in files if hangul.search(path.read_text("utf-8"))}
    assert {name for name in elsewhere if not name.startswith("texts/")} == KOREAN_DATA
