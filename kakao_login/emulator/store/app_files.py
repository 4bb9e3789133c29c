"""Apps from TOML files, one `[[app]]` table each, or a file that is one app by itself."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .apps import App, distinct, next_app
from .refusals import InvalidSetting

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def read_apps(files: Iterable[Path]) -> tuple[App, ...]:
    """Give the apps of all files in order. Raises InvalidSetting that names the file."""
    apps: list[App] = []
    for file in files:
        apps += _apps_in(file, apps)
    return tuple(apps)


def _apps_in(file: Path, before: list[App]) -> list[App]:
    apps = list(before)
    try:
        for settings in _tables(file):
            apps = distinct([*apps, next_app(apps, settings)])
    except InvalidSetting as error:
        raise error.within(str(file)) from error
    except (OSError, ValueError) as error:
        raise InvalidSetting("file_unusable", str(file), reason=str(error)) from error
    return apps[len(before) :]


def _tables(file: Path) -> list[Any]:
    content = tomllib.loads(file.read_text(encoding="utf-8"))
    tables = content.get("app")
    return tables if isinstance(tables, list) else [content]
