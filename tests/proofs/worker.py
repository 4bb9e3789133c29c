"""A host for many processes: what ``gunicorn tests.proofs.worker:create_app()`` serves, set by the environment.

It makes its tables when it is made, as many hosts do: before the fork where the server loads it once for all.
"""

from __future__ import annotations

import os
from typing import Any

from flask import Flask, request

from kakao_login import login_required

from ..support import config_for, make_host


def create_app() -> Flask:
    """Make the host on the database and with the settings that the environment names."""
    names = ("KAKAO_LOGIN_REUSE_INTERVAL", "KAKAO_LOGIN_POLL_INTERVAL", "JWT_ACCESS_TOKEN_EXPIRES")
    settings = {name: int(os.environ[name]) for name in names if name in os.environ}
    config = config_for(None, SQLALCHEMY_DATABASE_URI=os.environ["DATABASE_URL"], **settings)
    host = make_host(config)
    app = host.app

    @app.post("/upload")
    @login_required
    def upload() -> dict[str, Any]:
        return {"text": request.form["text"], "size": len(request.files["upload"].read())}

    @app.get("/pid")
    def pid() -> dict[str, int]:
        return {"pid": os.getpid()}

    return app
