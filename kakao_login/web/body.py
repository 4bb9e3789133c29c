"""A JSON body, read with limits: bad input gets a clear error and never a traceback."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from flask import request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from ..errors import InvalidRequest, TooLarge, UnsupportedMediaType
from .visit import current_visit

# A refresh or Kakao token and a few words; far above what is due and far below what hurts.
LONGEST_BODY = 64 * 1024
_CHUNK = 64 * 1024


def limit_body() -> None:
    """Let nobody read more of the present request's body than is due under our prefix, or the host allows.

    The form of a hop is the host's and keeps the host's limit: it is not read before it is known whose it is.
    """
    if is_hop_of_form():
        return
    host_limit = request.max_content_length
    request.max_content_length = LONGEST_BODY if host_limit is None else min(host_limit, LONGEST_BODY)


def is_hop_of_form() -> bool:
    """Tell whether the present request is a form on its way through ``/auth/refresh``."""
    is_posted = request.endpoint == "kakao_login.refresh" and request.method == "POST"
    return is_posted and "next" in request.args and current_visit().is_navigation


def pass_over_body() -> None:
    """Read what a form of a proved login has posted, as far as the host takes it, and keep nothing of it.

    The browser posts it once more where it is led to, but hears nothing of that before it has sent all.
    """
    with suppress(RequestEntityTooLarge, ClientDisconnected):
        while request.stream.read(_CHUNK):
            pass


def read_json() -> dict[str, Any]:
    """Give the request's JSON object, empty if there is no body.  Werkzeug's limit is answered by ``TooLarge``.

    Raises ``UnsupportedMediaType`` for a body that is not declared as JSON: a form of another site can send any
    text, but not that header.  Raises ``InvalidRequest`` for anything that is not an object.
    """
    data = request.get_data(cache=True)
    # Werkzeug cuts a body off at the limit without a word where its length was not told.
    if request.content_length is None and len(data) >= LONGEST_BODY:
        raise TooLarge
    if not data:
        return {}
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        raise InvalidRequest("the body is not JSON") from None
    if not isinstance(body, dict):
        raise InvalidRequest("the body is not a JSON object")
    return body
