"""The wheel: what a host installs has everything it needs, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]
HOST = """
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from kakao_login import KakaoLogin
from kakao_login.emulator import run_emulator
import requests

with run_emulator(sign_in_as="full") as kakao:
    app = Flask("host", template_folder=None)
    app.config.update(
        TESTING=True, SQLALCHEMY_DATABASE_URI="sqlite://", JWT_SECRET_KEY="0123456789" * 4,
        KAKAO_CLIENT_ID="emulator-rest-api-key", KAKAO_CLIENT_SECRET="emulator-client-secret",
        KAKAO_AUTH_URL=kakao.url, KAKAO_API_URL=kakao.url, KAKAO_ISSUER=kakao.url,
    )
    db = SQLAlchemy(app)
    KakaoLogin(app, db=db)
    with app.app_context():
        db.create_all()
    browser = app.test_client()
    at_kakao = browser.get("/auth/kakao/login").headers["Location"]
    back = requests.get(at_kakao, allow_redirects=False, timeout=5).headers["Location"]
    assert browser.get(back).status_code == 303
    assert browser.get("/auth/me").json["user"]["id"] == 1
    assert "<svg" in browser.get("/auth/kakao/callback").text
    with browser.get("/auth/static/kakao_login.css") as style:
        assert style.status_code == 200
print("logged in")
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    for name in filter(None, tracked.stdout.split("\0")):
        target = source / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (CHECKOUT / name).exists():
            target.write_bytes((CHECKOUT / name).read_bytes())
    build = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(source)]
    subprocess.run(build, check=True, capture_output=True)
    [made] = folder.glob("*.whl")
    return made


def test_the_wheel_holds_the_package_alone(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"kakao_login"}
    for needed in ("py.typed", "static/kakao_login.css", "templates/kakao_login/error.html"):
        assert f"kakao_login/{needed}" in names
    assert any(name.startswith("kakao_login/emulator/templates/") for name in names)


def test_the_wheel_works_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    (tmp_path / "host.py").write_text(HOST)
    run = subprocess.run([python, "host.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.stdout.endswith("logged in\n"), run.stderr
    emulator = subprocess.run(
        [tmp_path / "venv" / "bin" / "kakao-emulator", "--help"], capture_output=True, text=True, check=False
    )
    assert "--sign-in-as" in emulator.stdout
