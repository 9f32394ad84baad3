"""A DNS server on loopback for one test: says what its zone holds, or nothing at all."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from dialer.sip.settings import NameServer

Zone = Mapping[str, Sequence[str]]
"""Records as `name TYPE`: their data, as a zone file would write them; `"sbc.example A"`."""


class DnsServer(asyncio.DatagramProtocol):
    """Answers by UDP at 127.0.0.1:`port`, as an async context manager.

    A name that `zone` does not hold does not exist; `zone` may be replaced. While `silent` nothing
    is answered, while `fails` everything is SERVFAIL.
    """

    def __init__(self, zone: Zone, ttl: int = 60) -> None:
        self.zone = zone
        self.ttl = ttl
        self.silent = False
        self.fails = False
        self.asked: list[str] = []
        """Every question, as the zone writes it."""
        self.port = 0
        self._transport: asyncio.DatagramTransport | None = None

    @property
    def at(self) -> tuple[NameServer, ...]:
        return (NameServer("127.0.0.1", self.port),)

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=("127.0.0.1", 0)
        )
        self.port = self._transport.get_extra_info("sockname")[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        name = str(question.name).rstrip(".").lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked.append(f"{name} {kind}")
        if self.silent or self._transport is None:
            return
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA | dns.flags.AA
        records = self.zone.get(f"{name} {kind}", ())
        if self.fails:
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif records:
            reply.answer.append(dns.rrset.from_text(question.name, self.ttl, "IN", kind, *records))
        elif not any(each.split()[0] == name for each in self.zone):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        self._transport.sendto(reply.to_wire(), addr)
