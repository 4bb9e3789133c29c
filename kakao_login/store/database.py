"""The transactions our own rows are read and written in, apart from what the host has open in ``db.session``."""

from __future__ import annotations

import logging
import os
import re
import sqlite3
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import cached_property
from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, Executable, Table, event, func, inspect, select
from sqlalchemy.exc import DBAPIError, DisconnectionError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session
from sqlalchemy.pool import Pool, StaticPool

from ..errors import DatabaseUnavailable, NotReady

# How long a writer waits for SQLite's one write lock before it gives up.
_BUSY_TIMEOUT_MS = 10_000
# PostgreSQL's advisory locks are numbers; this one, of whoever creates tables, spells kakao.
_CREATING = 0x6B616B616F
# PostgreSQL's word, and SQLite's two.
_PID = "kakao_login_pid"
_MOST_GIVEN_UP = 20
_NOT_WRITABLE = re.compile("read-only|readonly|database is locked")
# What PostgreSQL calls a missing table and column, and what SQLite says of one.
_NOT_THERE = ("42P01", "42703")
_NOT_THERE_IN_WORDS = re.compile("^no such (table|column)|has no column named")

logger = logging.getLogger("kakao_login.store")


class NotWritable(DatabaseUnavailable):
    """The database can be read but not written: it is read-only, or somebody else holds its one write lock."""


class Database:
    """Short transactions on the engine of one app."""

    def __init__(self, app: Flask, db: SQLAlchemy) -> None:
        self._app = app
        self._db = db
        self._setup = threading.RLock()
        self._turns = threading.RLock()
        self._given_up: deque[Pool] = deque(maxlen=_MOST_GIVEN_UP)

    @cached_property
    def _engine(self) -> Engine:
        with self._setup, self._app.app_context():
            engine = self._db.engine
            if engine.dialect.name == "sqlite":
                _prepare_sqlite(engine)
            for each in self._db.engines.values():
                drop_inherited(each)
            return engine

    @cached_property
    def _engine_aside(self) -> Engine:
        """The host's engine with another pool, so that neither ever waits for a connection of the other."""
        engine = self._engine
        if self.takes_turns:
            return engine
        aside = Engine(engine.pool.recreate(), engine.dialect, engine.url)
        event.listen(engine, "engine_disposed", lambda _: self._dispose_of(aside))
        return aside

    def _dispose_of(self, aside: Engine) -> None:
        aside.dispose()
        for pool in self._given_up:
            pool.dispose()

    def renew_aside(self) -> None:
        """Open new connections for what goes on aside, and leave those that may hang to whoever has them."""
        # Kept, because a connection that comes back after all has to be closed by somebody.
        self._given_up.append(self._engine_aside.pool)
        self._engine_aside.dispose()

    def prepare(self) -> None:
        """Set the connections up before the host uses one; needed on SQLite, and done once."""
        _ = self._engine

    @property
    def can_return(self) -> bool:
        """Whether an UPDATE can give the rows it has changed (SQLite from 3.35 on, PostgreSQL)."""
        return self._engine.dialect.update_returning

    @cached_property
    def takes_turns(self) -> bool:
        """Whether transactions must take turns: an in-memory SQLite is one connection for all threads."""
        return isinstance(self._engine.pool, StaticPool)

    @cached_property
    def is_local(self) -> bool:
        """Whether the database is a file or in memory, and not at the other end of a line."""
        return self._engine.dialect.name == "sqlite"

    @property
    def turn(self) -> AbstractContextManager[Any]:
        """The turn of one transaction, where they have to be taken."""
        return self._turns if self.takes_turns else nullcontext()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a session for reading; raises ``DatabaseUnavailable``."""
        with reaching_database(), self.turn, Session(self._engine, expire_on_commit=False) as session:
            yield session

    def execute(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Sequence[Any]:
        """Run one statement in a transaction of its own and give the rows it returns, if it returns any.

        Raises ``DatabaseUnavailable`` and its ``NotWritable``; an ``IntegrityError`` comes through.
        """
        return self._execute(self._engine, statement, values)

    def execute_aside(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Sequence[Any]:
        """Do the same for what goes on beside the requests, on a connection that is none of the host's.

        The statement commits by itself, so that a thread that gets no time for a while leaves no lock behind.
        It is tried once more on a new connection: the old one may be from before a restart.
        """
        try:
            return self._execute(self._engine_aside, statement, values)
        except NotWritable:
            raise
        except DatabaseUnavailable:
            return self._execute(self._engine_aside, statement, values)

    def _execute(self, engine: Engine, statement: Executable, values: Mapping[str, Any] | None) -> Sequence[Any]:
        with reaching_database(), self.turn, self._for_one_statement(engine) as connection:
            result = connection.execute(statement, values or {})
            return result.all() if result.returns_rows else ()

    def _for_one_statement(self, engine: Engine) -> AbstractContextManager[Connection]:
        # For SQLite a transaction is the cheaper of the two, but aside none may stay open.  A connection that all
        # threads share may be in the middle of one of the host's.
        if self.takes_turns or (self.is_local and engine is self._engine):
            return engine.begin()
        # The database commits a lone statement by itself, which saves the ways of a BEGIN and a COMMIT.
        return engine.connect().execution_options(isolation_level="AUTOCOMMIT")

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
    """Turn the errors of a database that is away, locked or read-only into ``DatabaseUnavailable``.

    One that lacks a table or a column is ``NotReady``.
    """
    try:
        yield
    except IntegrityError:
        raise
    except PoolTimeoutError as error:
        raise DatabaseUnavailable from error
    except DBAPIError as error:
        if _NOT_WRITABLE.search(str(error.orig)):
            raise NotWritable from error
        if getattr(error.orig, "sqlstate", None) in _NOT_THERE or _NOT_THERE_IN_WORDS.search(str(error.orig)):
            logger.error("%s. The cure: %s.", str(error.orig).partition("\n")[0], NotReady.cure)
            raise NotReady from error
        if error.connection_invalidated or isinstance(error, (OperationalError, InterfaceError)):
            raise DatabaseUnavailable from error
        raise


def drop_inherited(engine: Engine) -> None:
    """Let a forked process never use a connection that its parent opened: two would speak on one line.

    The pid is compared at use, because not every server that forks tells Python of it.
    """
    inherited: list[Any] = []

    def note(_connection: object, record: Any) -> None:
        record.info[_PID] = os.getpid()

    def check(connection: object, record: Any, proxy: Any) -> None:
        if record.info.setdefault(_PID, os.getpid()) != os.getpid():
            # Kept and never closed, which some drivers would tell the server that the parent still speaks with.
            inherited.append(connection)
            record.dbapi_connection = proxy.dbapi_connection = None
            raise DisconnectionError("opened by the parent process")

    if not isinstance(engine.pool, StaticPool):
        event.listen(engine, "connect", note)
        event.listen(engine, "checkout", check)


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
