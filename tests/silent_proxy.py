"""A database behind something that can go silent: connections stay open, and nothing comes through any more."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress


class SilentProxy:
    """Forwards TCP connections to a Unix socket, until it is told to be silent."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._kept: list[socket.socket] = []
        self._speaks = threading.Event()
        self._speaks.set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def be_silent(self) -> None:
        """Keep every connection, those to come as well, and forward nothing."""
        self._speaks.clear()

    def speak(self) -> None:
        """Forward again what comes from now on; connections of the silence stay dead."""
        self._speaks.set()

    def close(self) -> None:
        """Hang up on everybody."""
        self._listener.close()
        for one in self._kept:
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._kept.append(client)
                if self._speaks.is_set():
                    self._connect(client)

    def _connect(self, client: socket.socket) -> None:
        server = socket.socket(socket.AF_UNIX)
        server.connect(self._target)
        self._kept.append(server)
        for source, sink in ((client, server), (server, client)):
            threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while (data := source.recv(65536)) and self._speaks.is_set():
                sink.sendall(data)
            if not data:
                sink.shutdown(socket.SHUT_RDWR)
