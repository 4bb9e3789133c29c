"""A stand-in for Kakao over TLS, in a process of its own: two answers, each after the time that Kakao takes.

``python -m benchmarks.provider FOLDER``; the addresses go to standard output.
"""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from kakao_login.emulator.http.certificates import make_certificate

# As from a server in Seoul; a provider that takes no time at all would measure itself.
SECONDS = 0.03
TOKEN = {"token_type": "bearer", "access_token": "a" * 54, "expires_in": 21599, "refresh_token": "r" * 54}
USER = {"id": 4100000001, "kakao_account": {"profile": {"nickname": "하늘"}}}
ANSWERS = {"/oauth/token": TOKEN, "/v2/user/me": USER}


class Kakao(BaseHTTPRequestHandler):
    """Answers what a login asks."""

    protocol_version = "HTTP/1.1"
    connection = "keep-alive"

    def do_POST(self) -> None:
        """Read the form and answer."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    def do_GET(self) -> None:
        """Answer in the time it takes."""
        body = json.dumps(ANSWERS[self.path.partition("?")[0]]).encode()
        time.sleep(SECONDS)
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        head += f"Connection: {self.connection}\r\n\r\n"
        self.close_connection = self.connection == "close"
        # In one piece: in two, the second would wait for the first to be acknowledged.
        self.wfile.write(head.encode() + body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class HangingUp(Kakao):
    """Answers the same and hangs up each time, so that every call needs a connection of its own."""

    connection = "close"


@contextmanager
def provider(folder: Path) -> Iterator[tuple[str, str]]:
    """Run the stand-ins, make this process trust them, and give the addresses of the two."""
    (folder / "kakao.pem").write_bytes(make_certificate())
    os.environ["SSL_CERT_FILE"] = str(folder / "kakao.pem")
    command = [sys.executable, "-m", __name__, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            kept, hanging_up = process.stdout.readline().split()
            yield kept, hanging_up
        finally:
            process.terminate()
            del os.environ["SSL_CERT_FILE"]


def main(folder: str) -> None:
    """Serve until told to stop."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/kakao.pem")
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), kind) for kind in (Kakao, HangingUp)]
    for server in servers:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        Thread(target=server.serve_forever).start()
    print(*(f"https://localhost:{server.server_port}" for server in servers), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
