"""The tables go onto the host's own db and point at its User, whatever its key."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Date, ForeignKey, Integer, String, Uuid, inspect
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import UserDefinedType

from kakao_login import SettingsError
from kakao_login.store.models import Models, make_models

TABLES = {"kakao_account", "kakao_login_session", "kakao_login_end_counter", "kakao_login_used_state"}
KEYS: dict[str, tuple[Any, object]] = {
    "integer": (Integer, 7),
    "uuid": (Uuid, uuid.UUID(int=7)),
    "text": (String(40), "member-7"),
}


def new_db(*, legacy: bool = False) -> SQLAlchemy:
    class Base(DeclarativeBase):
        pass

    return SQLAlchemy() if legacy else SQLAlchemy(model_class=Base)


def member(db: SQLAlchemy, kind: str) -> type[Any]:
    """Make a host's User whose key column has a name of its own."""
    key: Any = mapped_column("member_no", KEYS[kind][0], primary_key=True)
    return type("Member", (db.Model,), {"__tablename__": "member", "number": key})


@pytest.fixture(params=[False, True], ids=["declarative", "legacy"])
def db(request: pytest.FixtureRequest) -> SQLAlchemy:
    return new_db(legacy=request.param)


@pytest.mark.parametrize("kind", KEYS)
def test_any_single_key_can_be_pointed_at(db: SQLAlchemy, kind: str) -> None:
    models = make_models(db, member(db, kind))
    key = KEYS[kind][1]
    app = Flask("host")
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
    db.init_app(app)
    with app.app_context():
        db.create_all()
        user = models.user(number=key)
        account = models.kakao_account(kakao_id=2**63 - 1, user=user, linked_at=0.0)
        db.session.add(account)
        db.session.commit()
        assert (account.user_id, models.key_of(user)) == (key, key)
        assert models.user_key is models.user.number
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize(
    ("kind", "text", "key"),
    [("integer", "7", 7), ("uuid", str(uuid.UUID(int=7)), uuid.UUID(int=7)), ("text", "member-7", "member-7")],
)
def test_a_key_is_read_from_its_text(kind: str, text: str, key: object) -> None:
    db = new_db()
    assert make_models(db, member(db, kind)).parse_key(text) == key


@pytest.mark.parametrize(("kind", "text"), [("integer", "x"), ("integer", ""), ("uuid", "7")])
def test_a_text_that_is_no_key_is_refused(kind: str, text: str) -> None:
    db = new_db()
    with pytest.raises(ValueError, match=r"x|7|''|badly"):
        make_models(db, member(db, kind)).parse_key(text)


class Nameless(UserDefinedType[Any]):
    """A type that names no type of Python's, as one of a host's own does unless it takes the trouble."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "VARCHAR(40)"


@pytest.mark.parametrize("column_type", [Date(), Nameless()])
def test_a_key_that_no_text_makes_is_refused_as_such(column_type: Any) -> None:
    db = new_db()
    key: Any = mapped_column(column_type, primary_key=True)
    user = type("Member", (db.Model,), {"__tablename__": "member", "number": key})
    with pytest.raises(ValueError, match="2026-01-01"):
        make_models(db, user).parse_key("2026-01-01")


def test_without_a_user_of_the_host_there_is_a_small_one(db: SQLAlchemy) -> None:
    models = make_models(db, None)
    assert set(db.metadata.tables) == TABLES | {"kakao_login_user"}
    assert {column.key for column in inspect(models.user).columns} == {"id", "is_active"}


def test_with_a_user_of_the_host_there_is_no_other(db: SQLAlchemy) -> None:
    make_models(db, member(db, "integer"))
    assert set(db.metadata.tables) == TABLES | {"member"}


def test_tables_are_made_once_a_db(db: SQLAlchemy) -> None:
    make_models(db, None)
    with pytest.raises(SettingsError, match="Keep one KakaoLogin"):
        make_models(db, None)


def test_two_dbs_share_nothing() -> None:
    first, second = make_models(new_db(), None), make_models(new_db(), None)
    assert all(getattr(first, name) is not getattr(second, name) for name in Models.__dataclass_fields__)


def test_a_user_with_a_key_of_two_columns_is_refused(db: SQLAlchemy) -> None:
    columns: dict[str, Any] = {name: mapped_column(Integer, primary_key=True) for name in ("tenant", "number")}
    with pytest.raises(SettingsError, match="primary key of one column"):
        make_models(db, type("Member", (db.Model,), {"__tablename__": "member", **columns}))


@pytest.mark.parametrize("model", [object, int, Flask])
def test_what_is_no_model_is_refused(model: type[Any]) -> None:
    with pytest.raises(SettingsError, match=r"^user_model must be a mapped class"):
        make_models(new_db(), model)


def test_a_user_that_inherits_its_key_can_be_pointed_at(db: SQLAlchemy) -> None:
    parent: dict[str, Any] = {"__tablename__": "party", "id": mapped_column(Integer, primary_key=True)}
    party = type("Party", (db.Model,), parent)
    child: dict[str, Any] = {
        "__tablename__": "person",
        "id": mapped_column(ForeignKey("party.id"), primary_key=True),
    }
    models = make_models(db, type("Person", (party,), child))
    app = Flask("host")
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
    db.init_app(app)
    with app.app_context():
        db.create_all()
        user = models.user()
        db.session.add(models.kakao_account(kakao_id=1, user=user, linked_at=0.0))
        db.session.commit()
        assert models.key_of(user) == 1
        db.session.remove()
        db.engine.dispose()


def test_the_database_itself_keeps_a_kakao_id_and_an_end_number_single() -> None:
    db = new_db()
    models = make_models(db, None)
    assert models.kakao_account.__table__.c.kakao_id.unique
    assert models.login_session.__table__.c.end_number.unique


def test_what_is_asked_by_user_is_indexed() -> None:
    models = make_models(new_db(), None)
    # An account goes with its user; a session stays until every process has learnt of its end.
    for model, ondelete in ((models.kakao_account, "CASCADE"), (models.login_session, "SET NULL")):
        assert model.__table__.c.user_id.index
        (foreign_key,) = model.__table__.c.user_id.foreign_keys
        assert foreign_key.ondelete == ondelete
