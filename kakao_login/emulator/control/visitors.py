"""Who may use the control API and the console, never the page of another site, and by which names."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from flask import abort, request
from werkzeug.exceptions import Forbidden, HTTPException

from ..http.certificates import HOSTS
from ..web.context import current_state
from .reading import Json

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
    host = _host()
    if _is_foreign(host) and not _is_a_link_followed():
        abort(403, "The control API takes no calls from the pages of another site.")
    if not current_state().open_to_all and not is_own_name(host):
        abort(403, "The emulator does not go by this name; reach it as localhost.")


def turn_other_names_away() -> tuple[Json, int] | None:
    """Refuse every call under a name that is not the emulator's, once others than this machine may reach it.

    Then its own names are no longer this machine's alone, so those that clients are told count as well.
    """
    host = _host()
    if not current_state().open_to_all or is_own_name(host) or _is_told(_name(host)):
        return None
    return refuse_http(Forbidden("The emulator does not go by this name; start it with --advertise and its URL."))


def refuse_http(error: HTTPException) -> tuple[Json, int]:
    """Answer an error of HTTP in the form of the control API; its code is the status in words, `forbidden`."""
    code = error.name.lower().replace(" ", "_")
    return {"error": error.description, "code": code, "setting": [], "values": {}}, error.code or 500


def _host() -> str:
    return request.headers.get("Host", request.host)


def _is_foreign(host: str) -> bool:
    # Something in between that speaks https has pages come from where they were told to.
    own_origin = f"{request.scheme}://{host}"
    own_origins = {own_origin, current_state().addresses.advertised}
    foreign = request.headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"}
    return foreign or request.headers.get("Origin", own_origin) not in own_origins


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
    name = _name(host)
    return name in OWN_NAMES or name.endswith(".localhost") or is_loopback(name)


def _is_told(name: str) -> bool:
    """Say whether clients are told this name, or it is the address that they reached."""
    # A socket of both families writes IPv4 addresses in the manner of IPv6.
    reached = request.environ["SERVER_NAME"].removeprefix("::ffff:")
    return name in {reached, *current_state().hosts}


def _name(host: str) -> str:
    """Give the name in a `Host` header; none of something that is no host."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""
