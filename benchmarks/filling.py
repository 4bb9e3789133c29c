"""Filling a database with sessions, living and ended, faster than any login could."""

from __future__ import annotations

import time

from sqlalchemy import Connection, create_engine, inspect, text

SESSIONS_OF_A_USER = 10
# What differs from row to row; whatever else the table has is copied from a real session.
_SESSION = {
    "id": "substr(lower(hex(randomblob(16))), 1, 22)",
    "user_id": "2 + i / :of_a_user",
    # Every other one has ended, long before anybody need be told.
    "ended_at": "CASE WHEN i % 2 THEN :long_ago - i END",
    "end_number": "CASE WHEN i % 2 THEN 10 + i END",
    "end_reason": "CASE WHEN i % 2 THEN 'logout' END",
}
_USER = {"id": "2 + i"}
# The next end has the next number.
_COUNT = "UPDATE kakao_login_end_counter SET number = (SELECT max(end_number) FROM kakao_login_session)"


def fill(database: str, sessions: int) -> None:
    """Add so many sessions and their users to a SQLite database that has a session and an end."""
    engine = create_engine(database)
    with engine.begin() as connection:
        _copy(connection, "kakao_login_user", _USER, sessions // SESSIONS_OF_A_USER + 1)
        _copy(connection, "kakao_login_session", _SESSION, sessions, "WHERE ended_at IS NULL")
        connection.execute(text(_COUNT))
    engine.dispose()


def _copy(connection: Connection, table: str, differing: dict[str, str], number: int, which: str = "") -> None:
    columns = [column["name"] for column in inspect(connection).get_columns(table)]
    values = ", ".join(differing.get(name, f"template.{name}") for name in columns)
    query = f"""
        INSERT INTO {table} ({", ".join(columns)})
        WITH RECURSIVE numbers (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i + 1 < :number)
        SELECT {values} FROM numbers, (SELECT * FROM {table} {which} LIMIT 1) AS template
    """
    given = {"number": number, "of_a_user": SESSIONS_OF_A_USER, "long_ago": time.time() - 7 * 24 * 60 * 60}
    connection.execute(text(query), {name: value for name, value in given.items() if f":{name}" in query})
