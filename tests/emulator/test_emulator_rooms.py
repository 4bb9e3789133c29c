"""The rooms of the emulator: three doors that do not know one another, and a word on what belongs into each."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import pytest

from kakao_login import emulator

PACKAGE = Path(emulator.__file__).parent
DOORS = ("control", "kauth", "kapi")
ROOMS = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))


def imports_of(file: Path) -> set[str]:
    """Give every module that a file imports, with its dots: `..store.apps`, `.parameters`, `re`."""
    nodes = list(ast.walk(ast.parse(file.read_text())))
    whole = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return whole | {"." * node.level + (node.module or "") for node in nodes if isinstance(node, ast.ImportFrom)}


@pytest.mark.parametrize("door", DOORS)
def test_no_door_imports_from_another(door: str) -> None:
    others = tuple(f"..{other}" for other in DOORS if other != door)
    files = list((PACKAGE / door).glob("*.py"))
    assert len(files) > 5
    assert [
        (file.name, module) for file in files for module in imports_of(file) if module.startswith(others)
    ] == []


def test_what_the_doors_share_knows_no_request() -> None:
    assert [file.name for file in (PACKAGE / "store").glob("*.py") if "flask" in imports_of(file)] == []


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_says_what_belongs_into_it(room: str) -> None:
    assert "Here belongs" in (import_module(f"kakao_login.emulator.{room}").__doc__ or "")
