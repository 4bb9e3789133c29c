"""An unsafe request counts only if our own pages sent it and knew the token of the session."""

from __future__ import annotations

import itertools

import pytest
from werkzeug.datastructures import Headers

from kakao_login.errors import CsrfFailed
from kakao_login.web.csrf import check_origin, is_csrf_token, make_csrf_token
from tests.builders import ASYMMETRIC, OTHER_SECRET, keys_of

OWN = {"https://app.example", "https://www.app.example"}
TRUSTED = {"https://spa.example"}
SITES = [None, "same-origin", "none", "same-site", "cross-site"]
ORIGINS = [
    None,
    "https://app.example",
    "https://www.app.example",
    "https://sub.app.example",
    "https://spa.example",
    "https://evil.example",
    "https://app.example.evil.example",
    "http://app.example",
    "https://app.example:8443",
    "https://app.example/",
    "https://app.example, https://evil.example",
    "null",
    "",
]


def outcome(site: str | None, origin: str | None) -> str:
    sent = {"Sec-Fetch-Site": site, "Origin": origin}
    headers = Headers({name: value for name, value in sent.items() if value is not None})
    try:
        return "with token" if check_origin(headers, OWN, TRUSTED) else "as it is"
    except CsrfFailed:
        return "refused"


def expected(site: str | None, origin: str | None) -> str:
    if site == "same-origin":
        return "as it is"
    known = TRUSTED | OWN if site in (None, "none") else TRUSTED
    return "with token" if origin in known else "refused"


@pytest.mark.parametrize(("site", "origin"), list(itertools.product(SITES, ORIGINS)))
def test_what_the_browser_says_decides_and_the_origin_where_that_does_not_do(
    site: str | None, origin: str | None
) -> None:
    assert outcome(site, origin) == expected(site, origin)


@pytest.mark.parametrize("site", ["", "SAME-ORIGIN", "same-origin, cross-site", "same-origin ", "x", "\x80"])
def test_any_other_word_is_foreign_whatever_the_origin(site: str) -> None:
    assert outcome(site, "https://app.example") == "refused"


def test_a_second_header_does_not_overrule_a_foreign_first() -> None:
    headers = Headers([("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Site", "same-origin")])
    with pytest.raises(CsrfFailed):
        check_origin(headers, OWN, TRUSTED)


# The token.


@pytest.mark.parametrize("algorithm", ["HS256", *ASYMMETRIC])
def test_a_session_has_one_token_for_its_whole_life(algorithm: str) -> None:
    keys = keys_of(algorithm)
    token = make_csrf_token(keys, "sid")
    assert token == make_csrf_token(keys, "sid")
    assert len(token) == 43
    assert is_csrf_token(keys, "sid", ["", "x", token])


@pytest.mark.parametrize("token", ["", "x", "한글", "\ud800", "\0", "=" * 43, "A" * 43, "x" * 1_000_000])
def test_no_other_text_is_the_token(token: str) -> None:
    for tokens in ([], [token], [token, token]):
        assert not is_csrf_token(keys_of(), "sid", tokens)


def test_every_changed_letter_is_refused() -> None:
    keys = keys_of()
    token = make_csrf_token(keys, "sid")
    others = [f"{token[:i]}{'A' if token[i] != 'A' else 'B'}{token[i + 1 :]}" for i in range(len(token))]
    for other in [*others, token + "=", token + " ", token[:-1], token.swapcase()]:
        assert not is_csrf_token(keys, "sid", [other])


@pytest.mark.parametrize("sid", ["", "SID", "sid ", "sie"])
def test_the_token_of_another_session_is_refused(sid: str) -> None:
    assert not is_csrf_token(keys_of(), "sid", [make_csrf_token(keys_of(), sid)])


def test_the_token_of_another_app_is_refused() -> None:
    assert not is_csrf_token(keys_of(), "sid", [make_csrf_token(keys_of(secret_key=OTHER_SECRET), "sid")])
