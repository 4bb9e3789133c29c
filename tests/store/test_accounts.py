"""A Kakao user is one account, found by Kakao's id alone, however many come at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from kakao_login import KakaoLogin, KakaoUser, signals
from kakao_login.errors import AccountDisabled, DatabaseUnavailable
from kakao_login.store.accounts import hash_state
from tests.builders import at_once, database_away, heard, new_session
from tests.support import Clock, Host, config_for

SKY = KakaoUser(
    id=4242,
    nickname="하늘",
    email="sky@example.com",
    profile_image_url="https://k.kakaocdn.net/a.jpg",
    thumbnail_image_url="https://k.kakaocdn.net/b.jpg",
)


def sign_in(host: Host, kakao_user: KakaoUser = SKY) -> Any:
    """Sign in and give the key of the User."""
    with host.app.app_context():
        return host.services.models.key_of(host.services.accounts.sign_in_with(kakao_user)[0])


def count(host: Host) -> tuple[int, int]:
    """Give how many users and how many Kakao accounts there are."""
    with host.app.app_context():
        users, accounts = (
            host.db.session.scalar(select(func.count()).select_from(model))
            for model in (host.services.models.user, host.services.models.kakao_account)
        )
        return users or 0, accounts or 0


# Who is who.


def test_the_first_login_makes_an_account(bare_host: Host, clock: Clock) -> None:
    account = bare_host.services.accounts.account_of(sign_in(bare_host))
    assert (account.kakao_id, account.nickname, account.email) == (4242, "하늘", "sky@example.com")
    assert account.profile_image_url == "https://k.kakaocdn.net/a.jpg"
    assert account.thumbnail_image_url == "https://k.kakaocdn.net/b.jpg"
    assert account.linked_at == clock.now
    assert count(bare_host) == (1, 1)


def test_a_later_login_finds_the_account_and_takes_over_what_changed(bare_host: Host, clock: Clock) -> None:
    first = sign_in(bare_host)
    linked_at = clock.now
    clock.advance(60)
    assert sign_in(bare_host, KakaoUser(id=4242, nickname="바다")) == first
    account = bare_host.services.accounts.account_of(first)
    assert (account.nickname, account.email, account.profile_image_url) == ("바다", None, None)
    assert account.linked_at == linked_at
    assert count(bare_host) == (1, 1)


def test_an_email_never_finds_an_account(bare_host: Host) -> None:
    first = sign_in(bare_host)
    assert sign_in(bare_host, KakaoUser(id=4243, nickname="하늘", email="sky@example.com")) != first
    assert count(bare_host) == (2, 2)


@pytest.mark.parametrize("kakao_id", [1, 2**53 + 1, 2**63 - 1])
def test_an_id_of_any_size_is_kept_whole(bare_host: Host, kakao_id: int) -> None:
    key = sign_in(bare_host, KakaoUser(id=kakao_id))
    assert sign_in(bare_host, KakaoUser(id=kakao_id)) == key
    assert sign_in(bare_host, KakaoUser(id=kakao_id - 1 or 2)) != key
    assert bare_host.services.accounts.account_of(key).kakao_id == kakao_id


def test_nobody_has_an_account_before_the_first_login(bare_host: Host) -> None:
    assert bare_host.services.accounts.account_of(1) is None


def test_a_sign_up_is_told_once(bare_host: Host) -> None:
    with heard(bare_host.app, signals.user_signed_up) as calls:
        sign_in(bare_host)
        sign_in(bare_host)
    assert [about["kakao_user"] for _, about in calls] == [SKY]


@pytest.mark.parametrize("database", ["bare", ":memory:"])
def test_many_first_logins_at_once_make_one_account(new_bare_host: Callable[..., Host], database: str) -> None:
    host = new_bare_host(database)
    with heard(host.app, signals.user_signed_up) as calls:
        keys = at_once(20, lambda: sign_in(host))
    assert len(set(keys)) == 1
    assert count(host) == (1, 1)
    assert len(calls) == 1


def test_first_logins_of_many_at_once_make_an_account_each(new_bare_host: Callable[..., Host]) -> None:
    host = new_bare_host()
    waiting = [KakaoUser(id=number) for number in range(1, 13)]
    assert len(set(at_once(12, lambda: sign_in(host, waiting.pop())))) == 12
    assert count(host) == (12, 12)


# The host's User.


def test_a_host_fills_its_user_before_it_is_stored(bare_host: Host) -> None:
    seen: list[tuple[Any, KakaoUser]] = []

    @bare_host.kakao_login.user_created
    def fill(user: Any, kakao_user: KakaoUser) -> None:
        seen.append((user.id, kakao_user))

    sign_in(bare_host)
    sign_in(bare_host)
    assert seen == [(None, SKY)]


def test_a_host_whose_hook_fails_is_left_with_nothing(bare_host: Host) -> None:
    @bare_host.kakao_login.user_created
    def fill(user: Any, kakao_user: KakaoUser) -> None:
        raise RuntimeError("no room")

    with pytest.raises(RuntimeError, match="no room"):
        sign_in(bare_host)
    assert count(bare_host) == (0, 0)


def test_a_user_that_breaks_the_hosts_own_rules_is_the_hosts_error(clock: Clock) -> None:
    app = Flask("strict")
    app.config.update(config_for(None, SQLALCHEMY_DATABASE_URI="sqlite://"))

    class Base(DeclarativeBase):
        pass

    db = SQLAlchemy(app, model_class=Base)

    class Member(db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]

    host = Host(app, db, KakaoLogin(app, db=db, user_model=Member, clock=clock))
    with app.app_context():
        db.create_all()
        with pytest.raises(IntegrityError, match="name"):
            host.services.accounts.sign_in_with(SKY)
    assert count(host) == (0, 0)
    host.close()


def test_a_disabled_user_cannot_log_in(bare_host: Host) -> None:
    key = sign_in(bare_host)
    with bare_host.app.app_context():
        bare_host.db.session.get_one(bare_host.kakao_login.user_model, key).is_active = False
        bare_host.db.session.commit()
    with pytest.raises(AccountDisabled):
        sign_in(bare_host)
    with pytest.raises(AccountDisabled):
        new_session(bare_host, key)


def test_the_user_of_a_session_is_the_hosts_own_to_change(bare_host: Host) -> None:
    row = new_session(bare_host, sign_in(bare_host))
    with bare_host.app.app_context():
        bare_host.services.users.of_session(row.id).is_active = False
        bare_host.db.session.commit()
    with bare_host.app.app_context():
        assert not bare_host.services.users.of_session(row.id).is_active
        assert bare_host.services.users.of_session("never-there") is None


# A login's callback comes once.


def test_only_the_first_callback_of_a_login_counts(bare_host: Host) -> None:
    accounts = bare_host.services.accounts
    assert accounts.claim_login("state", "/mine")
    assert not accounts.claim_login("state", "/other")
    assert accounts.claim_login("another state", "/")
    assert accounts.next_of_used_login("state") == "/mine"
    assert accounts.next_of_used_login("never used") is None


def test_of_many_callbacks_at_once_one_counts(bare_host: Host) -> None:
    """Supabase #2612: of two answers to one code only one may win."""
    outcomes = at_once(20, lambda: bare_host.services.accounts.claim_login("state", "/mine"))
    assert sorted(outcomes) == [False] * 19 + [True]


def test_a_used_state_is_stored_as_its_hash(bare_host: Host) -> None:
    bare_host.services.accounts.claim_login("canary-state", "/mine")
    with bare_host.app.app_context():
        (row,) = bare_host.db.session.scalars(select(bare_host.services.models.used_login_state)).all()
        assert row.state_hash == hash_state("canary-state")
        assert "canary" not in str(vars(row))


@pytest.mark.parametrize("state", ["", "x" * 100_000, "한글", "'; DROP TABLE kakao_account; --", "\0"])
def test_any_text_may_be_asked_for_as_a_state(bare_host: Host, state: str) -> None:
    assert bare_host.services.accounts.next_of_used_login(state) is None


# The database away.

NEEDS_THE_DATABASE: dict[str, Callable[[Host], object]] = {
    "sign_in_with": sign_in,
    "account_of": lambda host: host.services.accounts.account_of(1),
    "claim_login": lambda host: host.services.accounts.claim_login("state", "/"),
    "next_of_used_login": lambda host: host.services.accounts.next_of_used_login("state"),
}


@pytest.mark.parametrize("name", NEEDS_THE_DATABASE)
def test_without_the_database_it_is_the_database_that_is_away(
    new_bare_host: Callable[..., Host], name: str
) -> None:
    host = new_bare_host()
    with (
        heard(host.app, signals.user_signed_up) as calls,
        database_away(host),
        pytest.raises(DatabaseUnavailable),
    ):
        NEEDS_THE_DATABASE[name](host)
    assert calls == []
    assert host.services.accounts.claim_login("state", "/")
    assert count(host) == (0, 0)
