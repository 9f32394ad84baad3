"""Where a carrier is, by DNS (RFC 3263): NAPTR, SRV and address records, asked without waiting.

PJSIP is not left to look names up: without a resolver of its own it blocks the SIP thread, and
with it it knows neither NAPTR nor what a name's servers did the last time they were tried.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import dns.asyncresolver
import dns.exception
import dns.nameserver
import dns.rdatatype
import dns.resolver

from dialer.sip.settings import NameServer, Transport

_LIFETIME: Final = 4.0
"""Seconds for one question to all name servers; a call's own patience is as long."""
_LASTS: Final = 60.0
"""Seconds that an answer without a time to live is believed: the system's resolver tells none."""
_LEAST, _MOST = 5.0, 3600.0
_SERVICES: Final = {
    Transport.UDP: "_sip._udp.",
    Transport.TCP: "_sip._tcp.",
    Transport.TLS: "_sips._tcp.",
}
_NAPTR: Final = {
    "SIP+D2U": Transport.UDP,
    "SIP+D2T": Transport.TCP,
    "SIPS+D2T": Transport.TLS,
}
_PLAIN: Final = (Transport.UDP, Transport.TCP)
_PORTS: Final = {Transport.UDP: 5060, Transport.TCP: 5060, Transport.TLS: 5061}


@dataclass(frozen=True, slots=True)
class Hop:
    """Where packets go: an IPv4 address, a port, and UDP, TCP or TLS."""

    ip: str
    port: int
    transport: Transport

    def __str__(self) -> str:
        return f"{self.ip}:{self.port}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a URI asks for.

    Without a port DNS says where (RFC 3263 4.2), and for `Transport.AUTO` how as well (4.1).
    """

    host: str
    port: int | None
    transport: Transport


@dataclass(frozen=True, slots=True)
class Found:
    """Where it leads, best first and never nowhere, and for how many seconds that is so."""

    hops: tuple[Hop, ...]
    lasts: float


class UnresolvedError(Exception):
    """The name leads nowhere; the message says why. `known` is False where nobody answered."""

    def __init__(self, why: str, *, known: bool) -> None:
        super().__init__(why)
        self.known = known


def is_address(host: str) -> bool:
    """Whether there is nothing to look up."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def default_port(transport: Transport) -> int:
    """The port of a URI without one: 5061 for TLS, else 5060 (RFC 3261 19.1.2)."""
    return _PORTS.get(transport, 5060)


class Directory:
    """Asks `nameservers`, or where there are none those of the system, its hosts file included.

    `transports` are those that can be used where DNS is to choose.
    """

    def __init__(self, nameservers: Sequence[NameServer], transports: Sequence[Transport]) -> None:
        self._own = bool(nameservers)
        self._usable = {*transports, Transport.UDP}
        try:
            self._resolver = dns.asyncresolver.Resolver(configure=not self._own)
        except dns.resolver.NoResolverConfiguration:
            self._resolver = dns.asyncresolver.Resolver(configure=False)
        self._resolver.lifetime = _LIFETIME
        if nameservers:
            self._resolver.nameservers = [
                dns.nameserver.Do53Nameserver(server.ip, server.port) for server in nameservers
            ]

    async def find(self, wanted: Wanted) -> Found:
        """Look it up. Raises UnresolvedError."""
        if is_address(wanted.host) or wanted.port is not None:
            transport = _or_udp(wanted.transport)
            port = wanted.port or default_port(transport)
            return await self._host(wanted.host, port, transport)
        services, lasts = await self._services(wanted)
        hops: list[Hop] = []
        for name, transport in services:
            found, until = await self._service(name, transport)
            hops += found
            lasts = min(lasts, until)
        if hops:
            return Found(tuple(dict.fromkeys(hops)), _within(lasts))
        transport = _or_udp(wanted.transport)
        return await self._host(wanted.host, default_port(transport), transport)

    async def _services(self, wanted: Wanted) -> tuple[list[tuple[str, Transport]], float]:
        """SRV names to ask for, best first, and for how many seconds that is so."""
        # A sip: URI is not led to TLS: whoever wants the far side verified says so.
        if wanted.transport is Transport.AUTO:
            choice: list[Transport] = [each for each in _PLAIN if each in self._usable]
        elif wanted.transport is Transport.TLS:
            choice = [Transport.TLS]
        else:
            # The URI has said how: there is nothing to choose (RFC 3263 4.1).
            return [(_SERVICES[wanted.transport] + wanted.host, wanted.transport)], _MOST
        records, lasts = await self._ask(wanted.host, "NAPTR")
        named = [
            (record.order, record.preference, str(record.replacement), transport)
            for record in records
            if record.flags.lower() == b"s"
            and (transport := _NAPTR.get(record.service.decode("ascii", "replace").upper()))
            and transport in choice
        ]
        if named:
            named.sort(key=_rank)
            return [(name, transport) for _, _, name, transport in named], lasts
        return [(_SERVICES[each] + wanted.host, each) for each in choice], _MOST

    async def _service(self, name: str, transport: Transport) -> tuple[list[Hop], float]:
        """The servers of an SRV name in the order of RFC 2782; none where it has no records."""
        records, lasts = await self._ask(name, "SRV")
        hops: list[Hop] = []
        for record in records:
            target = str(record.target).rstrip(".")
            if not target:
                raise UnresolvedError("the carrier says that it has no such service", known=True)
            try:
                found = await self._host(target, record.port, transport)
            except UnresolvedError as error:
                if not error.known:
                    raise
                continue
            hops += found.hops
            lasts = min(lasts, found.lasts)
        if records and not hops:
            raise UnresolvedError("none of its servers has an IPv4 address", known=True)
        return hops, lasts

    async def _host(self, host: str, port: int, transport: Transport) -> Found:
        if is_address(host):
            return Found((Hop(host, port, transport),), _MOST)
        if self._own:
            records, lasts = await self._ask(host, "A")
            ips = [str(record.address) for record in records]
        else:
            ips, lasts = await _by_system(host), _LASTS
        if not ips:
            raise UnresolvedError("no IPv4 address", known=True)
        return Found(tuple(Hop(ip, port, transport) for ip in ips), _within(lasts))

    async def _ask(self, name: str, kind: str) -> tuple[list[Any], float]:
        """Records in the order in which they are to be tried, and their time to live."""
        try:
            answer = await self._resolver.resolve(
                name, kind, raise_on_no_answer=False, search=False
            )
        except dns.resolver.NXDOMAIN:
            return [], _MOST
        except dns.exception.Timeout:
            raise UnresolvedError("no name server answers", known=False) from None
        except dns.exception.DNSException as error:
            # NoNameservers' own text is a protocol of all that was tried.
            raise UnresolvedError(f"DNS failed ({type(error).__name__})", known=False) from None
        if answer.rrset is None:
            return [], _MOST
        return list(answer.rrset.processing_order()), float(answer.rrset.ttl)


async def _by_system(host: str) -> list[str]:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, None, family=socket.AF_INET, type=socket.SOCK_DGRAM)
    except OSError as error:
        known = isinstance(error, socket.gaierror) and error.errno == socket.EAI_NONAME
        raise UnresolvedError(str(error.strerror), known=known) from None
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def _or_udp(transport: Transport) -> Transport:
    return Transport.UDP if transport is Transport.AUTO else transport


def _rank(service: tuple[int, int, str, Transport]) -> tuple[int, int]:
    return service[:2]


def _within(lasts: float) -> float:
    return max(_LEAST, min(lasts, _MOST))
