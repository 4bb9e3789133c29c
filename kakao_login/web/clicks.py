"""Whether a person has clicked, as far as the browser says (W3C Fetch Metadata Request Headers).

A live session at Kakao asks nothing any more, so whatever can make a browser load the start of a login would log
its user in: another site, a picture or a frame on a page of our own, a prefetch.
"""

from __future__ import annotations

from werkzeug.datastructures import Headers

from ..errors import NoPrefetch

_PURPOSES = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
_METADATA = ("Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest", "Sec-Fetch-User")


def refuse_prefetch(headers: Headers) -> None:
    """Raise ``NoPrefetch`` for a request that was made ahead of a click; the click then asks again."""
    if any(word in headers.get(name, "").lower() for name in _PURPOSES for word in ("prefetch", "preview")):
        raise NoPrefetch


def is_page(headers: Headers) -> bool:
    """Tell whether the answer goes into a window or tab; where the browser does not say, it may."""
    is_navigation = headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
    return is_navigation and headers.get("Sec-Fetch-Dest", "document") == "document"


def was_clicked(headers: Headers, *, is_confirmed: bool) -> bool:
    """Tell whether a person opens this page from our own site or by its address.

    ``is_confirmed`` says that the address is that of our own button, which has to do in browsers that know
    ``Sec-Fetch-Dest`` but not ``Sec-Fetch-User``.
    """
    if headers.get("Sec-Fetch-Site") in ("cross-site", "same-site") or not is_page(headers):
        return False
    says_nothing = not any(name in headers for name in _METADATA)
    return says_nothing or headers.get("Sec-Fetch-User") == "?1" or is_confirmed
