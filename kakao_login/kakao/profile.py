"""Texts and addresses out of a person's profile, made safe to store and to show."""

from __future__ import annotations

import unicodedata
from urllib.parse import urlsplit

from ..settings import is_loopback

MAX_TEXT = 255
MAX_URL = 2048


def clean_text(value: object) -> str | None:
    """Give ``value`` without what no database or page can take, or None where no text is left.

    Control characters (a NUL is refused by PostgreSQL) and lone surrogates (which no UTF-8 can hold) are dropped.
    """
    if not isinstance(value, str):
        return None
    kept = "".join(character for character in value if unicodedata.category(character) not in ("Cc", "Cs"))
    return kept.strip()[:MAX_TEXT] or None


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
