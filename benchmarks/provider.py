"""A stand-in for Kakao over TLS, in a process of its own and as quick as can be, so that it hides nothing.

The path says how it answers: ``/keep/...`` at once, ``/20/...`` after so many milliseconds, and ``/close/...``
closes the connection, so that the next call needs a new one.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from kakao_login.emulator.http.tls import CA_FILE, tls_context

TOKEN_PATH, USER_PATH = "/oauth/token", "/v2/user/me"
_PORT_FILE = "port"
_TOKEN = {
    "token_type": "bearer",
    "access_token": "a" * 54,
    "expires_in": 21599,
    "refresh_token": "r" * 54,
    "refresh_token_expires_in": 5183999,
    "scope": "profile_nickname",
}
_PROFILE = {"nickname": "Bench", "is_default_nickname": False}
_USER = {
    "id": 1234567890,
    "connected_at": "2024-01-01T00:00:00Z",
    "kakao_account": {"profile_nickname_needs_agreement": False, "profile": _PROFILE},
}


class Handler(BaseHTTPRequestHandler):
    """Answers a token to every POST and a user to every GET."""

    protocol_version = "HTTP/1.1"
    # Head and body leave in one piece: in two, the second would wait for the first to be acknowledged.
    wbufsize = -1

    def do_GET(self) -> None:
        """Answer the user."""
        self._answer(_USER)

    def do_POST(self) -> None:
        """Answer the token."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(_TOKEN)

    def _answer(self, content: object) -> None:
        manner = self.path.split("/")[1]
        time.sleep(int(manner) / 1000 if manner.isdigit() else 0)
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json;charset=UTF-8")
        self.send_header("Content-Length", str(len(body)))
        if manner == "close":
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def provider(folder: Path) -> Iterator[tuple[int, Path]]:
    """Start one, and give its port and the authority to trust."""
    process = subprocess.Popen([sys.executable, "-m", __name__, str(folder)])
    try:
        while not (folder / _PORT_FILE).exists():
            time.sleep(0.01)
        yield int((folder / _PORT_FILE).read_text()), folder / CA_FILE
    finally:
        process.terminate()
        process.wait()


def serve(folder: Path) -> None:
    """Serve until the process is ended."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = tls_context(folder).wrap_socket(server.socket, server_side=True)
    part = folder / "port.part"
    part.write_text(str(server.server_port))
    part.replace(folder / _PORT_FILE)
    server.serve_forever()


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
