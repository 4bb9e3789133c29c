"""The README in both languages: its code runs, its tables are whole, its links lead somewhere."""

from __future__ import annotations

import ast
import re
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
import requests
from flask import Flask, render_template_string
from flask_sqlalchemy import SQLAlchemy

from kakao_login import EndReason, KakaoLogin
from kakao_login.emulator import Emulator
from kakao_login.errors import KakaoLoginError, KakaoRejected
from kakao_login.settings.loading import load_settings
from kakao_login.web.cookies import _names

from .builders import pem
from .support import SAME_ORIGIN, Browser, config_for, make_host, serving

CHECKOUT = Path(__file__).parents[1]
READMES = ("README.md", "README.ko.md")
KEY = re.compile("[A-Z][A-Z0-9]*(_[A-Z0-9]+)+|PORT")
COMMENT = re.compile(r"\s+# .*")
TRANSLATED = re.compile(r"(: | as ).*")


def read(name: str) -> str:
    return (CHECKOUT / name).read_text()


def blocks(name: str, language: str | None = None) -> list[str]:
    """Give the fenced blocks in their order, of one language or of all."""
    found = re.findall(r"^```(\w+)\n(.*?)^```$", read(name), re.DOTALL | re.MULTILINE)
    return [code for said, code in found if language in (None, said)]


def block_with(name: str, words: str) -> str:
    [block] = [block for block in blocks(name, "python") if words in block]
    return block


def tables(name: str) -> list[list[list[str]]]:
    """Give the tables as rows of cells, without their headings."""
    without_code = re.sub(r"^```.*?^```$", "", read(name), flags=re.DOTALL | re.MULTILINE)
    found = re.findall(r"(?:^\|.*\|\n)+", without_code, re.MULTILINE)
    return [[_cells(line) for line in table.splitlines()[2:]] for table in found]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def table_with(name: str, key: str) -> dict[str, list[str]]:
    """Give the one table in whose first column ``key`` stands, as the further cells by the first one's code."""
    [table] = [table for table in tables(name) if f"`{key}`" in [row[0] for row in table]]
    rows = {row[0].strip("`"): row[1:] for row in table}
    assert len(rows) == len(table)
    return rows


def keys_read_in(*paths: Path) -> set[str]:
    """Give the settings that source files name as the first argument of a call."""
    nodes = [node for path in paths for node in ast.walk(ast.parse(path.read_text()))]
    firsts = [node.args[0] for node in nodes if isinstance(node, ast.Call) and node.args]
    values = [first.value for first in firsts if isinstance(first, ast.Constant)]
    return {value for value in values if isinstance(value, str) and KEY.fullmatch(value)}


def load(code: str, name: str) -> types.ModuleType:
    """Run a block as the module that a reader would have saved it in."""
    module = types.ModuleType(name)
    exec(compile(code, name, "exec"), module.__dict__)
    return module


@pytest.fixture
def environment(kakao: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """What the README has its reader export, and a folder of one's own to run in."""
    for key, value in config_for(kakao).items():
        if isinstance(value, str):
            monkeypatch.setenv(key, value)
    monkeypatch.setenv("FLASK_DEBUG", "1")
    monkeypatch.chdir(tmp_path)
    return kakao


def closed(db: SQLAlchemy, app: Flask) -> None:
    app.extensions["kakao_login"].heartbeat.stop()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(params=READMES)
def embedded(request: pytest.FixtureRequest, environment: Emulator) -> Iterator[types.ModuleType]:
    """The README's app.py with the block of extras behind it."""
    module = load(block_with(request.param, "user_model=User"), "readme_app")
    exec(block_with(request.param, "login_optional"), module.__dict__)
    exec(block_with(request.param, "create_token_pair"), module.__dict__)
    yield module
    closed(module.db, module.app)


def test_the_block_to_embed_logs_a_kakao_user_in(embedded: types.ModuleType) -> None:
    with serving(embedded.app) as url:
        browser = Browser(url)
        assert browser.get("/").json()["error"] == "login_required"
        assert browser.get("/hello").json() == {"hello": "stranger"}
        assert browser.log_in("/").headers["Location"] == "/"
        assert browser.get("/").json() == {"hello": "하늘"}
        assert browser.get("/hello").json() == {"hello": "하늘"}
        assert browser.get("/auth/me").json()["claims"]["https://example.com/nickname"] == "하늘"
        pair = browser.post("/api/token", headers=SAME_ORIGIN).json()
        renewed = requests.post(f"{url}/auth/refresh", json={"refresh_token": pair["refresh_token"]}, timeout=5)
        assert set(renewed.json()) == set(pair)


@pytest.mark.parametrize("name", READMES)
def test_the_block_with_a_factory_logs_a_kakao_user_in(name: str, environment: Emulator) -> None:
    module = load(block_with(name, "def create_app"), "readme_factory")
    app = module.create_app()
    with app.app_context():
        module.db.create_all()
    with serving(app) as url:
        browser = Browser(url)
        browser.log_in()
        assert browser.get("/auth/me").json()["user"]["id"] == 1
    closed(module.db, app)


@pytest.mark.parametrize("name", READMES)
def test_another_service_verifies_an_access_token_with_the_block_for_it(name: str, kakao: Emulator) -> None:
    issuer = "https://example.com"
    config = config_for(
        kakao,
        JWT_ALGORITHM="ES256",
        JWT_PRIVATE_KEY=pem("ES256"),
        JWT_ENCODE_ISSUER=issuer,
        SQLALCHEMY_DATABASE_URI="sqlite://",
    )
    host = make_host(config)
    with serving(host.app) as url:
        browser = Browser(url)
        browser.log_in()
        code = block_with(name, "PyJWKClient").replace(f"{issuer}/.well-known", f"{url}/.well-known")
        claims = load(code, "readme_service").verify(browser.pair()[0])
        assert claims["sub"] == "1"
    host.close()


@pytest.mark.parametrize("name", READMES)
def test_the_block_for_a_readers_own_tests_starts_an_emulator(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    load(block_with(name, "run_emulator"), "readme_tests")
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+\n", capsys.readouterr().out)


@pytest.mark.parametrize("name", READMES)
def test_every_python_block_is_run_here(name: str) -> None:
    assert len(blocks(name, "python")) == 6


@pytest.mark.parametrize("name", READMES)
def test_the_templates_render(name: str, kakao: Emulator) -> None:
    host = make_host(config_for(kakao, SQLALCHEMY_DATABASE_URI="sqlite://"))
    layout, button, script = blocks(name, "jinja")
    assert layout.startswith("{% extends")
    with host.app.test_request_context():
        assert "Login with Kakao" in render_template_string(button)
        assert render_template_string(script).strip() == ""
    host.close()


@pytest.mark.parametrize("name", READMES)
def test_the_table_of_settings_names_every_key_that_is_read(name: str) -> None:
    settings = (CHECKOUT / "kakao_login" / "settings").rglob("*.py")
    assert set(table_with(name, "KAKAO_CLIENT_ID")) == keys_read_in(*settings)


@pytest.mark.parametrize("name", READMES)
def test_every_reason_for_an_end_has_a_row(name: str) -> None:
    assert set(table_with(name, "LOGOUT")) == set(EndReason.__members__)


@pytest.mark.parametrize("name", READMES)
def test_the_table_of_the_demo_names_every_key_it_reads_besides(name: str) -> None:
    read_by_demo = keys_read_in(CHECKOUT / "wsgi.py")
    besides = {key for key in read_by_demo if not key.startswith(("KAKAO_", "JWT_", "SQLALCHEMY_"))}
    assert set(table_with(name, "DATABASE_URL")) == besides


@pytest.mark.parametrize("name", READMES)
def test_a_default_in_the_table_is_what_counts_without_the_setting(name: str) -> None:
    config = config_for(None)
    needed = {"JWT_SECRET_KEY", "KAKAO_CLIENT_ID", "KAKAO_REDIRECT_URI"}
    config = {key: value for key, value in config.items() if key in needed}
    rows = table_with(name, "KAKAO_CLIENT_ID").items()
    defaults = {key: cells[0].strip("`") for key, cells in rows if re.fullmatch("`[^`]+`", cells[0])}
    assert len(defaults) > 12
    for key, default in defaults.items():
        said = load_settings({**config, key: default}, development=True)
        assert said == load_settings(config, development=True), key


@pytest.mark.parametrize("name", READMES)
def test_the_table_of_errors_names_every_code_with_its_statuses(name: str) -> None:
    table = table_with(name, "login_required")
    said = {code: {int(status) for status in cells[0].split(", ")} for code, cells in table.items()}
    assert said == statuses()


def statuses() -> dict[str, set[int]]:
    by_code: dict[str, set[int]] = {}
    for error in every_error(KakaoLoginError):
        choice = get_args(get_type_hints(error.__init__).get("status")) if error is KakaoRejected else None
        by_code.setdefault(error.code, set()).update(choice or {error.status})
    return by_code


def every_error(base: type[KakaoLoginError]) -> Iterator[type[KakaoLoginError]]:
    for error in base.__subclasses__():
        yield error
        yield from every_error(error)


@pytest.mark.parametrize("name", READMES)
def test_the_table_of_routes_is_the_apps(name: str) -> None:
    app = Flask("routes", static_folder=None)
    config = config_for(None, JWT_ALGORITHM="ES256", JWT_PRIVATE_KEY=pem("ES256"))
    app.config.update(config, SQLALCHEMY_DATABASE_URI="sqlite://")
    KakaoLogin(app, db=SQLAlchemy(app))
    served: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        served.setdefault(nameless(rule.rule), set()).update((rule.methods or set()) - {"HEAD", "OPTIONS"})
    table = table_with(name, "/auth/me")
    assert {nameless(route): set(cells[0].split(", ")) for route, cells in table.items()} == served


def nameless(route: str) -> str:
    return re.sub("<[^>]+>", "<>", route)


@pytest.mark.parametrize("name", READMES)
def test_the_table_of_cookies_has_their_names(name: str) -> None:
    settings = load_settings(config_for(None), development=True)
    https, http = (_names(settings, secure=secure) for secure in (True, False))
    [table] = [table for table in tables(name) if any(https.access in cell for row in table for cell in row)]
    assert [[cell.strip("`…") for cell in row[1:3]] for row in table] == [
        [https.access, http.access],
        [https.refresh, http.refresh],
        [https.login, http.login],
        [https.logged_out, http.logged_out],
    ]


def test_both_languages_have_the_same_code() -> None:
    english, korean = ([COMMENT.sub("", block) for block in blocks(name)] for name in READMES)
    diagram = [number for number, block in enumerate(english) if block.startswith("sequenceDiagram")]
    for number in diagram:
        english[number], korean[number] = skeleton(english[number]), skeleton(korean[number])
    assert len(diagram) == 1
    assert english == korean


def skeleton(diagram: str) -> str:
    """Give who sends to whom, and each request, without the words that are translated."""
    lines = [TRANSLATED.sub("", line) for line in diagram.splitlines()]
    requests = re.findall(r"(?:GET|POST) /[\w/?=]+|\b[1-5]\d\d\b|token_expired", diagram, re.ASCII)
    return "\n".join([*lines, *requests])


def test_both_languages_have_the_same_headings_lists_and_table_keys() -> None:
    def outline(name: str) -> list[str]:
        without_code = re.sub(r"^```.*?^```$", "", read(name), flags=re.DOTALL | re.MULTILINE)
        return re.findall(r"^(?:#+|-|\d\.)(?= )", without_code, re.MULTILINE)

    def keys(name: str) -> list[list[str | None]]:
        return [[row[0] if row[0].startswith("`") else None for row in table] for table in tables(name)]

    assert outline(READMES[0]) == outline(READMES[1])
    assert keys(READMES[0]) == keys(READMES[1])


@pytest.mark.parametrize("name", READMES)
def test_links_lead_to_files_and_headings_that_are_there(name: str) -> None:
    targets = re.findall(r"\]\(([^)]+)\)", read(name))
    headings = re.findall(r"^#+ (.+)$", read(name), re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert targets
    for target in targets:
        if target.startswith("#"):
            assert target[1:] in anchors, target
        elif not target.startswith("https://"):
            assert (CHECKOUT / target).exists(), target


@pytest.mark.parametrize("name", READMES)
def test_the_pages_it_names_are_in_the_package(name: str) -> None:
    templates = CHECKOUT / "kakao_login" / "templates"
    named = set(re.findall(r"kakao_login/\w+\.html", read(name)))
    assert named
    assert {page for page in named if not (templates / page).exists()} == set()


@pytest.mark.parametrize("name", READMES)
def test_the_pictures_are_small(name: str) -> None:
    pictures: list[Any] = re.findall(r"!\[.+\]\((.+)\)", read(name))
    assert pictures
    assert all((CHECKOUT / picture).stat().st_size < 150_000 for picture in pictures)
