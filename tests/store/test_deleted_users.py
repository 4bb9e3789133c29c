"""A user whom the host deletes leaves nothing behind that could sign anybody in as somebody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import String
from sqlalchemy.orm import mapped_column

from kakao_login import EndReason, KakaoUser
from kakao_login.errors import SessionEnded
from kakao_login.store import models
from tests.builders import database_away, new_session, stored
from tests.support import Host, config_for, make_host


def sign_in(host: Host, kakao_id: int) -> Any:
    with host.app.app_context():
        return host.services.models.key_of(host.services.accounts.sign_in_with(KakaoUser(id=kakao_id))[0])


def delete(host: Host, user_id: Any, *, commit: bool = True) -> None:
    with host.app.app_context():
        session = host.db.session
        session.delete(session.get_one(host.kakao_login.user_model, user_id))
        session.flush()
        session.commit() if commit else session.rollback()


def opens(host: Host, access_token: str) -> bool:
    headers = {"Authorization": f"Bearer {access_token}"}
    return host.app.test_client().get("/mine", headers=headers).status_code == 200


def test_a_deleted_user_who_comes_back_is_a_new_one_and_nobody_else(bare_host: Host) -> None:
    """SQLite gives the key of the deleted user to the next one."""
    deleted = sign_in(bare_host, 1)
    delete(bare_host, deleted)
    next_one = sign_in(bare_host, 2)
    assert sign_in(bare_host, 1) != next_one == sign_in(bare_host, 2)


def test_the_tokens_of_a_deleted_user_do_not_become_those_of_the_next(bare_host: Host) -> None:
    row = new_session(bare_host, sign_in(bare_host, 1))
    access_token = bare_host.services.pairs.make(row, {}, "cookie").access_token
    assert opens(bare_host, access_token)
    delete(bare_host, row.user_id)
    sign_in(bare_host, 2)
    assert bare_host.services.ends.has_ended(row.id)
    assert not opens(bare_host, access_token)
    with pytest.raises(SessionEnded):
        bare_host.services.renewals.rotate(row.id, 0)


def test_a_deletion_that_was_rolled_back_ends_nothing(bare_host: Host) -> None:
    row = new_session(bare_host, sign_in(bare_host, 1))
    delete(bare_host, row.user_id, commit=False)
    assert not bare_host.services.ends.has_ended(row.id)
    assert bare_host.services.renewals.rotate(row.id, 0).generation == 1
    assert sign_in(bare_host, 1) == row.user_id


def test_the_others_keep_what_is_theirs(bare_host: Host) -> None:
    user, other = sign_in(bare_host, 1), sign_in(bare_host, 2)
    row = new_session(bare_host, other)
    delete(bare_host, user)
    assert bare_host.services.renewals.rotate(row.id, 0).generation == 1
    assert sign_in(bare_host, 2) == other


def test_a_commit_stands_even_if_the_database_goes_away_right_after(new_bare_host: Callable[..., Host]) -> None:
    host = new_bare_host()
    row = new_session(host, sign_in(host, 1))
    with host.app.app_context():
        session = host.db.session
        session.delete(session.get_one(host.kakao_login.user_model, row.user_id))
        session.flush()
        with database_away(host):
            session.commit()
    with pytest.raises(SessionEnded):
        host.services.renewals.rotate(row.id, 0)


def test_every_other_process_learns_of_it_and_nothing_about_the_person_stays(
    new_bare_host: Callable[..., Host],
) -> None:
    here, there = new_bare_host(), new_bare_host()
    row = new_session(here, sign_in(here, 1))
    access_token = here.services.pairs.make(row, {}, "cookie").access_token
    assert opens(there, access_token)
    delete(here, row.user_id)
    there.services.ends.poll()
    assert there.services.ends.has_ended(row.id)
    left = there.services.sessions.find(row.id)
    assert left is not None
    assert (left.user_id, left.user_agent, left.ip, left.end_reason) == (None, "", "", "user_deleted")


def test_whatever_is_marked_as_personal_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """A column that somebody adds one day needs nothing but its mark."""
    phone: Any = mapped_column(String(20), default="010-1234-5678", info=models.personal("none"))
    monkeypatch.setattr(models.LoginSession, "phone", phone, raising=False)
    host = make_host(config_for(None, SQLALCHEMY_DATABASE_URI="sqlite://"))
    row: Any = stored(host, new_session(host, sign_in(host, 1)).id)
    assert (row.phone, row.user_agent, row.ip) == ("010-1234-5678", "a browser", "192.0.2.1")
    delete(host, row.user_id)
    left: Any = stored(host, row.id)
    assert (left.phone, left.user_agent, left.ip, left.user_id) == ("none", "", "", None)
    assert left.end_reason == EndReason.USER_DELETED
    host.close()


def test_every_column_that_tells_of_a_person_is_marked(bare_host: Host) -> None:
    """A new column is either marked or named here, so that nobody can add one without thinking of it."""
    columns = {column.name for column in bare_host.services.models.login_session.__table__.columns}
    about_the_session = {"id", "generation", "confirmed", "created_at", "rotated_at", "last_active_at"}
    about_the_session |= {"idle_expires_at", "expires_at", "ended_at", "end_number", "end_reason"}
    about_the_session |= {"late_generation", "late_in_a_row"}
    assert columns - set(bare_host.services.models.forgotten()) == about_the_session
