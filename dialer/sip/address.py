"""Where a trunk is, and from which of our addresses it is reached."""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from typing import Final

from dialer.errors import LineError
from dialer.sip.names import Hop, Wanted, default_port, is_address
from dialer.sip.settings import Transport, TrunkSettings

_URI: Final = re.compile(
    r"(?P<scheme>sips?):(?P<host>\[[0-9A-Fa-f:]+\]|[A-Za-z0-9.\-]+)(?::(?P<port>\d{1,5}))?"
)
_ANYWHERE: Final = "192.0.2.1"
"""An address beyond the default route (RFC 5737), for a carrier that is not found yet."""


@dataclass(frozen=True, slots=True)
class TrunkAddress:
    """Where a trunk is as its URI says, where its packets go, and from which address of ours.

    Packets go to the outbound proxy, where there is one: `next_host` and `next_port`, which lead
    to `hops`, the first of which is tried first. There are none while a name leads nowhere.
    A port is None where the URI has none.
    """

    scheme: str
    host: str
    port: int | None
    next_host: str
    next_port: int | None
    transport: Transport
    hops: tuple[Hop, ...]
    local_ip: str

    @property
    def authority(self) -> str:
        """host[:port] for URIs."""
        return authority(self.host, self.port)

    @property
    def next_authority(self) -> str:
        return authority(self.next_host, self.next_port)

    @property
    def is_named(self) -> bool:
        """Whether a name has to be looked up."""
        return not is_address(self.next_host)

    @property
    def wanted(self) -> Wanted:
        """What is to be looked up."""
        return Wanted(self.next_host, self.next_port, self.transport)


def authority(host: str, port: int | None) -> str:
    """host[:port]."""
    return host if port is None else f"{host}:{port}"


def locate(trunk: TrunkSettings, bind_host: str) -> TrunkAddress:
    """What the trunk's URI says. Raises LineError where it is bad, or our own address is.

    An IP address is a hop already; a name is looked up by `dialer.sip.reach`.
    """
    scheme, host, port = _parts(trunk.name, trunk.uri)
    # What lies behind the proxy is the proxy's to find.
    _, next_host, next_port = (
        _parts(trunk.name, trunk.proxy) if trunk.proxy else (scheme, host, port)
    )
    if next_host.startswith("["):
        raise LineError(f"trunk {trunk.name}: IPv6 is not spoken; give a name or an IPv4 address")
    transport = Transport.TLS if scheme == "sips" else trunk.transport
    hops: tuple[Hop, ...] = ()
    if is_address(next_host):
        by = Transport.UDP if transport is Transport.AUTO else transport
        hops = (Hop(next_host, next_port or default_port(by), by),)
    towards = hops[0].ip if hops else _ANYWHERE
    local_ip = _local_ip(bind_host, towards, named=not hops)
    return TrunkAddress(scheme, host, port, next_host, next_port, transport, hops, local_ip)


def local_ip(bind_host: str, hops: tuple[Hop, ...]) -> str:
    """Our address as the trunk at `hops` sees it. Raises LineError."""
    return _local_ip(bind_host, hops[0].ip, named=False)


def _parts(trunk: str, uri: str) -> tuple[str, str, int | None]:
    found = _URI.fullmatch(uri)
    port = int(found["port"]) if found and found["port"] else None
    if not found or (port is not None and not 0 < port < 65536):
        raise LineError(f"trunk {trunk}: {uri!r} is not of the form sip:host[:port]")
    return found["scheme"], found["host"], port


def _local_ip(bind_host: str, remote_ip: str, *, named: bool) -> str:
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
            probe.connect((remote_ip, 5060))  # sends nothing: it only chooses a route
        except OSError as error:
            if named:
                return "127.0.0.1"  # there is no network yet: until its name is found
            raise LineError(
                f"no route to {remote_ip} ({error.strerror}); check this machine's network"
            ) from error
        return str(probe.getsockname()[0])
