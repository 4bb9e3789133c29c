"""Where the emulator sends nothing, whoever names it: addresses of a link alone, and the metadata of clouds.

From there a machine in a cloud is given its own keys, without a password. Every other address is allowed, of
this machine and of a private network too, for there run the apps that are being developed.
"""

from __future__ import annotations

import ipaddress
import socket

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

NAMES = frozenset({"metadata.google.internal", "metadata.goog"})
OFF_LIMITS = tuple(
    map(
        ipaddress.ip_network,
        (
            "169.254.0.0/16",
            "fe80::/10",
            # Amazon keeps its services for a machine in this network: metadata, keys of a pod.
            "fd00:ec2::/32",
            "fd20:ce::254",  # Google
            "168.63.129.16",  # Azure
            "100.100.100.200",  # Alibaba
            "192.0.0.192",  # Oracle
            "fd00:c1::a9fe:a9fe",  # Oracle
            "fd00:42::42",  # Scaleway
        ),
    )
)
# The last 32 bits of an address in one of these are an IPv4 address, and lead to it (RFC 4291, 6052, 2765).
CARRIERS = tuple(map(ipaddress.IPv6Network, ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96")))


class AddressOffLimits(ValueError):
    """A host leads to where nothing is sent. Deliveries name their error by this class."""


def allowed_addresses(host: str, port: int) -> list[str]:
    """Look a host up and give its addresses. Raises AddressOffLimits if one is off limits, and OSError."""
    if _is_named(host) or any(map(_is_off_limits, found := _addresses(host, port))):
        raise AddressOffLimits(host)
    return found


def is_written_off_limits(host: str) -> bool:
    """Say whether a host is off limits, as far as that shows without a name server, in any spelling."""
    try:
        return _is_named(host) or any(map(_is_off_limits, _addresses(host, None, socket.AI_NUMERICHOST)))
    except (OSError, UnicodeError):
        return False


def _addresses(host: str, port: int | None, flags: int = 0) -> list[str]:
    # A zone is for addresses of a link alone, and need not exist for them to be refused.
    found = socket.getaddrinfo(host.partition("%")[0], port, type=socket.SOCK_STREAM, flags=flags)
    return [str(address[0]) for *_, address in found]


def _is_named(host: str) -> bool:
    return host.lower().rstrip(".") in NAMES


def _is_off_limits(address: str) -> bool:
    meant = _meant(ipaddress.ip_address(address))
    return any(meant in network for network in OFF_LIMITS)


def _meant(address: Address) -> Address:
    """Give the IPv4 address that an IPv6 one carries, else the address itself."""
    if any(address in carrier for carrier in CARRIERS):
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address
