"""What a request to the control API carries: a JSON object, some of its members, values of the query."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from flask import json, request

from ..store.refusals import InvalidSetting

Json = dict[str, Any]
COUNT = re.compile(r"[1-9][0-9]{0,17}")


def body() -> Json:
    """Read a JSON object, if any. Only JSON counts, so no foreign web page can post here."""
    if not request.content_length and not request.get_data():
        return {}
    try:
        value = request.get_json()
        json.dumps(value, ensure_ascii=False).encode()
    except (RecursionError, UnicodeEncodeError) as error:
        raise InvalidSetting("json_unusable") from error
    if not isinstance(value, dict):
        raise InvalidSetting("must_be_json_object")
    return value


def body_of_app() -> Json:
    """Read the body of a call that is about one app, which may also be named in the query."""
    return body() | asked("client_id")


def known(values: Json, names: Collection[str]) -> Json:
    """Give the values back if each has one of these names and is not null. Raises InvalidSetting."""
    for name, value in values.items():
        if name not in names:
            raise InvalidSetting("unknown", name, known=", ".join(sorted(names)))
        if value is None:
            raise InvalidSetting("must_not_be_null", name)
    return values


def asked(*names: str) -> dict[str, str]:
    """Give those of these values that the query has."""
    return {name: request.args[name] for name in names if name in request.args}


def number_asked(name: str) -> int | None:
    """Give a number of the query; None if it is left out or empty. Raises InvalidSetting."""
    text = request.args.get(name)
    if not text:
        return None
    if COUNT.fullmatch(text) is None:
        raise InvalidSetting("must_be_count", name)
    return int(text)
