"""A body is read by whoever knows whom it comes from, and by nobody else."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Response, request
from playwright.sync_api import Page

from ..builders import new_session
from ..servers import gunicorn
from ..support import PAGE, SAME_ORIGIN, Browser, Clock, Host, config_for, make_host

FORM = "application/x-www-form-urlencoded"
LARGE = 20_000_000


def multipart(size: int) -> bytes:
    head = b'--x\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n'
    return head + b"z" * size + b"\r\n--x--\r\n"


# What one request may cost.

FLOODS = {
    "fields for a logout": ("/auth/logout", b"a&" * (LARGE // 2), FORM, {413}),
    "fields for a logout that leads on": ("/auth/logout?next=/mine", b"a&" * (LARGE // 2), FORM, {413}),
    "fields for the hop of a form": ("/auth/refresh?next=/mine", b"a&" * (LARGE // 2), FORM, {401}),
    "fields for a guarded view": ("/mine", b"a&" * (LARGE // 2), FORM, {401}),
    "a file for a logout": ("/auth/logout", multipart(LARGE), "multipart/form-data; boundary=x", {413}),
    "a file for the hop of a form": (
        "/auth/refresh?next=/mine",
        multipart(LARGE),
        "multipart/form-data; boundary=x",
        {401},
    ),
    "JSON": ("/auth/refresh", b'{"a": "' + b"x" * LARGE + b'"}', "application/json", {413}),
    "as many fields as are read": ("/auth/logout", b"a&" * 32_000, FORM, {303}),
}


def peak(pid: int) -> int:
    """Give the most memory a process ever had, in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) // 1024


def test_twenty_floods_at_once_cost_a_worker_hardly_any_memory(database_url: Callable[[str], str]) -> None:
    with gunicorn(database_url("host"), "--threads", "20") as workers:
        url, [pid] = workers.url, workers.pids()
        for path, _, content_type, _ in FLOODS.values():
            post(url + path, b"", content_type)
        rest = peak(pid)
        for path, body, content_type, expected in FLOODS.values():
            with ThreadPoolExecutor(20) as pool:
                statuses = set(pool.map(lambda _, about=(url + path, body, content_type): post(*about), range(20)))
            assert statuses <= expected | {None}
        assert peak(pid) - rest <= 30


def post(url: str, body: bytes, content_type: str) -> int | None:
    """Give the status, or None if the server hung up before it had read everything."""
    headers = {"Content-Type": content_type, **PAGE, "Sec-Fetch-Mode": "navigate"}
    try:
        return requests.post(url, data=body, headers=headers, allow_redirects=False, timeout=60).status_code
    except requests.ConnectionError:
        return None


@pytest.mark.parametrize("path", ["/auth/logout", "/auth/refresh"])
def test_a_body_of_unknown_length_is_cut_off_at_the_limit_as_well(host: Host, path: str) -> None:
    taken = 0

    class Endless:
        def read(self, size: int = -1) -> bytes:
            nonlocal taken
            taken += max(size, 1)
            return b"&" * max(size, 1)

    environ: dict[str, Any] = {"wsgi.input_terminated": True, "wsgi.input": Endless()}
    environ["HTTP_TRANSFER_ENCODING"] = "chunked"
    answer = host.app.test_client().post(path, content_type=FORM, environ_overrides=environ)
    assert answer.status_code == 413
    assert taken < 200_000


def test_a_large_body_is_told_in_both_languages_and_once_in_the_log(
    browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    for language, words in (("ko", "요청 본문이 너무 큽니다."), ("en", "The request body is too large.")):
        headers = {**PAGE, "Accept-Language": language}
        answer = browser.post("/auth/logout", data={"next": "secret" * 20_000}, headers=headers)
        assert (answer.status_code, words in answer.text) == (413, True)
    lines = [record.getMessage() for record in caplog.records if "too_large" in record.getMessage()]
    assert lines == ["POST kakao_login.logout: 413 too_large"] * 2


def test_the_hosts_own_limit_holds_where_it_is_smaller(new_host: Callable[..., Host]) -> None:
    browser = Browser(new_host(MAX_CONTENT_LENGTH=1000).serve())
    assert browser.post("/auth/logout", data={"next": "/" + "x" * 900}).status_code == 200
    assert browser.post("/auth/logout", data={"next": "/" + "x" * 2000}).status_code == 413


# What arrives whole.


def test_a_form_of_25_megabytes_whose_token_ran_out_arrives_whole(
    database_url: Callable[[str], str], new_page: Callable[..., Page], tmp_path: Path
) -> None:
    """In a real browser and behind a server that reads no body by itself."""
    upload = tmp_path / "upload"
    upload.write_bytes(os.urandom(25_000_000))
    old = Clock()
    old.advance(-60)
    with ExitStack() as stack:
        host = make_host(config_for(None, SQLALCHEMY_DATABASE_URI=database_url("host")), old)
        stack.callback(host.close)
        pair = host.services.pair_of(new_session(host), "cookie")
        workers = stack.enter_context(
            gunicorn(database_url("host"), "--threads", "20", JWT_ACCESS_TOKEN_EXPIRES="1")
        )
        url = workers.url.replace("127.0.0.1", "localhost")
        page = new_page()
        page.context.add_cookies(
            [
                {"name": "access_token", "value": pair.access_token, "url": url},
                {"name": "refresh_token", "value": pair.refresh_token, "domain": "localhost", "path": "/auth"},
            ]
        )
        page.goto(f"{url}/pid")
        page.set_content(
            f'<form method="post" enctype="multipart/form-data" action="{url}/upload">'
            '<input type="file" name="upload"><input name="text" value="한글"><button>Go</button></form>'
        )
        page.set_input_files("input[type=file]", upload)
        with page.expect_navigation():
            page.click("button")
        assert json.loads(page.inner_text("body")) == {"text": "한글", "size": 25_000_000}


def test_a_limit_that_a_host_sets_for_one_request_holds_on_the_way(
    new_host: Callable[..., Host], clock: Clock
) -> None:
    host = new_host(MAX_CONTENT_LENGTH=1000)
    seen: list[int | None] = []

    @host.app.before_request
    def allow_more() -> None:
        request.max_content_length = 50_000_000

    @host.app.after_request
    def look(response: Response) -> Response:
        seen.append(request.max_content_length)
        return response

    browser = Browser(host.serve())
    browser.log_in()
    clock.advance(3700)
    seen.clear()
    form, headers = {"text": "x" * 2000}, {**PAGE, **SAME_ORIGIN}
    hop = browser.post("/mine", data=form, headers=headers)
    assert browser.post(hop.headers["Location"], data=form, headers=headers).status_code == 307
    assert browser.post("/mine", data=form, headers=headers).json() == {"written": form["text"]}
    assert seen == [50_000_000] * 3


def test_the_demo_takes_no_more_than_a_megabyte() -> None:
    from wsgi import create_app

    config = config_for(None, SQLALCHEMY_DATABASE_URI="sqlite://")
    assert create_app(config).config["MAX_CONTENT_LENGTH"] == 1024 * 1024
    assert create_app({**config, "MAX_CONTENT_LENGTH": 5}).config["MAX_CONTENT_LENGTH"] == 5
