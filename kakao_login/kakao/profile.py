"""Parts, texts and addresses out of a person's profile, made safe to store and to show; pure functions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ..settings.urls import is_loopback

MAX_TEXT = 255
MAX_URL = 2048
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def part(whole: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Give a part of what Kakao tells about a person, empty where it is refused, not set up or senseless."""
    value = whole.get(name)
    return value if isinstance(value, dict) else {}


def owned_email(account: Mapping[str, Any]) -> str | None:
    """Give the address, if it is surely the person's.

    One that is not valid any more was taken over by another Kakao account, whether or not it was verified once.
    """
    owned = account.get("is_email_valid") is True and account.get("is_email_verified") is True
    return clean_text(account.get("email")) if owned else None


def clean_text(value: object) -> str | None:
    """Give ``value`` without what no database or page can take, or None where no text is left.

    Control characters (a NUL is refused by PostgreSQL) and lone surrogates (which no UTF-8 can hold) are dropped.
    """
    if not isinstance(value, str):
        return None
    return _UNFIT.sub("", value).strip()[:MAX_TEXT] or None


def picture_url(value: object) -> str | None:
    """Give a picture's address with https, or None if ``value`` is no web address.

    Kakao's CDN serves the same picture under both schemes; an id_token names the http one.  An address on this
    machine stays as it is: browsers trust it either way, and the emulator speaks plain http.
    """
    if not isinstance(value, str) or not value.isprintable() or len(value) > MAX_URL:
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    return value if is_loopback(value) else parts._replace(scheme="https").geturl()
