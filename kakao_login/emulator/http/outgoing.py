"""Requests that the emulator sends itself: they reach nothing that is off limits."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from .off_limits import allowed_addresses


class CheckedAdapter(HTTPAdapter):
    """Sends a request of a `requests.Session`, or raises AddressOffLimits before anything is connected to."""

    def init_poolmanager(self, *settings: Any, **more: Any) -> None:
        super().init_poolmanager(*settings, **more)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


class _Connection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        """Connect to the first address that can be reached of those that were checked.

        The name is looked up no second time, for then it could lead elsewhere.
        """
        *others, last = allowed_addresses(self._dns_host, self.port)
        for address in others:
            with suppress(HTTPError):
                return self._connected_to(address)
        return self._connected_to(last)

    def _connected_to(self, address: str) -> socket.socket:
        """Connect to an address; by its name the host is still sent for, and its certificate judged."""
        named, self._dns_host = self._dns_host, address
        try:
            return super()._new_conn()
        finally:
            self._dns_host = named


class _TlsConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection
