"""What a browser says of itself decides whether a person has clicked."""

from __future__ import annotations

import itertools

import pytest
from werkzeug.datastructures import Headers

from kakao_login.errors import NoPrefetch
from kakao_login.web.clicks import is_page, refuse_prefetch, was_clicked

CLICK = {
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-User": "?1",
}


def clicked(*, is_confirmed: bool = False, **changes: str | None) -> bool:
    sent = {**CLICK, **{f"Sec-Fetch-{name}": value for name, value in changes.items()}}
    headers = Headers({name: value for name, value in sent.items() if value is not None})
    return was_clicked(headers, is_confirmed=is_confirmed)


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_a_click_and_a_typed_address_start_a_login(site: str) -> None:
    assert clicked(Site=site)


def test_a_browser_that_says_nothing_and_a_program_may_start_one() -> None:
    assert was_clicked(Headers(), is_confirmed=False)


@pytest.mark.parametrize("is_confirmed", [True, False])
@pytest.mark.parametrize(
    "dest", ["image", "video", "embed", "object", "iframe", "frame", "empty", "style", "script", "", "Document"]
)
def test_whatever_a_page_loads_by_itself_starts_none(dest: str, is_confirmed: bool) -> None:
    for user, mode in itertools.product(("?1", None), ("navigate", "no-cors", "cors", None)):
        assert not clicked(Dest=dest, User=user, Mode=mode, is_confirmed=is_confirmed)


@pytest.mark.parametrize("is_confirmed", [True, False])
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_starts_none(site: str, is_confirmed: bool) -> None:
    assert not clicked(Site=site, is_confirmed=is_confirmed)


@pytest.mark.parametrize("user", [None, "?0", "1", ""])
def test_without_a_click_only_our_own_button_starts_one(user: str | None) -> None:
    assert not clicked(User=user)
    assert clicked(User=user, is_confirmed=True)


def test_browsers_from_before_sec_fetch_dest_are_judged_by_the_rest() -> None:
    assert clicked(Dest=None)
    assert not clicked(Dest=None, Mode="no-cors")
    assert not clicked(Dest=None, User=None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Sec-Purpose", "prefetch"),
        ("Sec-Purpose", "prefetch;prerender"),
        ("Sec-Purpose", "Prefetch;anonymous-client-ip"),
        ("Purpose", "prefetch"),
        ("X-Purpose", "preview"),
        ("X-Moz", "prefetch"),
    ],
)
def test_a_prefetch_is_refused_in_every_spelling(name: str, value: str) -> None:
    with pytest.raises(NoPrefetch):
        refuse_prefetch(Headers({**CLICK, name: value}))


def test_any_other_purpose_is_none() -> None:
    refuse_prefetch(Headers({**CLICK, "Sec-Purpose": "", "Purpose": "x"}))


@pytest.mark.parametrize(
    ("headers", "page"),
    [
        ({}, True),
        ({"Sec-Fetch-Dest": "document"}, True),
        ({"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"}, True),
        ({"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Mode": "navigate"}, False),
        ({"Sec-Fetch-Mode": "cors"}, False),
    ],
)
def test_a_page_goes_into_a_window(headers: dict[str, str], page: bool) -> None:
    assert is_page(Headers(headers)) is page
