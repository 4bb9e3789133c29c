"""Reading the typed parameters of a kapi call; each raises KapiError -2 for a value of another type."""

from __future__ import annotations

import json
import re
from typing import Any

from ..web.context import call_parameters
from ..web.errors import KapiError

INTEGER = re.compile(r"-?[0-9]{1,19}")


def json_value(name: str, default: str) -> Any:
    """Read a parameter that is JSON; None for what is no JSON, or holds text that UTF-8 cannot."""
    try:
        value = json.loads(call_parameters().get(name) or default)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return value


def string_list(name: str) -> list[str] | None:
    """Read a parameter that is a JSON array of strings; None if it was not sent."""
    if not call_parameters().get(name):
        return None
    value = json_value(name, "")
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise KapiError(-2, f"{name} must be a JSON array of strings.")
    return value


def number(name: str) -> int | None:
    """Read a whole number; None if it was not sent."""
    raw = call_parameters().get(name)
    if raw is not None and not INTEGER.fullmatch(raw):
        raise KapiError(-2, f"{name} must be a number.")
    return None if raw is None else int(raw)


def choice(name: str, *choices: str) -> str:
    """Read one of a few words, by default the first."""
    value = call_parameters().get(name, choices[0])
    if value.lower() not in choices:
        raise KapiError(-2, f"{name} must be one of {', '.join(choices)}.")
    return value.lower()
