"""Browser and system in words, from a User-Agent header.

Pure, and a hint for the person who looks at the device list, never a proof: every client writes what it likes.
Browsers pretend to be older ones, so the order of the tables decides: Edge says it is Chrome, Chrome that it is
Safari, and an iPhone that it is like Mac OS X.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_BROWSERS = (
    # Pages inside an app come first: they name the app beside the engine.
    ("KAKAOTALK", "KakaoTalk"),
    ("NAVER(inapp", "NAVER"),
    ("DaumApps", "Daum"),
    ("Instagram", "Instagram"),
    ("FBAN/", "Facebook"),
    ("FBAV/", "Facebook"),
    ("Line/", "LINE"),
    ("Whale/", "Whale"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("Edge/", "Edge"),
    ("OPR/", "Opera"),
    ("OPT/", "Opera"),
    ("OPX/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Trident/", "Internet Explorer"),
    ("MSIE ", "Internet Explorer"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPad", "iPadOS"),
    ("iPhone", "iOS"),
    ("iPod", "iOS"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)
# RFC 9110 section 10.1.5: a program names itself first, as product/version.
_PRODUCT = re.compile(r"([A-Za-z][A-Za-z0-9._-]{0,31})(?:/|\s|$)")


class Device(NamedTuple):
    """What a session was started with; None where the header does not tell."""

    browser: str | None
    """A browser, or the name a program gives itself."""
    system: str | None


def describe_device(user_agent: str) -> Device:
    """Name the browser or program and the system that sent ``user_agent``."""
    return Device(_find(_BROWSERS, user_agent) or _program(user_agent), _find(_SYSTEMS, user_agent))


def _find(table: tuple[tuple[str, str], ...], user_agent: str) -> str | None:
    return next((name for mark, name in table if mark in user_agent), None)


def _program(user_agent: str) -> str | None:
    product = _PRODUCT.match(user_agent)
    # A browser that no table knows still calls itself Mozilla, which tells nobody anything.
    return product[1] if product and product[1] != "Mozilla" else None
