"""The one place that calls out: pooled connections, one deadline a call, no redirects, at most 1 MB of answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from time import monotonic
from typing import Any, NamedTuple, cast

import requests
import urllib3

from ..errors import KakaoUnavailable
from .processes import PerProcess
from .transport import DeadlineAdapter

CONNECT_TIMEOUT = 2.0
MAX_BODY = 1024 * 1024
HEADERS = {"Accept": "application/json", "User-Agent": "kakao-login"}
FORM = "application/x-www-form-urlencoded;charset=utf-8"


class Answer(NamedTuple):
    """An HTTP status and the parsed JSON; ``body`` is None where the answer was no JSON."""

    status: int
    body: Any


class ConnectionLost(KakaoUnavailable):
    """The connection broke, as one does that was kept open longer than the server meant to."""


class KakaoHttp:
    """Calls Kakao; safe to share between threads, and nothing of one call is kept for the next but connections."""

    def __init__(self, timeout: float) -> None:
        """``timeout`` is the number of seconds one call may take in all."""
        self._timeout = timeout
        # A connection that a parent process opened would carry the answers of both, mixed up.
        self._adapter = PerProcess(DeadlineAdapter)

    def post_form(self, url: str, data: Mapping[str, str], *, headers: Mapping[str, str] | None = None) -> Answer:
        """Post ``data`` once, never again: it may hold a code that is spent by the first try.

        Raises ``KakaoUnavailable``.
        """
        headers = {**HEADERS, "Content-Type": FORM, **(headers or {})}
        return self._send(requests.Request("POST", url, headers=headers, data=data), self._deadline())

    def get_json(
        self, url: str, *, headers: Mapping[str, str] | None = None, params: Mapping[str, str] | None = None
    ) -> Answer:
        """Get ``url``; a lost connection is tried once more, within the same deadline.

        Raises ``KakaoUnavailable``.
        """
        request = requests.Request("GET", url, headers={**HEADERS, **(headers or {})}, params=params)
        deadline = self._deadline()
        try:
            return self._send(request, deadline)
        except ConnectionLost:
            return self._send(request, deadline)

    def close(self) -> None:
        """Close the pooled connections of this process."""
        self._adapter().close()

    def _deadline(self) -> float:
        return monotonic() + self._timeout

    def _send(self, request: requests.Request, deadline: float) -> Answer:
        error: KakaoUnavailable
        try:
            with self._adapter().send(request.prepare(), stream=True, timeout=_time_left(deadline)) as response:
                return Answer(response.status_code, _parse(_read(response)))
        except (requests.Timeout, urllib3.exceptions.TimeoutError):
            error = KakaoUnavailable("no answer in time")
        except requests.ConnectionError:
            error = ConnectionLost("no connection")
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError):
            error = KakaoUnavailable("the answer broke off")
        # Raised out here, so that no chain leads to the cause: it holds the request, with whatever was sent.
        raise error


def _time_left(deadline: float) -> float:
    # requests hands a Timeout on as it is, which its stubs do not know; a pair of numbers could not say "in all".
    left = max(deadline - monotonic(), 0.001)
    return cast("float", urllib3.Timeout(connect=min(left, CONNECT_TIMEOUT), total=left))


def _read(response: requests.Response) -> bytes | None:
    """Give the body, or None if it is too long.  A packed one is not unpacked: it may be a bomb."""
    body = b""
    while part := response.raw.read(MAX_BODY + 1 - len(body), decode_content=False):
        body += part
    return body if len(body) <= MAX_BODY else None


def _parse(body: bytes | None) -> Any:
    try:
        return None if body is None else json.loads(body)
    except (ValueError, RecursionError):
        return None
