"""An emulator without sockets: a transport for `requests` that answers in the same process."""

from __future__ import annotations

import io
import socket
from http.client import HTTPResponse
from typing import Any, cast
from urllib.parse import urldefrag

import requests
import urllib3
from requests.adapters import HTTPAdapter
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder, run_wsgi_app

from .application import create_app
from .control.emulator import Emulator
from .http.request import ConnectionDropped
from .web.hooks import PATIENCE


class InProcessAdapter(HTTPAdapter):
    """Has an emulator answer a `requests.Session`: `session.mount(kakao.url, InProcessAdapter(kakao))`.

    At `https://kauth.kakao.com` and `https://kapi.kakao.com` it serves a client that has those URLs built in.
    """

    def __init__(self, emulator: Emulator) -> None:
        super().__init__()
        self._wsgi = create_app(emulator)

    def send(self, request: requests.PreparedRequest, *_: Any, **options: Any) -> requests.Response:
        """Answer one request.

        Raises requests.ConnectionError when a fault cuts the line, and requests.ReadTimeout, without any
        waiting, when one outlasts the timeout.
        """
        environ = _environ(request) | {PATIENCE: _read_timeout(options.get("timeout")), "REMOTE_ADDR": "127.0.0.1"}
        try:
            body, status, headers = run_wsgi_app(self._wsgi, environ, buffered=True)
        except ConnectionDropped as dropped:
            if dropped.timed_out:
                raise requests.ReadTimeout("The emulator did not answer in time.", request=request) from None
            raise requests.ConnectionError("The emulator cut the line.", request=request) from None
        return self.build_response(request, _received(request.method, status, headers, b"".join(body)))


def _environ(request: requests.PreparedRequest) -> dict[str, Any]:
    url = urldefrag(request.url or "").url
    path, _, query = request.path_url.partition("?")
    builder = EnvironBuilder(
        path=path,
        query_string=query,
        method=request.method or "GET",
        headers=Headers(list(request.headers.items())),
        base_url=url.removesuffix(request.path_url),
        data=_content(request.body),
    )
    try:
        return builder.get_environ()
    finally:
        builder.close()


def _content(body: Any) -> bytes:
    """Give the body whole; requests takes text, bytes, a file or pieces."""
    if isinstance(body, str):
        return body.encode()
    if body is None or isinstance(body, bytes):
        return body or b""
    return bytes(body.read()) if hasattr(body, "read") else b"".join(body)


def _read_timeout(timeout: Any) -> float:
    """Give the seconds that the client waits for an answer; requests takes one number, two, or urllib3's own."""
    if isinstance(timeout, urllib3.Timeout):
        timeout = timeout.clone()
        timeout.start_connect()
        timeout = timeout.read_timeout
    seconds = timeout[1] if isinstance(timeout, tuple) else timeout
    return float(seconds) if isinstance(seconds, int | float) else float("inf")


class _Line:
    """The little of a socket that http.client needs to read an answer which is already there."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._answer)


def _received(method: str | None, status: str, headers: Headers, body: bytes) -> urllib3.HTTPResponse:
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    line = _Line(f"HTTP/1.1 {status}\r\n{head}\r\n".encode("latin-1") + body)
    answer = HTTPResponse(cast(socket.socket, line), method=method)
    answer.begin()
    return urllib3.HTTPResponse(
        answer,
        urllib3.HTTPHeaderDict(answer.msg.items()),
        answer.status,
        reason=answer.reason,
        request_method=method,
        preload_content=False,
        original_response=answer,
    )
