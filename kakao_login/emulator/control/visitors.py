"""Who may use the control API and the console: this machine's people and tests, never the page of another site."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from flask import abort, request

from ..http.certificates import HOSTS
from ..web.context import current_state

# How this machine is called from a container or a phone emulator on it, and without sockets.
OWN_NAMES = frozenset(
    {*HOSTS, "localhost", "kakao.emulator", "10.0.2.2"}
    | {"host.docker.internal", "gateway.docker.internal", "host.containers.internal"}
)


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach a server at `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def refuse_other_sites() -> None:
    """Abort a request that a page of another site sends, by its origin or under a name that it made lead here.

    The second is DNS rebinding: such a page would be of one origin with the emulator, so only the name tells.
    """
    host = request.headers.get("Host", request.host)
    if _is_foreign(host) and not _is_a_link_followed():
        abort(403, "The control API takes no calls from the pages of another site.")
    if not current_state().open_to_all and not is_own_name(host):
        abort(403, "The emulator does not go by this name; reach it as localhost.")


def _is_foreign(host: str) -> bool:
    own_origin = f"{request.scheme}://{host}"
    foreign = request.headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"}
    return foreign or request.headers.get("Origin", own_origin) != own_origin


def _is_a_link_followed() -> bool:
    """Say whether a person only comes here from elsewhere: that other site sees nothing of the answer."""
    sent = request.headers
    return (
        request.method == "GET"
        and sent.get("Sec-Fetch-Mode") == "navigate"
        and sent.get("Sec-Fetch-Dest") == "document"
    )


def is_own_name(host: str) -> bool:
    """Say whether a `Host` header calls this machine by a name that nobody else can have."""
    try:
        name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return False
    return name in OWN_NAMES or name.endswith(".localhost") or is_loopback(name)
