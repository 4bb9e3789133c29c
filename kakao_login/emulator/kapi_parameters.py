"""Reading the typed parameters of a kapi call; each raises KapiError -2 for a value of another type."""

from __future__ import annotations

import json

from .context import call_parameters
from .errors import KapiError


def string_list(name: str) -> list[str] | None:
    """Read a parameter that is a JSON array of strings; None if it was not sent."""
    raw = call_parameters().get(name)
    if not raw:
        return None
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise KapiError(-2, f"{name} must be a JSON array of strings.")
    return value


def number(name: str) -> int | None:
    """Read a whole number; None if it was not sent."""
    if name not in call_parameters():
        return None
    value = call_parameters().get(name, type=int)
    if value is None:
        raise KapiError(-2, f"{name} must be a number.")
    return value
