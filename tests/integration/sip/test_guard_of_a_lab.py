"""A lab's trunk leads nowhere but to the lab: whatever DNS or a far side says, by packets."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from dialer.core.trunks.door import Door, DoorLimits
from dialer.core.values.events import Answered, DialFailed, LocalFault, Rejected
from dialer.sip import guard
from dialer.sip.line import SipLine
from dialer.sip.settings import TrunkSettings
from tests.support.capture import Capture
from tests.support.dns_server import DnsServer
from tests.support.line import CALLEE, CALLER, NOTICE, SETTINGS, Listener, order, running
from tests.support.sip_peer import SipPeer, sip_peer
from tests.support.sipp import Sipp
from tests.support.waiting import until

VETOED = DialFailed(LocalFault.VETOED)
ELSEWHERE = (IPv4Network("127.0.9.0/24"), IPv4Network("10.77.0.0/24"))
"""Where the carrier is not."""
HERE = (*ELSEWHERE, IPv4Network("127.0.0.0/16"))


def zone(port: int) -> dict[str, list[str]]:
    return {
        "_sip._udp.carrier.example SRV": [f"0 0 {port} sbc.carrier.example."],
        "sbc.carrier.example A": ["127.0.0.1"],
    }


@pytest.mark.parametrize("by_name", [False, True])
async def test_what_leads_out_of_the_lab_is_kept_off_the_wire(
    tmp_path: Path, *, by_name: bool
) -> None:
    with (
        Sipp("carrier-401", tmp_path) as carrier,
        Capture([carrier.port]) as capture,
    ):
        uri = "sip:carrier.example" if by_name else carrier.uri
        before = guard.Figures().vetoes["lab"]
        async with (
            DnsServer(zone(carrier.port)) as server,
            running(
                uri,
                settings=replace(SETTINGS, nameservers=server.at),
                trunk=TrunkSettings("", "", lab_networks=ELSEWHERE),
            ) as (line, listener),
        ):
            line.dial(order())
            assert await listener.end_of("a", limit=5.0) == VETOED
        assert guard.Figures().vetoes["lab"] == before + 1
    assert capture.datagrams() == []


@pytest.mark.parametrize("by_name", [False, True])
async def test_within_the_lab_calls_leave_as_ever(tmp_path: Path, *, by_name: bool) -> None:
    with Sipp("carrier-401", tmp_path) as carrier:
        uri = "sip:carrier.example" if by_name else carrier.uri
        async with (
            DnsServer(zone(carrier.port)) as server,
            running(
                uri,
                settings=replace(SETTINGS, nameservers=server.at),
                trunk=TrunkSettings("", "", lab_networks=HERE),
            ) as (line, listener),
        ):
            line.dial(order())
            assert await listener.end_of("a", limit=5.0) == Rejected(401)
    assert [message.what for message in carrier.messages()].count("INVITE") == 1


async def test_a_lab_beside_a_carrier_at_one_address_holds_both(tmp_path: Path) -> None:
    """On the wire nothing tells them apart, so the tighter rule holds."""
    with Sipp("carrier-401", tmp_path) as carrier, Capture([carrier.port]) as capture:
        async with running(
            carrier.uri, carrier.uri, trunk=TrunkSettings("", "", lab_networks=ELSEWHERE)
        ) as (line, listener):
            line.dial(order("a", "t0"))
            line.dial(order("b", "t1"))
            assert await listener.end_of("a", limit=5.0) == VETOED
            assert await listener.end_of("b", limit=5.0) == VETOED
    assert capture.datagrams() == []


LAB = (IPv4Network("127.0.0.1/32"),)


async def test_requests_within_a_call_do_not_follow_a_contact_out_of_the_lab() -> None:
    """Neither the ACK of the answer nor our BYE; and the call is over here all the same."""
    async with sip_peer(SipPeer(), "127.0.0.9") as outside:
        before = guard.Figures().vetoes["lab"]
        async with (
            sip_peer(SipPeer(contact=f"127.0.0.9:{outside.port}")) as callee,
            running(
                f"sip:127.0.0.1:{callee.port}", trunk=TrunkSettings("", "", lab_networks=LAB)
            ) as (line, listener),
        ):
            line.dial(order())
            await until(lambda: guard.Figures().vetoes["lab"] > before)
            line.end("a")
            await listener.end_of("a")
        assert "INVITE" in callee.methods()
    assert outside.came == []


async def test_a_call_that_comes_in_to_a_lab_is_not_led_out_of_it_either() -> None:
    async with (
        sip_peer(SipPeer(), "127.0.0.9") as outside,
        sip_peer(SipPeer(contact=f"127.0.0.9:{outside.port}")) as caller,
    ):
        trunk = TrunkSettings(
            "lab", f"sip:127.0.0.1:{caller.port}", frozenset({CALLER}), lab_networks=LAB
        )
        line, listener = SipLine(SETTINGS, [trunk], door=Door(DoorLimits())), Listener()
        await line.start(listener)
        try:
            before = guard.Figures().vetoes["lab"]
            caller.call(line.port, CALLER, CALLEE)
            await until(lambda: bool(listener.events))
            (name,) = listener.events
            line.answer(name, NOTICE)
            await listener.hears(name, Answered)
            line.end(name)
            await until(lambda: guard.Figures().vetoes["lab"] > before)
            await listener.end_of(name)
        finally:
            await line.close()
    assert 200 in caller.replies()
    assert outside.came == []
