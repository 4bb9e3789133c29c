"""The rule of the package's docstring holds: who may touch what, and that imports only go down.

Everything is decided by the names of the folders (and of the few modules that stand in the open).
"""

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
WINGS = ("web", "tokens", "store", "kakao", "settings")
# From the top; names side by side are on one floor.
FLOORS = (
    {"extension", "cli", "testing"},
    {"web"},
    {"services"},
    {"tokens"},
    {"store"},
    {"kakao"},
    {"settings"},
    {"errors", "signals", "threads"},
)
OURS = set().union(*FLOORS)
WITH_FLASK = {"web", "services", "cli", "extension", "testing"}
NETWORK = {"requests", "urllib3", "http", "socket", "ssl", "httpx", "aiohttp"}


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
OWN_IMPORTS = [found for found in IMPORTS if found.room in OURS]


def outside(top: str | set[str], allowed: set[str]) -> list[str]:
    """Give the imports of a technology outside its rooms."""
    tops = {top} if isinstance(top, str) else top
    return [str(found) for found in OWN_IMPORTS if found.top in tops and found.room not in allowed]


def test_every_room_has_a_place() -> None:
    assert {room_of(path) for path in files()} - OURS == {"emulator", "pytest_plugin"}
    assert {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()} == {*WINGS, "emulator"}


def test_imports_only_go_down() -> None:
    floor = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
    upwards = [
        str(found)
        for found in OWN_IMPORTS
        if found.target in floor and found.target != found.room and floor[found.target] <= floor[found.room]
    ]
    assert upwards == []


def test_the_docstring_gives_the_floors_in_their_order() -> None:
    said = re.findall(r"``([a-z]+)``", (kakao_login.__doc__ or "").partition("only go down:")[2])
    height = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
    floors = [height[word] for word in said if word in height]
    assert floors == sorted(floors)
    assert {*WINGS, "services", "extension", "errors"} <= set(said)


def test_each_wing_says_what_belongs_there() -> None:
    assert all((import_module(f"kakao_login.{wing}").__doc__ or "").strip() for wing in WINGS)


def test_nothing_imports_the_package_as_a_whole() -> None:
    whole = [found for found in IMPORTS if found.module == "kakao_login"]
    assert [str(found) for found in whole if found.target not in OURS] == []


def test_sql_stays_in_the_store() -> None:
    assert outside("sqlalchemy", {"store", "cli"}) == []


def test_only_kakao_calls_out() -> None:
    assert outside(NETWORK, {"kakao"}) == []
    assert [str(found) for found in OWN_IMPORTS if found.module == "urllib.request"] == []


def test_flasks_request_and_response_stay_where_they_are_answered() -> None:
    named = [found for found in OWN_IMPORTS if found.top in ("flask", "werkzeug") and found.name != "Flask"]
    assert [str(found) for found in named if found.room not in WITH_FLASK] == []


def test_jwt_stays_with_tokens_and_kakao() -> None:
    assert outside({"jwt", "cryptography"}, {"tokens", "kakao"}) == []


def test_kakao_knows_neither_flask_nor_sql() -> None:
    web = {"flask", "werkzeug", "flask_sqlalchemy", "sqlalchemy"}
    assert [str(found) for found in IMPORTS if found.room == "kakao" and found.top in web] == []


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


def test_only_one_module_reads_the_environment() -> None:
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
    assert {reader for reader in readers if not reader.startswith("emulator/")} == {"settings/source.py"}


def test_every_public_name_is_there() -> None:
    assert sorted(kakao_login.__all__) == kakao_login.__all__
    assert set(kakao_login.__all__) <= set(dir(kakao_login))
    assert all(hasattr(kakao_login, name) for name in kakao_login.__all__)
    assert not hasattr(kakao_login, "nothing")


def test_type_checkers_see_every_public_name_where_it_lives() -> None:
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


def test_the_demo_uses_public_names_alone() -> None:
    demo = PACKAGE.parent / "wsgi.py"
    imported = [node for node in ast.walk(ast.parse(demo.read_text())) if isinstance(node, ast.ImportFrom)]
    ours = [node for node in imported if (node.module or "").startswith("kakao_login")]
    assert {node.module for node in ours} == {"kakao_login", "kakao_login.emulator"}
    public = {*kakao_login.__all__, *emulator.__all__}
    assert {alias.name for node in ours for alias in node.names} <= public


def test_the_emulator_loads_nothing_of_the_rest() -> None:
    code = "import kakao_login.emulator, kakao_login.pytest_plugin, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "sqlalchemy" not in loaded
    ours = {module for module in loaded if module.startswith("kakao_login.")}
    assert {module.split(".")[1] for module in ours} == {"emulator", "pytest_plugin"}
