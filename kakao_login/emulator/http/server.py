"""A threaded HTTP/1.1 server that keeps connections alive and can also cut them, which failures on order need."""

from __future__ import annotations

import logging
import socket
import ssl
import struct
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from threading import Lock
from typing import Any

from .request import BadRequest, ConnectionDropped, read_body, wsgi_environ

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
logger = logging.getLogger(__name__)
IDLE_SECONDS = 75.0
HANDSHAKE_SECONDS = 10.0
LONGEST_LINE = 65_536
RESET_AT_ONCE = struct.pack("ii", 1, 0)


class Handler(BaseHTTPRequestHandler):
    """Answers the requests of one connection, one after the other."""

    server: Server
    server_version = "KakaoEmulator"
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = IDLE_SECONDS

    def handle_one_request(self) -> None:
        """Answer one request; any error on the line itself ends the connection."""
        try:
            self.raw_requestline = self.rfile.readline(LONGEST_LINE + 1)
            if not self.raw_requestline or len(self.raw_requestline) > LONGEST_LINE:
                self.close_connection = True
            elif self.parse_request():
                self._answer()
        except ConnectionDropped:
            self._reset()
        except (OSError, BadRequest):
            self.close_connection = True

    def _answer(self) -> None:
        try:
            environ = wsgi_environ(self, read_body(self), self.server.scheme)
        except BadRequest as error:
            self.close_connection = True
            self.send_error(400, str(error))
            return
        started: list[tuple[str, list[tuple[str, str]]]] = []
        body = self.server.wsgi(environ, lambda status, headers, _error=None: started.append((status, headers)))
        try:
            self._send(*started[0], body)
        finally:
            close = getattr(body, "close", None)
            if close is not None:
                close()

    def _send(self, status: str, headers: list[tuple[str, str]], body: Iterable[bytes]) -> None:
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        # An answer of unknown length, such as a stream of events, ends with its connection.
        if not any(name.lower() == "content-length" for name, _ in headers):
            headers = [*headers, ("Connection", "close")]
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        for part in body:
            if self.command != "HEAD":
                self.wfile.write(part)
            self.wfile.flush()
        self.wfile.flush()

    def finish(self) -> None:
        """Close both directions, though the client may be gone with something still to be sent."""
        with suppress(OSError):
            super().finish()
        self.rfile.close()

    def _reset(self) -> None:
        """Cut the line with a TCP reset instead of an orderly end."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_ONCE)
        self.connection.close()

    def version_string(self) -> str:
        """Give the name of the server, without telling which Python runs it."""
        return self.server_version

    def handle_expect_100(self) -> bool:
        """Ask for the body at once; curl sends a long one only then."""
        go_on = super().handle_expect_100()
        self.wfile.flush()
        return go_on

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write no line per request; the recorder keeps them, with secrets masked."""

    def log_error(self, _format: str, *_arguments: Any) -> None:
        """Write nothing of a malformed request, which may hold a secret."""


class Server(ThreadingMixIn, TCPServer):
    """Serves one WSGI application. `server_close` ends every open connection and waits for its thread."""

    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], wsgi: Wsgi, tls: ssl.SSLContext | None = None) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.wsgi, self.tls = wsgi, tls
        self.scheme = "https" if tls else "http"
        self._open: set[socket.socket] = set()
        self._lock = Lock()
        super().__init__(address, Handler)

    @property
    def url(self) -> str:
        """The address it really listens at."""
        host, port = self.server_address[:2]
        shown = f"[{host!s}]" if ":" in str(host) else str(host)
        return f"{self.scheme}://{shown}:{port}"

    def get_request(self) -> tuple[socket.socket, Any]:
        """Take a connection. Where no more files may be open, wait a little instead of asking at once again."""
        try:
            return super().get_request()
        except OSError:
            time.sleep(0.05)
            raise

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Handle a connection in its own thread, where a slow TLS handshake delays nobody else."""
        with self._tracked(self._secured(request)) as connection:
            if isinstance(connection, ssl.SSLSocket):
                connection.settimeout(HANDSHAKE_SECONDS)
                connection.do_handshake()
            super().finish_request(connection, client_address)

    def _secured(self, connection: socket.socket) -> socket.socket:
        if self.tls is None:
            return connection
        return self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)

    @contextmanager
    def _tracked(self, connection: socket.socket) -> Iterator[socket.socket]:
        with self._lock:
            self._open.add(connection)
        try:
            yield connection
        finally:
            with self._lock:
                self._open.discard(connection)
            if self.tls is not None:
                connection.close()

    def server_close(self) -> None:
        """Stop listening, end the open connections and wait for their threads."""
        with self._lock:
            for connection in self._open:
                _end(connection)
        super().server_close()

    def handle_error(self, _request: Any, _client_address: Any) -> None:
        """Log a failure of the emulator itself; a client that went away is none."""
        if not isinstance(sys.exc_info()[1], OSError):
            logger.exception("The server failed to answer a request.")


def _end(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        logger.debug("The connection had ended by itself.")
