"""A host for many processes: what ``gunicorn tests.proofs.worker:create_app()`` serves, set by the environment."""

from __future__ import annotations

import os

from flask import Flask

from ..support import config_for, make_host


def create_app() -> Flask:
    """Make the host on the database and with the settings that the environment names."""
    names = ("KAKAO_LOGIN_REUSE_INTERVAL", "KAKAO_LOGIN_POLL_INTERVAL", "JWT_ACCESS_TOKEN_EXPIRES")
    settings = {name: int(os.environ[name]) for name in names if name in os.environ}
    config = config_for(None, SQLALCHEMY_DATABASE_URI=os.environ["DATABASE_URL"], **settings)
    host = make_host(config)
    app = host.app
    with app.app_context():
        # Made before the fork, and a connection must not be shared by two processes.
        host.db.engine.dispose()

    @app.get("/pid")
    def pid() -> dict[str, int]:
        return {"pid": os.getpid()}

    return app
