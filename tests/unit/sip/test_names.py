"""Where a URI leads by DNS (RFC 3263), asked of a real server."""

from __future__ import annotations

import pytest

from dialer.sip.names import Directory, Hop, UnresolvedError, Wanted
from dialer.sip.settings import Transport
from tests.support.dns_server import DnsServer, Zone

ALL = (Transport.UDP, Transport.TCP, Transport.TLS)
UDP, TCP, TLS, AUTO = Transport.UDP, Transport.TCP, Transport.TLS, Transport.AUTO
ZONE: Zone = {
    "carrier.example NAPTR": (
        '20 10 "s" "SIP+D2U" "" _sip._udp.carrier.example.',
        '10 10 "s" "SIP+D2T" "" _sip._tcp.carrier.example.',
        '5 10 "s" "SIPS+D2T" "" _sips._tcp.secure.example.',
        '1 1 "u" "E2U+sip" "!^.*$!sip:x@y!" .',
    ),
    "_sip._udp.carrier.example SRV": (
        "20 0 5062 sbc2.carrier.example.",
        "10 0 5061 sbc1.carrier.example.",
    ),
    "_sip._tcp.carrier.example SRV": ("10 0 5070 sbc1.carrier.example.",),
    "_sips._tcp.secure.example SRV": ("10 0 5071 sbc2.carrier.example.",),
    "sbc1.carrier.example A": ("192.0.2.1",),
    "sbc2.carrier.example A": ("192.0.2.2", "192.0.2.3"),
    "plain.example A": ("192.0.2.9",),
    "_sip._udp.closed.example SRV": ("0 0 0 .",),
    "_sip._udp.half.example SRV": ("1 0 5060 gone.example.", "2 0 5060 plain.example."),
    "empty.example TXT": ("nothing",),
}


@pytest.mark.parametrize(
    "host, port, transport, hops",
    [
        # A port: no SRV, whatever there is (RFC 3263 4.2).
        ("plain.example", 5080, UDP, [Hop("192.0.2.9", 5080, UDP)]),
        # An address: no DNS at all.
        ("192.0.2.77", None, TLS, [Hop("192.0.2.77", 5061, TLS)]),
        # No SRV records: the address, and the transport's own port.
        ("plain.example", None, UDP, [Hop("192.0.2.9", 5060, UDP)]),
        ("plain.example", None, TLS, [Hop("192.0.2.9", 5061, TLS)]),
        # The transport is given: its SRV records, by priority; NAPTR is not asked for.
        (
            "carrier.example",
            None,
            UDP,
            [
                Hop("192.0.2.1", 5061, UDP),
                Hop("192.0.2.2", 5062, UDP),
                Hop("192.0.2.3", 5062, UDP),
            ],
        ),
        # DNS chooses: by order, and never TLS behind the back of who has not asked for it.
        (
            "carrier.example",
            None,
            AUTO,
            [
                Hop("192.0.2.1", 5070, TCP),
                Hop("192.0.2.1", 5061, UDP),
                Hop("192.0.2.2", 5062, UDP),
                Hop("192.0.2.3", 5062, UDP),
            ],
        ),
        # TLS takes NAPTR's word for the name of the service only.
        (
            "carrier.example",
            None,
            TLS,
            [Hop("192.0.2.2", 5071, TLS), Hop("192.0.2.3", 5071, TLS)],
        ),
        # A server whose name is gone is left out.
        ("half.example", None, UDP, [Hop("192.0.2.9", 5060, UDP)]),
    ],
)
async def test_where_a_uri_leads(
    host: str, port: int | None, transport: Transport, hops: list[Hop]
) -> None:
    async with DnsServer(ZONE) as server:
        found = await Directory(server.at, ALL).find(Wanted(host, port, transport))
    # Addresses of one server come in any order.
    assert sorted(map(str, found.hops)) == sorted(map(str, hops))
    assert [hop.port for hop in found.hops] == [hop.port for hop in hops]
    assert {hop.transport for hop in found.hops} == {hop.transport for hop in hops}


async def test_what_is_not_listened_on_is_not_chosen() -> None:
    async with DnsServer(ZONE) as server:
        found = await Directory(server.at, (UDP,)).find(Wanted("carrier.example", None, AUTO))
    assert {hop.transport for hop in found.hops} == {UDP}


async def test_a_given_transport_asks_for_no_naptr() -> None:
    async with DnsServer(ZONE) as server:
        await Directory(server.at, ALL).find(Wanted("carrier.example", None, UDP))
        assert not any(question.endswith(" NAPTR") for question in server.asked)


@pytest.mark.parametrize(
    "host, why",
    [
        ("nobody.example", "no IPv4 address"),
        ("empty.example", "no IPv4 address"),
        ("closed.example", "no such service"),
    ],
)
async def test_a_name_that_leads_nowhere(host: str, why: str) -> None:
    async with DnsServer(ZONE) as server:
        with pytest.raises(UnresolvedError, match=why) as failure:
            await Directory(server.at, ALL).find(Wanted(host, None, UDP))
    assert failure.value.known


async def test_servers_that_fail_or_are_silent_say_nothing_of_the_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dialer.sip.names._LIFETIME", 0.3)
    async with DnsServer(ZONE) as server:
        directory = Directory(server.at, ALL)
        server.fails = True
        with pytest.raises(UnresolvedError, match="DNS failed") as failed:
            await directory.find(Wanted("carrier.example", None, UDP))
        server.fails, server.silent = False, True
        with pytest.raises(UnresolvedError, match="no name server answers") as silent:
            await directory.find(Wanted("carrier.example", None, UDP))
    assert not failed.value.known
    assert not silent.value.known


async def test_the_time_to_live_is_kept_within_bounds() -> None:
    async with DnsServer(ZONE, ttl=120) as server:
        directory = Directory(server.at, ALL)
        assert (await directory.find(Wanted("plain.example", 1, UDP))).lasts == 120
        server.ttl = 0
        assert (await directory.find(Wanted("plain.example", 2, UDP))).lasts == 5
        server.ttl = 1_000_000
        assert (await directory.find(Wanted("plain.example", 3, UDP))).lasts == 3600


async def test_the_system_s_hosts_file_counts_where_no_server_is_named() -> None:
    found = await Directory((), ALL).find(Wanted("localhost", 5060, UDP))
    assert found.hops == (Hop("127.0.0.1", 5060, UDP),)
