"""The map in the package docstring holds: every room is on it, and imports only point down."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import kakao_login
from kakao_login import emulator

PACKAGE = Path(kakao_login.__file__).parent
# Who may import what of what the design ties to rooms; a set names what of a module may be imported there.
SQL = {"accounts", "activity", "cli", "database", "endings", "models", "pruning", "revocations", "sessions"}
SQL |= {"deleted_users", "disabled_users"}
FLASK = {"cli", "cookies", "extension", "guards", "identity", "pages", "views"}
FLASK_IN_PART = {
    "database": {"Flask"},
    "deleted_users": {"current_app", "has_app_context"},
    "disabled_users": {"current_app", "has_app_context"},
    "state": {"current_app"},
}


class Import(NamedTuple):
    """One name that one file imports."""

    file: str
    room: str
    module: str
    """The absolute name of the module."""
    name: str
    """What is imported from it, or an empty text for all of it."""

    @property
    def top(self) -> str:
        return self.module.partition(".")[0]

    @property
    def target(self) -> str:
        """The room of ours that is imported from, or an empty text."""
        parts = [*self.module.split("."), self.name]
        return parts[1] if parts[0] == "kakao_login" else ""

    def __str__(self) -> str:
        return f"{self.file}: {self.name or 'import'} from {self.module}"


def files() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> Iterator[Import]:
    inside = ["kakao_login", *path.relative_to(PACKAGE).parts[:-1]]
    name, room = str(path.relative_to(PACKAGE)), room_of(path)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (Import(name, room, alias.name, "") for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            base = inside[: len(inside) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from (Import(name, room, module, alias.name) for alias in node.names)


IMPORTS = [found for path in files() for found in imports_of(path)]


def listed() -> list[str]:
    """Give the rooms in the order of the map, a row being read from its left."""
    words: list[str] = re.findall(r"``([a-z_]+)/?``", kakao_login.__doc__ or "")
    there = {room_of(path) for path in files()}
    return list(dict.fromkeys(word for word in words if word in there))


def test_every_room_is_on_the_map() -> None:
    assert {room_of(path) for path in files()} - set(listed()) == set()


def test_imports_only_point_down() -> None:
    height = {room: place for place, room in enumerate(listed())}
    upwards = [
        str(found)
        for found in IMPORTS
        if found.target in height and found.target != found.room and height[found.target] < height[found.room]
    ]
    assert upwards == []


def test_the_rooms_of_the_emulator_are_on_its_map_and_imports_point_down_there_too() -> None:
    folder = PACKAGE / "emulator"
    rooms = {path.relative_to(folder).parts[0].removesuffix(".py") for path in folder.rglob("*.py")}
    order = re.findall(r"^``([a-z_]+)/?``", emulator.__doc__ or "", re.MULTILINE)
    assert set(order) == rooms - {"__init__", "__main__"}
    height = {room: place for place, room in enumerate(order)}
    upwards = [
        str(found)
        for path in folder.rglob("*.py")
        for found in imports_of(path)
        if (here := path.relative_to(folder).parts[0].removesuffix(".py")) in height
        and found.module.startswith("kakao_login.emulator.")
        and height[found.module.split(".")[2]] < height[here]
    ]
    assert upwards == []


def test_no_room_imports_the_package_as_a_whole() -> None:
    assert [
        str(found) for found in IMPORTS if found.module == "kakao_login" and found.target not in listed()
    ] == []


def test_sql_stays_in_its_rooms() -> None:
    assert [str(found) for found in IMPORTS if found.top == "sqlalchemy" and found.room not in SQL] == []


def test_only_the_kakao_rooms_call_out() -> None:
    calling = {"requests", "urllib3", "http", "socket", "httpx", "aiohttp"}
    ours = [found for found in IMPORTS if found.room != "emulator" and found.module != "http.cookies"]
    assert [str(found) for found in ours if found.top in calling and found.room != "kakao"] == []
    assert [str(found) for found in ours if found.module == "urllib.request"] == []


def test_flasks_request_and_response_stay_in_their_rooms() -> None:
    ours = [found for found in IMPORTS if found.top == "flask" and found.room not in FLASK | {"emulator"}]
    assert [str(found) for found in ours if found.name not in FLASK_IN_PART.get(found.room, set())] == []


def test_the_kakao_rooms_know_neither_flask_nor_sql() -> None:
    web = {"flask", "werkzeug", "flask_sqlalchemy", "sqlalchemy"}
    assert [str(found) for found in IMPORTS if found.room == "kakao" and found.top in web] == []


def test_the_emulator_and_the_rest_do_not_know_each_other() -> None:
    crossing = [
        str(found)
        for found in IMPORTS
        if found.top == "kakao_login"
        and (found.room == "emulator") != (found.target == "emulator")
        # The plugin only lends the emulator to tests.
        and found.room != "pytest_plugin"
    ]
    assert crossing == []


def test_only_one_room_reads_the_environment() -> None:
    readers = {
        str(path.relative_to(PACKAGE))
        for path in files()
        for node in ast.walk(ast.parse(path.read_text()))
        if ast.unparse(node) in ("os.environ", "os.getenv", "os.environb")
        or (
            isinstance(node, ast.ImportFrom)
            and node.module == "os"
            and {a.name for a in node.names} & {"environ", "getenv"}
        )
    }
    assert {reader for reader in readers if not reader.startswith("emulator/")} == {"source.py"}


def test_every_public_name_is_there() -> None:
    assert sorted(kakao_login.__all__) == kakao_login.__all__
    assert set(kakao_login.__all__) <= set(dir(kakao_login))
    assert all(hasattr(kakao_login, name) for name in kakao_login.__all__)
    assert not hasattr(kakao_login, "nothing")


def test_type_checkers_see_every_public_name_in_its_room() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text())
    seen = {
        alias.name: f"kakao_login.{node.module}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
        for alias in node.names
    }
    assert sorted(seen) == kakao_login.__all__
    for name, module in seen.items():
        assert getattr(import_module(module), name) is getattr(kakao_login, name)


def test_the_emulator_loads_nothing_of_the_rest() -> None:
    code = "import kakao_login.emulator, kakao_login.pytest_plugin, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "sqlalchemy" not in loaded
    ours = {module for module in loaded if module.startswith("kakao_login.")}
    assert {module.split(".")[1] for module in ours} == {"emulator", "pytest_plugin"}
