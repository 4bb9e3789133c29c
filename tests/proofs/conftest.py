"""Several processes on one database, and sessions to play with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from ..servers import Workers, gunicorn
from ..support import Host, config_for, make_host


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Every proof holds on both databases."""
    return str(request.param)


@pytest.fixture
def start_workers(host: Host) -> Iterator[Callable[..., Workers]]:
    """Start workers on the database of ``host``."""
    with ExitStack() as stack:

        def start(count: int = 1, **settings: int) -> Workers:
            options = ("--workers", str(count), "--threads", "8", "--preload")
            environment = {name: str(value) for name, value in settings.items()}
            url = host.app.config["SQLALCHEMY_DATABASE_URI"]
            return stack.enter_context(gunicorn(url, *options, **environment))

        yield start


@pytest.fixture
def host(database_url: Callable[[str], str]) -> Iterator[Host]:
    """The host of this process, by the real clock, as all others have."""
    host = make_host(config_for(None, SQLALCHEMY_DATABASE_URI=database_url("host")))
    with host.app.app_context():
        host.db.session.add_all([host.kakao_login.user_model(), host.kakao_login.user_model()])
        host.db.session.commit()
    yield host
    host.close()


def new_session(host: Host, user_id: int = 1) -> tuple[str, str]:
    """Start a session of a user and give its access and refresh token."""
    row = host.services.sessions.start(user_id, user_agent="test", ip="127.0.0.1")
    pair = host.services.pairs.make(row, {}, "json")
    return pair.access_token, pair.refresh_token
