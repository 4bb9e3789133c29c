"""A server that answers with given bytes, or misbehaves as given, over a real socket."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Behaviour = bytes | Callable[[socket.socket], None]


class RawServer:
    """Answers its requests one after another, whichever connection they come on; then it closes."""

    def __init__(self, *answers: Behaviour, tls: ssl.SSLContext | None = None) -> None:
        self._answers = list(answers)
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        self.url = f"https://localhost:{port}" if tls else f"http://127.0.0.1:{port}"
        self.requests: list[bytes] = []
        self.connections: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), self._secured(connection) as connection:
            while request := read_request(connection):
                self.requests.append(request)
                answer = self._answers.pop(0) if self._answers else close
                if not isinstance(answer, bytes):
                    answer(connection)
                    return
                connection.sendall(answer)

    def _secured(self, connection: socket.socket) -> socket.socket:
        return self._tls.wrap_socket(connection, server_side=True) if self._tls else connection

    def close(self) -> None:
        """Stop listening and break all connections."""
        self._listener.close()
        for connection in self.connections:
            connection.close()


@contextmanager
def serve(*answers: Behaviour, tls: ssl.SSLContext | None = None) -> Iterator[RawServer]:
    """Run a ``RawServer``, over TLS if told so."""
    server = RawServer(*answers, tls=tls)
    try:
        yield server
    finally:
        server.close()


def read_request(connection: socket.socket) -> bytes:
    """Read one request, head and body."""
    data = b""
    while b"\r\n\r\n" not in data:
        received = connection.recv(65536)
        if not received:
            return b""
        data += received
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    while lengths and len(body) < int(lengths[0].split(b":")[1]):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def answer(body: object = None, *, status: str = "200 OK", headers: str = "") -> bytes:
    """Give an answer with ``body`` as JSON, or as it stands if it is bytes."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n{headers}\r\n"
    )
    return head.encode() + content


def close(_: socket.socket) -> None:
    """Close without an answer."""


def reset(connection: socket.socket) -> None:
    """Break the connection with a TCP reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def then_close(data: bytes) -> Behaviour:
    """Answer with ``data`` and close."""
    return lambda connection: connection.sendall(data)


def drip(start: bytes, rest: bytes, *, seconds: float = 0.05) -> Behaviour:
    """Answer with ``start`` at once, then with one byte of ``rest`` every ``seconds``."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(start)
        for byte in rest:
            time.sleep(seconds)
            connection.sendall(bytes([byte]))

    return behave


def hang(connection: socket.socket) -> None:
    """Answer nothing until the other side gives up."""
    connection.recv(1)
