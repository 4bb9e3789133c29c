"""An app's server that webhooks are sent to."""

from __future__ import annotations

import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

REFERRER_TYPES = [
    "ACCOUNT_DELETE",
    "FORCED_ACCOUNT_DELETE",
    "UNLINK_FROM_ADMIN",
    "UNLINK_FROM_APPS",
    "INCOMPLETE_SIGN_UP",
]


class Receiver:
    """An app's server that takes webhooks and remembers them."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        self.status, self.body, self.headers = 200, b"", {"X-Test": "1"}
        self.waits_for: threading.Event | None = None
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                seen = {"method": self.command, "path": self.path, "headers": dict(self.headers)}
                receiver.received.append(seen | {"body": self.rfile.read(length).decode()})
                if receiver.waits_for is not None:
                    receiver.waits_for.wait(10)
                with suppress(ConnectionError):
                    self.answer()

            def answer(self) -> None:
                self.send_response(receiver.status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(receiver.body)))
                self.end_headers()
                self.wfile.write(receiver.body)

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, *_: Any) -> None:
                pass

        return Handler
