"""Sound goes to, and keys come from, whom the signalling names: strangers at our RTP ports."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from audio.events import DtmfReceived, PlaybackDone
from audio.g711 import PAYLOAD_TYPES
from audio.rtp import EVENT_TYPE, RtpPacket, key_events
from dialer.core.trunks.door import Door, DoorLimits
from dialer.core.values.events import Answered, Arrived, HoldChanged, Rejected, RemoteHungUp
from dialer.core.values.number import E164
from dialer.sip import _media_source
from dialer.sip.line import SipLine
from dialer.sip.settings import Srtp, TrunkSettings
from tests.support.capture import Capture
from tests.support.line import CALLEE, CALLER, SETTINGS, Listener, order, running
from tests.support.rtp import FRAME, RtpPeer, playlist, tone
from tests.support.sip_peer import SipPeer, sip_peer
from tests.support.sipp import Sipp, free_rtp_port
from tests.support.waiting import until

PHONE = "callee-answers-at-rtp-port"
NOTICE_SECONDS = 1.5
NOTICE = playlist(tone(440, NOTICE_SECONDS, "notice"))
PCMA = PAYLOAD_TYPES["PCMA"]
STRANGERS = ("127.0.0.8", "127.0.0.9", "127.0.9.1")
AT_ONCE = 20
"""Packets of each stranger in one go: more than a NAT's row, whatever else is under way."""


@dataclass
class Strangers(asyncio.DatagramProtocol):
    """Who still send to a port of ours: speech and key 2, from several addresses, in a rush."""

    received: int = 0
    sent: int = 0
    _sockets: list[asyncio.DatagramTransport] = field(default_factory=list)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.received += 1

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        for address in STRANGERS:
            made = await loop.create_datagram_endpoint(lambda: self, local_addr=(address, 0))
            self._sockets.append(made[0])

    async def flood(self, port: int) -> None:
        """RTP and RTCP, until cancelled."""
        keys = list(key_events("2", 5, FRAME))
        while True:
            for number, stranger in enumerate(self._sockets):
                for _ in range(AT_ONCE):
                    self.sent += 1
                    key = keys[self.sent % len(keys)]
                    kind, said = (EVENT_TYPE, key) if self.sent % 2 else (PCMA, b"\x2a" * FRAME)
                    packet = RtpPacket(kind, self.sent, self.sent * FRAME, 99 + number, said)
                    stranger.sendto(packet.pack(), ("127.0.0.1", port))
                # An empty receiver report (RFC 3550 6.4.2).
                stranger.sendto(b"\x80\xc9\0\1\0\0\0\x63", ("127.0.0.1", port + 1))
            await asyncio.sleep(0.02)

    def close(self) -> None:
        for each in self._sockets:
            each.close()


def rtp_port_of(sdp: str) -> int:
    found = re.search(r"^m=audio (\d+)", sdp, re.MULTILINE)
    assert found is not None
    return int(found[1])


@asynccontextmanager
async def flooded(capture: Capture) -> AsyncIterator[Strangers]:
    """Strangers at the port that the INVITE in `capture` names, from that INVITE on."""
    strangers = Strangers()
    await strangers.open()

    async def come() -> None:
        await until(lambda: bool(capture.sip()))
        await strangers.flood(rtp_port_of(capture.sip()[0].text))

    coming = asyncio.create_task(come())
    try:
        yield strangers
    finally:
        coming.cancel()
        strangers.close()


def keys(listener: Listener, call: str = "a") -> str:
    return "".join(each.digit for each in listener.told(call) if isinstance(each, DtmfReceived))


async def test_the_callee_hears_the_notice_and_presses_the_key(tmp_path: Path) -> None:
    """Though strangers come before the answer, and the callee's phone speaks after it hears."""
    before = _media_source.strays()
    with Sipp(PHONE, tmp_path) as carrier, Capture([carrier.port]) as capture:
        async with (
            RtpPeer(carrier.rtp_port) as phone,
            running(carrier.uri) as (line, listener),
            flooded(capture) as strangers,
        ):
            line.dial(order(opening=NOTICE))
            await listener.hears("a", PlaybackDone)
            phone.press("1")
            await listener.hears("a", DtmfReceived)
            phone.press("3")
            await until(lambda: len(keys(listener)) > 1)
            line.end("a")
            await listener.end_of("a")
    assert len(phone.audible()) == pytest.approx(NOTICE_SECONDS / 0.02, abs=3)
    assert keys(listener) == "13"
    assert strangers.received == 0
    assert strangers.sent > 100
    assert _media_source.strays() - before > 100


async def test_encrypted_sound_goes_to_the_callee_alone_too(tmp_path: Path) -> None:
    with (
        Sipp("callee-answers-with-srtp", tmp_path, {"profile": "RTP/SAVP"}) as carrier,
        Capture([carrier.port, carrier.rtp_port]) as capture,
    ):
        async with (
            RtpPeer(carrier.rtp_port),
            running(carrier.uri, trunk=TrunkSettings("", "", srtp=Srtp.REQUIRED)) as (line, heard),
            flooded(capture) as strangers,
        ):
            line.dial(order(opening=NOTICE))
            await heard.hears("a", PlaybackDone)
            line.end("a")
            await heard.end_of("a")
    spoken = [each for each in capture.rtp(carrier.rtp_port) if each.packet.payload_type == PCMA]
    assert len(spoken) >= NOTICE_SECONDS / 0.02 - 3
    assert strangers.received == 0
    assert strangers.sent > 100
    assert keys(heard) == ""


async def test_another_port_of_the_callee_is_taken_up_after_a_row(tmp_path: Path) -> None:
    """A NAT has changed the port; what is at the port that was told says nothing."""
    told, real = free_rtp_port(), free_rtp_port()
    with (
        Sipp(PHONE, tmp_path, {"rtp_port": told}) as carrier,
        Capture([carrier.port, told, real]) as wire,
    ):
        async with (
            RtpPeer(real) as phone,
            running(carrier.uri) as (line, listener),
            flooded(wire) as strangers,
        ):
            line.dial(order(opening=playlist(tone(440, 30.0))))
            await listener.hears("a", Answered)
            phone.speak_first(rtp_port_of(wire.sip()[0].text))
            await until(lambda: bool(phone.heard))
            phone.press("1")
            await listener.hears("a", DtmfReceived)
            # Who comes to the told port now is too late: there is one in this call already.
            async with RtpPeer(told) as late:
                late.press("3")
                late.speak_first(rtp_port_of(wire.sip()[0].text))
                at = len(phone.heard)
                await until(lambda: len(phone.heard) > at + 50)
            line.end("a")
            await listener.end_of("a")
    assert keys(listener) == "1"
    assert late.heard == []
    assert strangers.received == 0
    first = wire.rtp(real)[0].at
    spoken = [each for each in wire.rtp() if each.source == real and each.at <= first]
    assert len(spoken) >= _media_source.ROW


async def test_media_may_come_from_where_the_trunk_says(tmp_path: Path) -> None:
    like = TrunkSettings("", "", media_from=(IPv4Network("127.0.9.0/24"),))
    with Sipp(PHONE, tmp_path) as carrier, Capture([carrier.port]) as capture:
        async with (
            running(carrier.uri, trunk=like) as (line, listener),
            flooded(capture) as strangers,
        ):
            line.dial(order(opening=playlist(tone(440, 30.0))))
            await listener.hears("a", DtmfReceived)
            await until(lambda: strangers.received > 20)
            line.end("a")
            await listener.end_of("a")
    # Of the three strangers one is no stranger any more; nothing is at the phone's own place.
    assert set(keys(listener)) == {"2"}


@pytest.mark.parametrize("first", [0, 1])
async def test_a_call_that_comes_in_goes_by_its_own_trunk_s_rule(
    tmp_path: Path, first: int
) -> None:
    """Whichever of the trunks at that address PJSIP takes it for."""
    theirs = TrunkSettings("theirs", "sip:127.0.0.1:5098", frozenset({E164("+861065550101")}))
    ours = TrunkSettings(
        "ours", "sip:127.0.0.1:5099", frozenset({CALLER}), media_from=(IPv4Network("127.0.9.0/24"),)
    )
    trunks = [ours, theirs] if first else [theirs, ours]
    line = SipLine(SETTINGS, trunks, door=Door(DoorLimits()))
    listener, strangers = Listener(), Strangers()
    await line.start(listener)
    await strangers.open()
    called = {"called": CALLER.clear, "caller": CALLEE.clear}
    try:
        with (
            Capture([line.port]) as capture,
            Sipp("caller-at-rtp-port", tmp_path, called, ("-m", "1", f"127.0.0.1:{line.port}")),
        ):
            await until(lambda: bool(listener.events))
            (name,) = listener.events
            assert (await listener.hears(name, Arrived)).trunk == "ours"
            line.answer(name, playlist(tone(440, 30.0)))
            await listener.hears(name, Answered)
            (answer,) = {each.text for each in capture.sip() if each.what == "200"}
            flooding = asyncio.create_task(strangers.flood(rtp_port_of(answer)))
            await listener.hears(name, DtmfReceived)
            flooding.cancel()
            line.end(name)
            await listener.end_of(name)
    finally:
        strangers.close()
        await line.close()
    assert set(keys(listener, name)) == {"2"}


async def test_a_re_invite_moves_the_sound(tmp_path: Path) -> None:
    moved = free_rtp_port()
    with (
        Sipp("callee-holds-by-reinvite", tmp_path, {"new_rtp_port": moved}) as carrier,
        Capture([carrier.port]) as capture,
    ):
        async with (
            RtpPeer(carrier.rtp_port) as here,
            RtpPeer(moved) as there,
            running(carrier.uri) as (line, listener),
            flooded(capture) as strangers,
        ):
            line.dial(order(opening=playlist(tone(440, 30.0))))
            await here.first_packet()
            await there.first_packet()
            here.press("3")
            there.press("1")
            await listener.hears("a", DtmfReceived)
            heard = len(here.heard)
            at = len(there.heard)
            await until(lambda: len(there.heard) > at + 25)
            line.end("a")
            await listener.end_of("a")
    assert len(here.heard) == heard
    assert keys(listener) == "1"
    assert strangers.received == 0
    assert any(isinstance(each, HoldChanged) for each in listener.told("a"))


async def test_a_lab_s_sound_is_not_led_out_of_it(tmp_path: Path) -> None:
    """The SDP of the answer names an address outside: nothing is sent there, and the call ends."""
    lab = (IPv4Network("127.0.0.1/32"),)
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outside,
        Sipp(PHONE, tmp_path, options=("-mi", "127.0.0.9")) as carrier,
    ):
        outside.bind(("127.0.0.9", carrier.rtp_port))
        outside.setblocking(False)
        async with running(carrier.uri, trunk=TrunkSettings("", "", lab_networks=lab)) as (
            line,
            listener,
        ):
            line.dial(order(opening=NOTICE))
            end = await listener.end_of("a")
        with pytest.raises(BlockingIOError):
            outside.recv(1)
    assert isinstance(end, Rejected | RemoteHungUp), end
    assert not any(isinstance(each, Answered) for each in listener.told("a"))


async def test_a_phone_that_goes_on_at_another_port_is_followed(tmp_path: Path) -> None:
    """Its old port is silent and its stream goes on; strangers send all the while."""
    moved = free_rtp_port()
    with Sipp(PHONE, tmp_path) as carrier, Capture([carrier.port]) as capture:
        async with (
            RtpPeer(carrier.rtp_port) as phone,
            running(carrier.uri) as (line, listener),
            flooded(capture) as strangers,
        ):
            line.dial(order(opening=playlist(tone(440, 30.0))))
            await phone.first_packet()
            phone.press("1")
            await listener.hears("a", DtmfReceived)
            await phone.move(moved)
            heard = len(phone.heard)
            await until(lambda: len(phone.heard) > heard + 50)
            phone.press("3")
            await until(lambda: keys(listener) == "13")
            line.end("a")
            await listener.end_of("a")
    assert strangers.received == 0


@pytest.mark.parametrize("media", ["224.0.0.251", "255.255.255.255", "0.0.0.1"])
async def test_sound_goes_to_no_group(media: str) -> None:
    async with (
        sip_peer(SipPeer(media=media)) as callee,
        running(f"sip:127.0.0.1:{callee.port}") as (line, listener),
    ):
        line.dial(order(opening=NOTICE))
        await listener.end_of("a")
    assert not any(isinstance(each, Answered) for each in listener.told("a"))
