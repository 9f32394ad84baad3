"""Trunks that are found by DNS: which of their servers is called, and what happens without one."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from dialer.core.trunks.trunk_state import StateReason
from dialer.core.values.events import (
    Answered,
    DialFailed,
    InviteSent,
    LocalEnded,
    LocalFault,
    Rejected,
)
from dialer.sip.line import SipLine
from dialer.sip.settings import Registration, SipSettings, TlsSettings, Transport, TrunkSettings
from tests.support.capture import Capture
from tests.support.certificates import Authority
from tests.support.dns_server import DnsServer
from tests.support.line import CALLEE, CALLER, SETTINGS, order, running
from tests.support.rtp import RtpPeer
from tests.support.sipp import Sipp, free_port
from tests.support.tls_front import TlsFront
from tests.support.waiting import until

URI = "sip:carrier.example"
PHONE = "callee-answers-at-rtp-port"
BY_TCP = ("-t", "t1")


def zone(service: str, *ports: int) -> dict[str, list[str]]:
    """`carrier.example` at these ports of 127.0.0.1, tried in this order."""
    return {
        f"{service}.carrier.example SRV": [
            f"{rank} 0 {port} sbc.carrier.example." for rank, port in enumerate(ports)
        ],
        "carrier.example TXT": ["here"],
        "sbc.carrier.example A": ["127.0.0.1"],
    }


def asking(server: DnsServer) -> SipSettings:
    return replace(
        SETTINGS, nameservers=server.at, transports=(Transport.UDP, Transport.TCP, Transport.TLS)
    )


@asynccontextmanager
async def silence() -> AsyncIterator[int]:
    """A UDP port of 127.0.0.1 that takes everything and says nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink:
        sink.bind(("127.0.0.1", 0))
        yield sink.getsockname()[1]


async def test_a_dead_server_gives_way_to_the_next_within_the_call(tmp_path: Path) -> None:
    with Sipp(PHONE, tmp_path, options=BY_TCP) as carrier:
        async with (
            DnsServer(zone("_sip._tcp", free_port(), carrier.port)) as server,
            RtpPeer(carrier.rtp_port),
            running(
                URI,
                settings=replace(asking(server), tls=TlsSettings(port=0)),
                trunk=TrunkSettings("", "", transport=Transport.TCP),
            ) as (line, listener),
        ):
            line.dial(order())
            await listener.hears("a", Answered)
            line.end("a")
            assert await listener.end_of("a") == LocalEnded()
    assert carrier.verdict == "passed", carrier.verdict
    assert carrier.messages()[0].first_line == f"INVITE sip:{CALLEE.clear}@carrier.example SIP/2.0"
    assert carrier.messages()[0].header("Route") is None


async def test_a_silent_server_is_left_by_the_call_after(tmp_path: Path) -> None:
    with Sipp("carrier-401", tmp_path) as carrier:
        async with (
            silence() as silent,
            DnsServer(zone("_sip._udp", silent, carrier.port)) as server,
        ):
            plain = replace(SETTINGS, nameservers=server.at)
            async with running(URI, settings=plain) as (line, listener):
                line.dial(order())
                await listener.hears("a", InviteSent)
                await asyncio.sleep(1.2)  # what the core takes for no progress is longer
                line.end("a")  # its end comes after 32 s; the core does not wait for it
                line.dial(order("b"))
                end = await listener.end_of("b")
                assert isinstance(end, Rejected)
                assert end.code == 401


async def test_a_silent_server_is_left_by_the_probe_that_finds_it_so(tmp_path: Path) -> None:
    with Sipp("carrier-401", tmp_path) as carrier:
        async with (
            silence() as silent,
            DnsServer(zone("_sip._udp", silent, carrier.port)) as server,
        ):
            plain = replace(SETTINGS, nameservers=server.at)
            probed = TrunkSettings("", "", options_every=30.0)
            async with running(URI, settings=plain, trunk=probed) as (line, _):
                await until(lambda: line.trunk_states()[0].up, 8)
    assert "OPTIONS" in carrier.received()


async def test_a_silent_registrar_is_left_by_the_register_that_finds_it_so(tmp_path: Path) -> None:
    known = {"user": "user-7", "password": "secret"}
    like = TrunkSettings("", "", registration=Registration("user-7", "secret", expires=60))
    with Sipp("registrar-401-stale-423-then-grants", tmp_path, known) as registrar:
        async with (
            silence() as dead,
            DnsServer(zone("_sip._udp", dead, registrar.port)) as server,
        ):
            plain = replace(SETTINGS, nameservers=server.at)
            async with running(URI, settings=plain, trunk=like) as (line, _):
                await until(lambda: line.trunk_states()[0].why is StateReason.NO_REPLY, 8)
                await until(lambda: line.trunk_states()[0].up, 4)
    assert registrar.messages()[0].first_line == "REGISTER sip:carrier.example SIP/2.0"


async def test_a_server_that_says_503_is_left(tmp_path: Path) -> None:
    (tmp_path / "busy").mkdir()
    with (
        Sipp("carrier-refuses-as-dialled", tmp_path / "busy") as busy,
        Sipp("carrier-401", tmp_path) as carrier,
    ):
        async with DnsServer(zone("_sip._udp", busy.port, carrier.port)) as server:
            plain = replace(SETTINGS, nameservers=server.at)
            async with running(URI, settings=plain) as (line, listener):
                for attempt, code in (("a", 503), ("b", 401)):
                    callee = type(CALLEE)("+8613912340503")
                    line.dial(order(attempt, callee=callee))
                    end = await listener.end_of(attempt)
                    assert isinstance(end, Rejected)
                    assert end.code == code


async def test_naptr_chooses_the_transport(tmp_path: Path) -> None:
    with Sipp(PHONE, tmp_path, options=BY_TCP) as carrier:
        records = {
            **zone("_sip._tcp", carrier.port),
            "carrier.example NAPTR": ['10 1 "s" "SIP+D2T" "" _sip._tcp.carrier.example.'],
        }
        async with (
            DnsServer(records) as server,
            RtpPeer(carrier.rtp_port),
            running(
                URI,
                settings=replace(asking(server), transports=(Transport.UDP, Transport.TCP)),
                trunk=TrunkSettings("", "", transport=Transport.AUTO),
            ) as (line, listener),
        ):
            line.dial(order())
            await listener.hears("a", Answered)
            line.end("a")
            assert await listener.end_of("a") == LocalEnded()
    via = carrier.messages()[0].header("Via") or ""
    assert via.startswith("SIP/2.0/TCP ")


async def test_a_server_found_by_srv_proves_the_name_of_the_domain(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    like = TrunkSettings("", "", transport=Transport.TLS, options_every=30.0)
    with Sipp(PHONE, tmp_path, options=BY_TCP) as carrier:
        # RFC 5922 4: what counts is the name of the URI, not that of the SRV target.
        own = authority.certify("carrier.example")
        target = authority.certify("sbc.carrier.example")
        async with TlsFront(own, carrier.port) as good, TlsFront(target, carrier.port) as bad:
            for front, why in ((good, StateReason.READY), (bad, StateReason.CERTIFICATE_NAME)):
                async with DnsServer(zone("_sips._tcp", front.port)) as server:
                    tls = TlsSettings(port=0, ca_file=str(authority.file))
                    settings = replace(asking(server), tls=tls)
                    async with running(URI, settings=settings, trunk=like) as (line, _):

                        def tells(line: SipLine = line, why: StateReason = why) -> bool:
                            return line.trunk_states()[0].why is why

                        await until(tells, 5)


async def test_a_name_that_is_gone_is_the_carrier_s_fault_until_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dialer.sip.reach._AGAIN", 0.1)
    with Sipp("carrier-401", tmp_path) as carrier:
        async with DnsServer({}) as server:
            plain = replace(SETTINGS, nameservers=server.at)
            async with running(URI, settings=plain) as (line, listener):
                assert line.trunk_states()[0].why is StateReason.UNRESOLVED
                line.dial(order())
                assert await listener.end_of("a") == DialFailed(LocalFault.UNRESOLVED)
                server.zone = zone("_sip._udp", carrier.port)
                await until(lambda: line.trunk_states()[0].up, 5)
                line.dial(order("b"))
                assert isinstance(await listener.end_of("b"), Rejected)


async def test_silent_name_servers_hold_up_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dialer.sip.names._LIFETIME", 0.3)
    with Sipp("carrier-401", tmp_path) as carrier:
        async with DnsServer({}) as server:
            server.silent = True
            plain = replace(SETTINGS, nameservers=server.at)
            async with running(URI, carrier.uri, settings=plain) as (line, listener):
                assert line.trunk_states()[0].why is StateReason.UNRESOLVED
                line.dial(order("b", trunk="t1"))
                assert isinstance(await listener.end_of("b"), Rejected)


async def test_a_name_that_was_known_outlives_its_name_servers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dialer.sip.names._LEAST", 0.05)
    with Sipp("carrier-401", tmp_path) as carrier:
        async with DnsServer(zone("_sip._udp", carrier.port), ttl=0) as server:
            plain = replace(SETTINGS, nameservers=server.at)
            async with running(URI, settings=plain) as (line, listener):
                server.fails = True
                asked = len(server.asked)
                await until(lambda: len(server.asked) > asked + 1)
                line.dial(order())
                assert isinstance(await listener.end_of("a"), Rejected)


async def test_the_guard_knows_whom_a_name_stands_for(tmp_path: Path) -> None:
    with Sipp("carrier-401", tmp_path) as carrier, Capture([carrier.port]) as wire:
        async with DnsServer(zone("_sip._udp", carrier.port)) as server:
            plain = replace(SETTINGS, nameservers=server.at)
            async with running(URI, settings=plain) as (line, listener):
                line.dial(replace(order(), caller_id=CALLEE))
                assert await listener.end_of("a") == DialFailed(LocalFault.VETOED)
                line.dial(order("b"))
                assert isinstance(await listener.end_of("b"), Rejected)
    sent = [packet for packet in wire.sip() if packet.what == "INVITE"]
    assert len(sent) == 1
    assert CALLER.clear in (sent[0].header("From") or "")


async def test_a_contact_that_is_a_name_is_looked_up(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate = authority.certify("carrier.example", "contact.example")
    like = TrunkSettings("", "", transport=Transport.TLS)
    with Sipp(PHONE, tmp_path, options=BY_TCP) as carrier:
        async with TlsFront(certificate, carrier.port, name="contact.example") as front:
            records = {
                **zone("_sips._tcp", front.port),
                "contact.example A": ["127.0.0.1"],
            }
            async with DnsServer(records) as server, RtpPeer(carrier.rtp_port):
                tls = TlsSettings(port=0, ca_file=str(authority.file))
                settings = replace(asking(server), tls=tls)
                async with running(URI, settings=settings, trunk=like) as (line, listener):
                    line.dial(order())
                    await listener.hears("a", Answered)
                    line.end("a")
                    assert await listener.end_of("a") == LocalEnded()
                assert "contact.example A" in server.asked
    assert carrier.verdict == "passed", carrier.verdict
