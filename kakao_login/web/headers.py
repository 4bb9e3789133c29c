"""Headers of an answer, written with one look at those that it has: asking for a missing one costs more."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response


def add_missing(response: Response, wanted: Mapping[str, str]) -> None:
    """Add those of the headers that the answer does not have yet."""
    said = {name.lower() for name, _ in response.headers}
    for name, value in wanted.items():
        if name.lower() not in said:
            response.headers.add(name, value)


def keep_out_of_caches(response: Response) -> Response:
    """Forbid every cache to keep the answer, and tell those that do not obey what it depends on."""
    said = {name.lower() for name, _ in response.headers}
    if "cache-control" in said:
        response.headers["Cache-Control"] = "no-store"
    else:
        response.headers.add("Cache-Control", "no-store")
    if "vary" in said:
        response.vary.add("Cookie")
    else:
        response.headers.add("Vary", "Cookie")
    return response
