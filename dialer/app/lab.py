"""Whether a lab's networks are this machine's own, by the kernel's tables of routes."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from pathlib import Path
from typing import Final

from dialer.errors import LabError
from dialer.reading.fields import Network

_IPV4: Final = Path("/proc/net/route")
_IPV6: Final = Path("/proc/net/ipv6_route")


def must_be_here(networks: Iterable[Network]) -> None:
    """Raises LabError where one of `networks` is reached by a router, or not at all."""
    ours: list[Network] = [*on_link_4(_text(_IPV4)), *on_link_6(_text(_IPV6))]
    for network in networks:
        if not any(_within(network, own) for own in ours):
            raise LabError(
                f"compliance.lab_networks: {network} is no network of this machine (ip route shows "
                "them): a lab is not behind a router"
            )


def on_link_4(table: str) -> list[IPv4Network]:
    """The networks of /proc/net/route that need no gateway."""
    found = []
    for line in table.splitlines()[1:]:
        fields = line.split()
        if len(fields) < 8 or int(fields[2], 16):
            continue
        address, mask = (IPv4Address(int(fields[at], 16).to_bytes(4, "little")) for at in (1, 7))
        network = ip_network(f"{address}/{mask}")
        if isinstance(network, IPv4Network) and network.prefixlen:
            found.append(network)
    return found


def on_link_6(table: str) -> list[IPv6Network]:
    """The same of /proc/net/ipv6_route."""
    found = []
    for line in table.splitlines():
        fields = line.split()
        if len(fields) < 5 or int(fields[4], 16):
            continue
        network = IPv6Network((IPv6Address(int(fields[0], 16)), int(fields[1], 16)))
        if network.prefixlen:
            found.append(network)
    return found


def _within(network: Network, own: Network) -> bool:
    if isinstance(network, IPv4Network) and isinstance(own, IPv4Network):
        return network.subnet_of(own)
    if isinstance(network, IPv6Network) and isinstance(own, IPv6Network):
        return network.subnet_of(own)
    return False


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii")
    except OSError:
        return ""
