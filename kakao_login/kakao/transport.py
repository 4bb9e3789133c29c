"""Connections that keep an overall deadline, for ``http``.

A timeout of a socket starts anew with every byte, so a server that drips one byte a second could hold a worker for
hours.  Here the read timeout is counted from the request to the last byte of the body.
"""

from __future__ import annotations

import io
import socket
import ssl
from http.client import HTTPResponse
from time import monotonic
from typing import Any

from requests.adapters import DEFAULT_CA_BUNDLE_PATH, HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

POOL_SIZE = 32
MAX_IDLE = 30
"""Seconds since the last request after which a connection is not trusted to be alive."""


class DeadlineReader(io.RawIOBase):
    """Reads a socket, each time with what is left of the timeout the socket had at first."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket) -> None:
        self._raw = raw
        self._sock = sock
        self._deadline = monotonic() + (sock.gettimeout() or 0)

    def readable(self) -> bool:
        """Tell that this is for reading."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read what has come in; raises ``TimeoutError`` at the deadline."""
        remaining = self._deadline - monotonic()
        if remaining <= 0:
            raise TimeoutError
        self._sock.settimeout(remaining)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        """Close the underlying reader, which lets go of the socket."""
        self._raw.close()
        super().close()


class DeadlineResponse(HTTPResponse):
    """An answer whose head and body both have to come before the deadline."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(DeadlineReader(self.fp.detach(), sock))


class Connection(HTTPConnection):
    """A connection with a deadline, that is not used again after it lay idle.

    Firewalls forget idle connections without a word to either side, and a code sent into one is lost.
    """

    response_class = DeadlineResponse
    _used_at = 0.0

    @property
    def is_connected(self) -> bool:
        """Tell whether the pool may use this connection again."""
        return super().is_connected and monotonic() - self._used_at < MAX_IDLE

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Send a request."""
        self._used_at = monotonic()
        super().request(*args, **kwargs)


class TLSConnection(Connection, HTTPSConnection):
    """The same over TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = Connection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = TLSConnection

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # The authorities are read once here and not for each connection, which takes longer than the handshake.
        context = ssl.create_default_context()
        context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
        super().__init__(*args, ssl_context=context, **kwargs)


class DeadlineAdapter(HTTPAdapter):
    """Pools keep-alive connections; used without a ``requests.Session``, so it has no cookies, proxies or netrc.

    Trusted are certifi's authorities and the system's, which ``SSL_CERT_FILE`` or ``SSL_CERT_DIR`` may replace.
    """

    def __init__(self) -> None:
        super().__init__(pool_maxsize=POOL_SIZE)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools out of the connections above."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}

    def cert_verify(self, conn: Any, *_: Any) -> None:
        """Demand a certificate that the pool's own context trusts."""
        conn.cert_reqs = "CERT_REQUIRED"
