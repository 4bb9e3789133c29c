"""One HTTP/1.1 request as a WSGI environment. Its body is read whole, so the connection can be kept."""

from __future__ import annotations

import io
import re
import sys
from email.errors import (
    FirstHeaderLineIsContinuationDefect,
    MisplacedEnvelopeHeaderDefect,
    MissingHeaderBodySeparatorDefect,
)
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import unquote, urlsplit

LARGEST_BODY = 2_000_000
LONGEST_CHUNK_LINE = 1024
# Of what the parser notes, these are about headers; others are about the parts of a body it was not given.
MALFORMED = (MissingHeaderBodySeparatorDefect, FirstHeaderLineIsContinuationDefect, MisplacedEnvelopeHeaderDefect)
DECIMAL, HEXADECIMAL = re.compile(rb"[0-9]{1,30}"), re.compile(rb"[0-9A-Fa-f]{1,30}")
# A name of labels, or an address; with a port or without (RFC 9110 7.2).
HOST = re.compile(
    r"(\[[0-9A-Fa-f:.]+\]|(?=[^:]{1,253}(:|$))[\w-]{1,63}(\.[\w-]{1,63})*\.?)(:[0-9]{0,5})?", re.ASCII
)


class BadRequest(ValueError):
    """The bytes are no HTTP request that can be answered; the connection must be closed."""


class ConnectionDropped(BaseException):
    """The client gets no answer: whoever serves the application cuts the line.

    It is no Exception, so that nothing on its way out can take it for an error and answer it.
    """

    def __init__(self, *, timed_out: bool = False) -> None:
        super().__init__()
        self.timed_out = timed_out


def read_body(handler: BaseHTTPRequestHandler) -> bytes:
    """Read the body by its length or chunk by chunk. Raises BadRequest."""
    if any(isinstance(defect, MALFORMED) for defect in handler.headers.defects):
        raise BadRequest("a header is malformed")
    lengths = handler.headers.get_all("Content-Length") or []
    encodings = handler.headers.get_all("Transfer-Encoding") or []
    if encodings:
        if lengths or [encoding.strip().lower() for encoding in encodings] != ["chunked"]:
            raise BadRequest("Transfer-Encoding must be chunked and alone")
        return _read_chunks(handler)
    if not lengths:
        return b""
    if len(lengths) > 1:
        raise BadRequest("Content-Length is not one number")
    return _read_exactly(handler, _size(lengths[0].strip().encode("latin-1", "replace"), 10))


def _read_chunks(handler: BaseHTTPRequestHandler) -> bytes:
    body = bytearray()
    while size := _size(handler.rfile.readline(LONGEST_CHUNK_LINE).partition(b";")[0].strip(), 16):
        body += _read_exactly(handler, size)
        if handler.rfile.readline(LONGEST_CHUNK_LINE) not in {b"\r\n", b"\n"}:
            raise BadRequest("a chunk does not end where it said")
        _check_size(len(body))
    while handler.rfile.readline(LONGEST_CHUNK_LINE).strip():
        pass
    return bytes(body)


def _size(digits: bytes, base: int) -> int:
    if not (DECIMAL if base == 10 else HEXADECIMAL).fullmatch(digits):
        raise BadRequest("a length is not a number")
    return _check_size(int(digits, base))


def _check_size(size: int) -> int:
    if size > LARGEST_BODY:
        raise BadRequest("the body is too large")
    return size


def _check_host(handler: BaseHTTPRequestHandler) -> None:
    hosts = handler.headers.get_all("Host") or []
    if len(hosts) > 1 or not all(HOST.fullmatch(host) for host in hosts):
        raise BadRequest("Host is not one name")


def _read_exactly(handler: BaseHTTPRequestHandler, size: int) -> bytes:
    body = handler.rfile.read(size)
    if len(body) < size:
        raise BadRequest("the body ended early")
    return body


def wsgi_environ(handler: BaseHTTPRequestHandler, body: bytes, scheme: str) -> dict[str, Any]:
    """Give the environment of PEP 3333 for the request that `handler` has parsed."""
    _check_host(handler)
    target = _target(handler.path)
    name, port = handler.connection.getsockname()[:2]
    environ: dict[str, Any] = {
        "REQUEST_METHOD": handler.command,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(target[0], "latin-1"),
        "QUERY_STRING": target[1],
        "SERVER_NAME": name,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": handler.request_version,
        "REMOTE_ADDR": handler.client_address[0],
        "CONTENT_TYPE": handler.headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    return _with_headers(environ, handler)


def _target(path: str) -> tuple[str, str]:
    """Split the request target; it may be a whole URL (RFC 9112 3.2.2)."""
    try:
        parts = urlsplit(path if "://" in path.partition("?")[0] else f"//host{path}")
    except ValueError as error:
        raise BadRequest("the request target is no URL") from error
    return parts.path or "/", parts.query


def _with_headers(environ: dict[str, Any], handler: BaseHTTPRequestHandler) -> dict[str, Any]:
    for name, value in handler.headers.items():
        # A header with an underscore could pass for another one with a hyphen; the body is no longer in chunks.
        if "_" in name or name.lower() in {"content-type", "content-length", "transfer-encoding"}:
            continue
        key = f"HTTP_{name.upper().replace('-', '_')}"
        separator = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = f"{environ[key]}{separator}{value}" if key in environ else value
    return environ
