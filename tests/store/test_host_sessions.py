"""What a host does to its users' sessions through ``KakaoLogin``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kakao_login.store.models import new_id

from ..builders import new_session, new_user, stored
from ..support import Host

Hosts = Callable[..., Host]


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Both databases."""
    return str(request.param)


@pytest.fixture
def host(new_bare_host: Hosts) -> Host:
    return new_bare_host()


def user_of(host: Host, user_id: Any) -> Any:
    return host.db.session.get(host.kakao_login.user_model, user_id)


def test_a_host_lists_a_users_sessions_outside_a_request(host: Host) -> None:
    row = new_session(host)
    new_session(host)
    with host.app.app_context():
        (info,) = host.kakao_login.list_sessions(user_of(host, row.user_id))
    assert (info.id, info.current, info.browser, info.ip) == (row.id, False, "a", "192.0.2.1")
    assert info.created_at.timestamp() == int(row.created_at)


def test_a_host_ends_one_session_of_the_user_it_names(host: Host) -> None:
    row, other = new_session(host), new_session(host)
    with host.app.app_context():
        user = user_of(host, row.user_id)
        foreign, own, again, unknown, senseless = [
            host.kakao_login.end_session(user, sid) for sid in (other.id, row.id, row.id, new_id(), "\0")
        ]
    assert (foreign, own, again, unknown, senseless) == (False, True, False, False, False)
    assert (stored(host, row.id).end_reason, stored(host, other.id).ended_at) == ("ended_by_host", None)
    assert host.services.ends.has_ended(row.id)


def test_a_host_ends_all_sessions_but_one(host: Host) -> None:
    user_id = new_user(host)
    rows = [new_session(host, user_id) for _ in range(3)]
    other = new_session(host)
    with host.app.app_context():
        assert host.kakao_login.end_all_sessions(user_of(host, user_id), keep=rows[1].id) == 2
        assert [info.id for info in host.kakao_login.list_sessions(user_of(host, user_id))] == [rows[1].id]
        assert host.kakao_login.end_all_sessions(user_of(host, user_id)) == 1
    assert stored(host, other.id).ended_at is None
