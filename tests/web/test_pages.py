"""One error, two faces: JSON for a program, a page for a person; and neither is kept by any cache."""

from __future__ import annotations

import html
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any
from unittest.mock import Mock

import pytest
from flask import Flask, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase

from kakao_login import KakaoLogin, errors
from kakao_login.errors import KakaoLoginError, KakaoRejected
from kakao_login.web.answers import browser_language
from kakao_login.web.visit import Visit
from tests.support import PAGE, Host, config_for

Raiser = Callable[..., Any]
BROWSER_ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture
def answer(new_bare_host: Callable[..., Host]) -> Raiser:
    """Give what a client gets for an error raised in a view of the host."""
    host = new_bare_host(":memory:")

    def get(error: KakaoLoginError, **headers: str) -> Any:
        def fail() -> str:
            raise error

        host.app.view_functions["mine"] = fail
        return host.app.test_client().get("/mine", headers=headers)

    return get


def within(work: Callable[[], Any], **headers: str) -> Any:
    app = Flask("probe", static_folder=None)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with app.test_request_context(headers=named):
        return work()


class Links(HTMLParser):
    """Collects the tags of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


# Who asks.


@pytest.mark.parametrize(
    ("headers", "navigation"),
    [
        ({"Sec_Fetch_Mode": "navigate"}, True),
        ({"Sec_Fetch_Mode": "navigate", "Accept": "application/json"}, True),
        *[
            ({"Sec_Fetch_Mode": mode, "Accept": BROWSER_ACCEPT}, False)
            for mode in ("cors", "no-cors", "same-origin", "")
        ],
        ({"Accept": BROWSER_ACCEPT}, True),
        ({"Accept": "text/html"}, True),
        ({"Accept": "application/json"}, False),
        ({"Accept": "application/json, text/html"}, False),
        ({"Accept": "application/json;q=0.5, text/html"}, True),
        ({"Accept": "text/html;q=0.5, application/json"}, False),
        ({"Accept": "*/*"}, False),
        ({"Accept": "text/*"}, True),
        ({"Accept": ""}, False),
        ({"Accept": "\x80;q=x,,;"}, False),
        ({}, False),
    ],
)
def test_a_persons_browser_is_told_from_a_program(headers: dict[str, str], navigation: bool) -> None:
    assert within(lambda: Visit(request, Mock()).is_navigation, **headers) is navigation


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("", "ko"),
        ("ko", "ko"),
        ("en-US,en;q=0.9", "en"),
        ("ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", "ko"),
        ("en;q=0.4, ko;q=0.3", "en"),
        ("de, fr;q=0.5", "ko"),
        ("de, en;q=0.1", "en"),
        ("x" * 10_000, "ko"),
        (";;q=,", "ko"),
    ],
)
def test_the_language_is_what_the_browser_asks_for_else_korean(accept: str, language: str) -> None:
    assert within(browser_language, Accept_Language=accept) == language


# What they get.

EVERY = [
    errors.LoginRequired(),
    errors.InvalidToken(),
    errors.DuplicateCookie(),
    errors.TokenExpired(),
    errors.SessionEnded(),
    errors.RefreshTokenReused(),
    errors.CsrfFailed(),
    errors.InvalidState(),
    errors.AccessDenied(),
    errors.InvalidRequest("code"),
    errors.UnsupportedMediaType(),
    errors.NotFound(),
    errors.KakaoUnavailable(),
    KakaoRejected(koe="KOE320", status=400),
    KakaoRejected("token_type"),
    errors.DatabaseUnavailable(),
]


@pytest.mark.parametrize("error", EVERY, ids=lambda error: type(error).__name__)
def test_a_program_gets_the_code_as_json(answer: Raiser, error: KakaoLoginError) -> None:
    response = answer(error)
    assert response.status_code == error.status
    assert response.json == {"error": error.code, "error_description": error.describe("ko")}
    assert response.cache_control.no_store


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("error", EVERY, ids=lambda error: type(error).__name__)
def test_a_person_gets_a_page_with_what_to_do_next(answer: Raiser, error: KakaoLoginError, language: Any) -> None:
    response = answer(error, **PAGE, **{"Accept-Language": language})
    assert (response.status_code, response.mimetype) == (error.status, "text/html")
    page = Links()
    page.feed(response.text)
    text = html.unescape(response.text)
    assert error.describe(language) in text
    assert error.remedy.in_language(language) in text
    assert error.code in text
    assert ("html", {"lang": language}) in page.tags
    assert any(tag == "a" or (tag == "form" and about.get("action")) for tag, about in page.tags)
    assert response.cache_control.no_store


@pytest.mark.parametrize("error", EVERY, ids=lambda error: type(error).__name__)
def test_a_401_and_only_a_401_names_the_scheme(answer: Raiser, error: KakaoLoginError) -> None:
    challenge = answer(error, **{"Accept-Language": "ko"}).headers.get("WWW-Authenticate")
    if error.status != 401:
        assert challenge is None
    elif isinstance(error, errors.LoginRequired):
        assert challenge == "Bearer"
    else:
        assert challenge == f'Bearer error="invalid_token", error_description="{error.describe("en")}"'


@pytest.mark.parametrize("error", EVERY, ids=lambda error: type(error).__name__)
def test_only_what_may_pass_says_when_to_come_again(answer: Raiser, error: KakaoLoginError) -> None:
    expected = None if error.retry_after is None else str(error.retry_after)
    assert answer(error).headers.get("Retry-After") == expected


@pytest.mark.parametrize("next_path", ['/"><script>alert(1)</script>', "/'onmouseover=alert(1)", "/a?b=c&d=e#f"])
def test_where_the_person_was_going_is_written_as_text(answer: Raiser, next_path: str) -> None:
    for error in (errors.InvalidState(), errors.CodeUsed()):
        error.next_path = next_path
        page = Links()
        page.feed(answer(error, **PAGE).text)
        assert "script" not in {tag for tag, _ in page.tags}
        assert not any("onmouseover" in about for _, about in page.tags)


def test_a_host_overrides_the_page_by_a_template_of_the_same_name(
    new_bare_host: Callable[..., Host], tmp_path: Any
) -> None:
    (tmp_path / "kakao_login").mkdir()
    (tmp_path / "kakao_login" / "error.html").write_text("Ours: {{ error.code }}")
    host = new_bare_host(":memory:")
    host.app.template_folder = str(tmp_path)
    response = host.app.test_client().get("/auth/kakao/callback")
    assert (response.status_code, response.text) == (400, "Ours: invalid_state")


def test_the_callback_answers_with_a_page_whatever_it_is_asked_for(new_bare_host: Callable[..., Host]) -> None:
    client = new_bare_host(":memory:").app.test_client()
    response = client.get("/auth/kakao/callback", headers={"Accept": "application/json"})
    assert (response.status_code, response.mimetype) == (400, "text/html")


def test_a_hosts_own_locale_selector_decides() -> None:
    class Base(DeclarativeBase):
        pass

    app = Flask("english", static_folder=None)
    app.config.update(config_for(None, SQLALCHEMY_DATABASE_URI="sqlite://"))
    KakaoLogin(app, db=SQLAlchemy(app, model_class=Base), locale_selector=lambda: "en")
    response = app.test_client().get("/auth/me", headers={"Accept-Language": "ko"})
    assert response.json == {"error": "login_required", "error_description": "You need to log in first."}
