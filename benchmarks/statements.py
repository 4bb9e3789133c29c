"""Counting the statements and commits that reach a database; SQLAlchemy tells of every one."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, Engine, event


class Statements:
    """The statements and commits so far."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.commits = 0

    def note(self, connection: Connection, _cursor: object, text: str, *_: object) -> None:
        """Note a statement, and its commit where no event will tell of one because it commits by itself."""
        self.texts.append(text)
        self.commits += connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"

    def note_commit(self, _connection: object) -> None:
        """Note a commit."""
        self.commits += 1

    def __str__(self) -> str:
        return f"{_several(len(self.texts), 'statement')} and {_several(self.commits, 'commit')}"


def count_statements(run: Callable[[], object]) -> Statements:
    """Count what ``run`` sends to all engines."""
    seen = Statements()
    listeners = (("before_cursor_execute", seen.note), ("commit", seen.note_commit))
    for name, listener in listeners:
        event.listen(Engine, name, listener)
    run()
    for name, listener in listeners:
        event.remove(Engine, name, listener)
    return seen


def _several(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
