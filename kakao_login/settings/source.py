"""Where settings come from: ``app.config`` first, the environment second; the only room that reads the latter."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ..errors import SettingsError
from .urls import check_url

_WHOLE = re.compile("[0-9]{1,18}")


class Source:
    """Reads typed values by key, from the app's config first and the environment second."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._config = config

    def raw(self, key: str) -> Any:
        """Give the value as it stands; an empty one counts as unset (None)."""
        value = self._config.get(key)
        value = os.environ.get(key) if value is None else value
        return None if value in ("", [], ()) else value

    def text(self, key: str) -> str | None:
        """Give a text without surrounding blanks, which get lost in copying keys."""
        value = self.raw(key)
        if value is not None and not isinstance(value, str):
            raise SettingsError(f"{key} must be a text, not {type(value).__name__}.")
        return value.strip() or None if value is not None else None

    def required(self, key: str, cure: str) -> str:
        """Give a text that must be there."""
        value = self.text(key)
        if value is None:
            raise SettingsError(f"{key} is missing. {cure}")
        return value

    def whole(self, key: str, default: int, *, least: int = 0) -> int:
        """Give a whole number of at least ``least``."""
        value = self.raw(key)
        if value is None:
            return default
        if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise SettingsError(f"{key} must be a whole number of at least {least}.")
        return value

    def seconds(self, key: str, default: int, *, least: int = 0) -> int:
        """Give a duration of at least ``least`` seconds, set as whole seconds or as a ``timedelta`` of such."""
        value = self.raw(key)
        if not isinstance(value, timedelta):
            return self.whole(key, default, least=least)
        if value.microseconds or value < timedelta(seconds=least):
            raise SettingsError(f"{key} must be a timedelta of whole seconds, at least {least}.")
        return int(value.total_seconds())

    def flag(self, key: str, default: bool) -> bool:
        """Give a yes or no; in the environment 1, true, yes, on and 0, false, no, off."""
        value = self.raw(key)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        word = str(value).strip().lower()
        if word in ("1", "true", "yes", "on"):
            return True
        if word in ("0", "false", "no", "off"):
            return False
        raise SettingsError(f"{key} must be true or false.")

    def several(self, key: str) -> tuple[str, ...]:
        """Give a list of texts; in the environment they are separated by commas or blanks."""
        value = self.raw(key)
        if value is None:
            return ()
        items = value.replace(",", " ").split() if isinstance(value, str) else value
        if not isinstance(items, (list, tuple)) or not all(isinstance(item, str) for item in items):
            raise SettingsError(f"{key} must be a list of texts.")
        return tuple(items)

    def url(self, key: str, default: str) -> str:
        """Give an http(s) address without a slash at its end."""
        value = (self.text(key) or default).rstrip("/")
        return check_url(key, value)
