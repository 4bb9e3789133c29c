"""What can be told from a URL alone."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from ..errors import SettingsError

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def check_url(key: str, value: str) -> str:
    """Give ``value`` back if it is an http(s) address without a fragment; raises ``SettingsError``."""
    try:
        parts = urlsplit(value)
        fits = (
            parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.fragment and parts.port != 0
        )
    except ValueError:
        fits = False
    if not fits:
        raise SettingsError(f"{key} must be an http:// or https:// address without a fragment.")
    return value


def origin(url: str) -> str:
    """Give the scheme, host and port of ``url`` as browsers write them (RFC 6454 section 6.2), else ""."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    authority = parts.netloc.rpartition("@")[2].lower()
    return f"{parts.scheme}://{authority.removesuffix(_DEFAULT_PORTS.get(parts.scheme, ''))}"


def is_loopback(url: str) -> bool:
    """Tell whether ``url`` names this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
