"""The tables, made on the host's own ``db`` so that its ``create_all`` and its Alembic see them.

The columns are declared here once; ``make_models`` binds them to the host's metadata and to its User's key.
Times are seconds since the epoch in UTC, as double precision, the same on SQLite and PostgreSQL.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, Boolean, Column, Double, ForeignKey, Index, Integer, String, Table, Text
from sqlalchemy import inspect as inspect_mapping
from sqlalchemy.exc import NoInspectionAvailable
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from ..errors import SettingsError

_PERSONAL = "kakao_login_personal"
_NO = frozenset({"", "0", "n", "no", "f", "false", "off"})
_ID = re.compile(r"[A-Za-z0-9_-]{22}")


def personal(blank: object) -> dict[str, object]:
    """Mark a session's column as telling something about the person; ``blank`` is what is left once forgotten."""
    return {_PERSONAL: blank}


class User:
    """The account a host gets when it brings no User of its own."""

    __tablename__ = "kakao_login_user"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)
    """False bars the login and every refresh; a host's own User may have the same attribute."""


class KakaoAccount:
    """A Kakao user, found by ``kakao_id`` alone, and the local User it signs in."""

    __tablename__ = "kakao_account"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    kakao_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    nickname: Mapped[str | None] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    """Only an address that Kakao calls valid and verified; never used to find an account."""
    profile_image_url: Mapped[str | None] = mapped_column(Text)
    thumbnail_image_url: Mapped[str | None] = mapped_column(Text)
    linked_at: Mapped[float] = mapped_column(Double)
    user_id: Any
    user: Any


class LoginSession:
    """One login of one browser or client; a refresh changes the row and never adds one."""

    __tablename__ = "kakao_login_session"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    generation: Mapped[int] = mapped_column(Integer, default=0)
    confirmed: Mapped[bool] = mapped_column(Boolean, default=False)
    """Whether an access token of this generation was used, so that the answer surely arrived."""
    late_generation: Mapped[int | None] = mapped_column(Integer)
    """The last generation that somebody asked for again late, before it was confirmed."""
    late_in_a_row: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    """How many generations up to that one were asked for again so, one after the other."""
    created_at: Mapped[float] = mapped_column(Double)
    rotated_at: Mapped[float | None] = mapped_column(Double)
    last_active_at: Mapped[float] = mapped_column(Double)
    idle_expires_at: Mapped[float] = mapped_column(Double)
    expires_at: Mapped[float] = mapped_column(Double)
    ended_at: Mapped[float | None] = mapped_column(Double)
    end_number: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    """The place of this end among all ends, in the order they were committed."""
    end_reason: Mapped[str | None] = mapped_column(String(32))
    user_agent: Mapped[str] = mapped_column(String(256), info=personal(""))
    ip: Mapped[str] = mapped_column(String(64), info=personal(""))
    user_id: Any
    user: Any


class EndCounter:
    """One row: how many sessions were ever ended.  Its lock puts the ends in the order they are committed."""

    __tablename__ = "kakao_login_end_counter"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger)


class UsedLoginState:
    """A login whose callback came in; the primary key lets only the first of them exchange the code."""

    __tablename__ = "kakao_login_used_state"

    state_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    next: Mapped[str] = mapped_column(Text)
    used_at: Mapped[float] = mapped_column(Double, index=True)


@dataclass(frozen=True)
class Models:
    """The classes as mapped on one ``db``: subclasses of those above, made at run time."""

    user: type[Any]
    kakao_account: type[Any]
    login_session: type[Any]
    end_counter: type[Any]
    used_login_state: type[Any]

    @cached_property
    def user_key(self) -> Any:
        """The primary-key attribute of the User model."""
        mapper = inspect_mapping(self.user)
        return getattr(self.user, mapper.get_property_by_column(mapper.primary_key[0]).key)

    @cached_property
    def user_key_type(self) -> Any:
        """The Python type of the User's key, if SQLAlchemy knows one: asking ``python_type`` raises else."""
        return _primary_key(self.user).type.python_type

    def key_of(self, user: Any) -> Any:
        """Give the primary key of ``user``, without asking for what a commit forgot."""
        # A proxy such as current_user cannot be inspected.
        identity = getattr(inspect_mapping(user, raiseerr=False), "identity", None)
        return identity[0] if identity else getattr(user, self.user_key.key)

    def forgotten(self) -> dict[str, object]:
        """Give what a session's columns hold once its person is forgotten."""
        columns = self.login_session.__table__.columns
        return {column.name: column.info[_PERSONAL] for column in columns if _PERSONAL in column.info}

    def tables(self) -> list[Table]:
        """Give our tables and those they point at, however far."""
        models = (self.user, self.kakao_account, self.login_session, self.end_counter, self.used_login_state)
        tables: list[Table] = []
        waiting: list[Table] = [model.__table__ for model in models]
        while waiting:
            table = waiting.pop()
            if table not in tables:
                tables.append(table)
                waiting += [key.column.table for key in table.foreign_keys]
        return tables

    def parse_key(self, text: str) -> Any:
        """Give the primary key that ``text`` spells, of whatever type it is; raises ``ValueError``."""
        try:
            key = self.user_key_type(text)
        except (TypeError, NotImplementedError) as error:
            # The former comes from a type that is not made from a text; by the latter SQLAlchemy says that the
            # column's type has none of Python's.
            raise ValueError(text) from error
        if isinstance(key, int) and key.bit_length() > 63:
            raise ValueError(text)
        return key


def new_id() -> str:
    """Give 128 random bits for a ``jti`` or a ``sid``."""
    return secrets.token_urlsafe(16)


def is_id(unverified_id: str) -> bool:
    """Tell whether the text has the form of an id; not every database bears to be asked for any text."""
    return _ID.fullmatch(unverified_id) is not None


def is_active(user: Any) -> bool:
    """Tell whether the user may have a session: it exists and its ``is_active``, if it has one, says yes.

    That may be a column, a property or a method, and a word such as ``"N"`` where a column holds words.
    """
    if user is None:
        return False
    answer = getattr(user, "is_active", True)
    answer = answer() if callable(answer) else answer
    return answer.strip().lower() not in _NO if isinstance(answer, str) else bool(answer)


def make_models(db: SQLAlchemy, user_model: type[Any] | None) -> Models:
    """Map the tables on ``db``; ``user_model`` is the host's User with one primary-key column of any type.

    Raises ``SettingsError`` when the model cannot be pointed at, or the tables are on ``db`` already.
    """
    if KakaoAccount.__tablename__ in db.metadata.tables:
        raise SettingsError("db carries Kakao login's tables already. Keep one KakaoLogin and call its init_app.")

    class Base(DeclarativeBase):
        """A base of our own, so that nothing a host does to ``db.Model`` reaches these tables."""

        metadata = db.metadata

    user = user_model or type("User", (User, Base), {})
    key = _primary_key(user)
    # A session outlives its user by as long as other processes must learn of its end.
    login_session: Any = type("LoginSession", (LoginSession, Base), _owned_by(user, key, outlives=True))
    _index_ends(login_session.__table__.c.ended_at)
    return Models(
        user=user,
        kakao_account=type("KakaoAccount", (KakaoAccount, Base), _owned_by(user, key, outlives=False)),
        login_session=login_session,
        end_counter=type("EndCounter", (EndCounter, Base), {}),
        used_login_state=type("UsedLoginState", (UsedLoginState, Base), {}),
    )


def _index_ends(ended_at: Column[Any]) -> None:
    """Index the ends alone: whoever asks for living sessions must not be led through all of them."""
    ended = ended_at.is_not(None)
    Index("ix_kakao_login_session_ended_at", ended_at, sqlite_where=ended, postgresql_where=ended)


def _owned_by(user: type[Any], key: Column[Any], *, outlives: bool) -> dict[str, Any]:
    foreign_key = ForeignKey(key, ondelete="SET NULL" if outlives else "CASCADE")
    return {
        "user_id": mapped_column(foreign_key, nullable=outlives, index=True, info=personal(None)),
        "user": relationship(user),
    }


def _primary_key(user: type[Any]) -> Column[Any]:
    try:
        columns = inspect_mapping(user).primary_key
    except NoInspectionAvailable:
        raise SettingsError("user_model must be a mapped class, such as class User(db.Model).") from None
    if len(columns) != 1:
        raise SettingsError("user_model must have a primary key of one column.")
    column: Column[Any] = columns[0]
    return column
