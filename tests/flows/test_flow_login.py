"""The way of a login: to Kakao and back, over real sockets."""

from __future__ import annotations

from ..conftest import Browser


def test_one_click_ends_on_the_guarded_page(browser: Browser) -> None:
    answer = browser.log_in("/mine")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/mine")
    assert browser.get("/mine").json() == {"hello": 1}
