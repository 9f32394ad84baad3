"""Where a trunk is, and from which of our addresses it is reached."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from dataclasses import dataclass
from typing import Final

from dialer.errors import LineError
from dialer.sip.settings import TrunkSettings

_URI: Final = re.compile(r"sip:(?P<host>\[[0-9A-Fa-f:]+\]|[A-Za-z0-9.\-]+)(?::(?P<port>\d{1,5}))?")
DEFAULT_PORT: Final = 5060


@dataclass(frozen=True, slots=True)
class TrunkAddress:
    """Where a trunk is: as its URI says, where its packets go, and from which of ours.

    Packets go to the outbound proxy, where there is one.
    """

    host: str
    port: int
    next_host: str
    next_ip: str
    next_port: int
    local_ip: str

    @property
    def authority(self) -> str:
        """host[:port] for URIs."""
        return authority(self.host, self.port)

    @property
    def is_named(self) -> bool:
        """Whether a name had to be looked up."""
        return self.next_host != self.next_ip


def authority(host: str, port: int) -> str:
    """host[:port]; the port is left out where it is SIP's own."""
    return host if port == DEFAULT_PORT else f"{host}:{port}"


async def locate(trunk: TrunkSettings, bind_host: str) -> TrunkAddress:
    """Find the trunk's address. Raises LineError where a URI is bad or names an unknown host.

    A name is looked up here, once, and not for each call: that would block the SIP thread.
    """
    host, port = _parts(trunk.name, trunk.uri)
    # What lies behind the proxy is the proxy's to find.
    next_host, next_port = _parts(trunk.name, trunk.proxy) if trunk.proxy else (host, port)
    loop = asyncio.get_running_loop()
    try:
        addresses = await loop.getaddrinfo(
            next_host, next_port, family=socket.AF_INET, type=socket.SOCK_DGRAM
        )
    except OSError as error:
        raise LineError(
            f"trunk {trunk.name}: host {next_host} has no IPv4 address ({error.strerror}); "
            "check its name and this machine's DNS"
        ) from error
    next_ip = str(addresses[0][4][0])
    local_ip = _local_ip(bind_host, next_ip, next_port)
    return TrunkAddress(host, port, next_host, next_ip, next_port, local_ip)


def _parts(trunk: str, uri: str) -> tuple[str, int]:
    found = _URI.fullmatch(uri)
    if not found or not 0 < int(found["port"] or DEFAULT_PORT) < 65536:
        raise LineError(f"trunk {trunk}: {uri!r} is not of the form sip:host[:port]")
    return found["host"], int(found["port"] or DEFAULT_PORT)


def _local_ip(bind_host: str, remote_ip: str, port: int) -> str:
    """Our address as the trunk sees it; on 0.0.0.0 the one that the routing table would take."""
    try:
        bound = ipaddress.IPv4Address(bind_host)
    except ValueError:
        raise LineError(
            f"sip.bind: {bind_host!r} is no IPv4 address; give one of this machine's, or 0.0.0.0"
        ) from None
    if not bound.is_unspecified:
        return bind_host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((remote_ip, port))  # sends nothing: it only chooses a route
        except OSError as error:
            raise LineError(
                f"no route to {remote_ip} ({error.strerror}); check this machine's network"
            ) from error
        return str(probe.getsockname()[0])
