"""The transactions our own rows are read and written in, apart from what the host has open in ``db.session``."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import cached_property
from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine, Table, event, func, inspect, select
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from .errors import DatabaseUnavailable

# How long a writer waits for SQLite's one write lock before it gives up.
_BUSY_TIMEOUT_MS = 10_000
# PostgreSQL's advisory locks are numbers; this one, of whoever creates tables, spells kakao.
_CREATING = 0x6B616B616F


class Database:
    """Short transactions on the engine of one app."""

    def __init__(self, app: Flask, db: SQLAlchemy) -> None:
        self._app = app
        self._db = db
        self._setup = threading.RLock()
        self._preparing = False
        self._turns = threading.RLock()

    @cached_property
    def _engine(self) -> Engine:
        with self._setup, self._app.app_context():
            engine = self._db.engine
            if engine.dialect.name == "sqlite":
                _prepare_sqlite(engine)
            return engine

    def prepare(self) -> None:
        """Set the connections up before the host uses one; needed on SQLite, and done once."""
        # Asking for the engine opens an app context, which comes here again.
        if not self._preparing:
            self._preparing = True
            _ = self._engine

    @property
    def turn(self) -> AbstractContextManager[Any]:
        # An in-memory SQLite is one connection for all threads, so its transactions must take turns.
        return self._turns if isinstance(self._engine.pool, StaticPool) else nullcontext()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a session for reading; raises ``DatabaseUnavailable``."""
        with reaching_database(), self.turn, Session(self._engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Open a transaction that commits at the end and whose reads nobody can overtake.

        On SQLite it takes the write lock at once: a transaction that reads first and writes later fails when
        another wrote in between.  Elsewhere, lock the rows you read with ``with_for_update``.
        Raises ``DatabaseUnavailable``.
        """
        with reaching_database(), self.turn, Session(self._engine, expire_on_commit=False) as session:
            if self._engine.dialect.name == "sqlite" and not _in_transaction(session):
                session.connection().exec_driver_sql("BEGIN IMMEDIATE")
            yield session
            session.commit()

    @property
    def of_host(self) -> Any:
        """The host's own ``db.session``, for reading what the host may go on to change."""
        return self._db.session

    def create(self, tables: Sequence[Table]) -> list[str]:
        """Create those of the tables that are missing and give their names; raises ``DatabaseUnavailable``.

        Workers that start at the same moment wait for each other, and all but the first find nothing missing.
        """
        with self.write() as session:
            connection = session.connection()
            if connection.dialect.name == "postgresql":
                connection.execute(select(func.pg_advisory_xact_lock(_CREATING)))
            there = inspect(connection).get_table_names()
            missing = [table for table in tables if table.name not in there]
            self._db.metadata.create_all(connection, tables=missing)
        return sorted(table.name for table in missing)

    @contextmanager
    def host_session(self) -> Iterator[Any]:
        """Give the host's own ``db.session`` for a unit of work on the host's models, and commit it.

        Raises ``DatabaseUnavailable``; an ``IntegrityError`` comes through after the rollback.
        """
        with reaching_database(), self.turn:
            try:
                yield self._db.session
                self._db.session.commit()
            except BaseException:
                self._db.session.rollback()
                raise


@contextmanager
def reaching_database() -> Iterator[None]:
    """Turn the errors of a database that is away, locked or read-only into ``DatabaseUnavailable``."""
    try:
        yield
    except IntegrityError:
        raise
    except (OperationalError, InterfaceError, PoolTimeoutError) as error:
        raise DatabaseUnavailable from error
    except DBAPIError as error:
        if error.connection_invalidated or "read-only" in str(error.orig):
            raise DatabaseUnavailable from error
        raise


def _in_transaction(session: Session) -> bool:
    connection: Any = session.connection().connection.dbapi_connection
    return bool(connection.in_transaction)


def _prepare_sqlite(engine: Engine) -> None:
    def on_connect(connection: Any, _record: object) -> None:
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
        # SQLite gives a deleted user's key to the next one, who must not inherit accounts and sessions.
        connection.execute("PRAGMA foreign_keys = ON")
        # A file that may not be written, or is locked at this moment, is read with the journal it has.
        with suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA journal_mode = WAL")

    event.listen(engine, "connect", on_connect)
    # Connections opened before now know nothing of these settings.
    if isinstance(engine.pool, StaticPool):
        with engine.connect() as connection:
            on_connect(connection.connection.dbapi_connection, None)
    else:
        engine.dispose()
