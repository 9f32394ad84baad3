"""Calls handed over to a real Asterisk 22 and back: extensions, keys, REFER, calls that come in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from audio.events import PlaybackDone
from dialer.core.trunks.door import Door, DoorLimits
from dialer.core.values.events import (
    Answered,
    Arrived,
    Joined,
    LocalEnded,
    ReferAnswered,
    RemoteHungUp,
    TransferAsked,
)
from dialer.core.values.number import E164
from dialer.core.values.targets import Extension
from dialer.demo.files import free_ports
from dialer.sip.line import SipLine
from dialer.sip.settings import SipSettings, TrunkSettings
from tests.support.asterisk import Asterisk
from tests.support.capture import Capture
from tests.support.line import CALLER, SETTINGS, Listener, order
from tests.support.rtp import RtpPeer, playlist, tone
from tests.support.sipp import Sipp
from tests.support.waiting import until

PHONE = "callee-answers-at-rtp-port"
BLIP = playlist(tone(440, 0.02, "blip"))
NOTICE = playlist(tone(440, 0.4, "notice"))
ECHO, PRESSES_BACK, HANGS_UP, HANDS_ON = "8002", "8011", "8007", "8013"
BEHIND_PBX = E164("+8613900000020")


@asynccontextmanager
async def line_to(
    *uris: str, settings: SipSettings = SETTINGS
) -> AsyncIterator[tuple[SipLine, Listener]]:
    shown = frozenset({CALLER})
    line = SipLine(
        settings,
        [TrunkSettings(f"t{n}", uri, shown) for n, uri in enumerate(uris)],
        door=Door(DoorLimits()),
    )
    told = Listener()
    await line.start(told)
    try:
        yield line, told
    finally:
        await line.close()


async def joined(line: SipLine, told: Listener, extension: str) -> None:
    """`a`, a callee at t0, joined with an extension of the PBX, which is t1."""
    line.dial(order("a", "t0", opening=BLIP))
    line.dial(replace(order("b", "t1"), opening=None, callee=Extension(extension, "t1")))
    await told.hears("a", Answered)
    await told.hears("b", Answered)
    line.join("a", "b")
    await told.hears("a", Joined)


async def test_a_callee_joined_with_an_extension_is_heard_there_and_hears_it(
    tmp_path: Path,
) -> None:
    with Asterisk() as pbx, Sipp(PHONE, tmp_path) as phone:
        async with (
            RtpPeer(phone.rtp_port) as callee,
            line_to(phone.uri, pbx.uri) as (line, told),
        ):
            await joined(line, told, ECHO)
            await asyncio.sleep(0.2)
            before = len(callee.audible())
            callee.talk(tone(700, 0.6).samples)
            await until(lambda: len(callee.audible()) > before + 20)
            line.end("b")
            assert await told.end_of("b") == LocalEnded()
            assert not told.ends("a")
            await until(lambda: pbx.channels() == 0)


async def test_keys_go_through_to_the_extension_and_come_back(tmp_path: Path) -> None:
    with Asterisk() as pbx, Sipp(PHONE, tmp_path) as phone:
        async with (
            RtpPeer(phone.rtp_port) as callee,
            line_to(phone.uri, pbx.uri) as (line, told),
        ):
            await joined(line, told, PRESSES_BACK)
            await until(lambda: "!Read!" in pbx.command("core show channels concise"))
            for key in "40":
                callee.press(key)
                await asyncio.sleep(0.4)
                assert callee.keys_heard() == "", "nothing before the third key"
            callee.press("7")
            await until(lambda: len(callee.keys_heard()) >= 3)
            assert callee.keys_heard() == "407"


async def test_an_extension_that_hangs_up_is_told(tmp_path: Path) -> None:
    with Asterisk() as pbx, Sipp(PHONE, tmp_path) as phone:
        async with (
            RtpPeer(phone.rtp_port),
            line_to(phone.uri, pbx.uri) as (line, told),
        ):
            await joined(line, told, HANGS_UP)
            assert await told.end_of("b") == RemoteHungUp(16)
            assert not told.ends("a")


async def test_a_refer_moves_the_phone_behind_the_pbx_to_an_extension(tmp_path: Path) -> None:
    with Sipp(PHONE, tmp_path) as phone, Asterisk(outside=phone.uri) as pbx:
        async with RtpPeer(phone.rtp_port) as callee, line_to(pbx.uri) as (line, told):
            line.dial(order("a", opening=BLIP, callee=BEHIND_PBX))
            await told.hears("a", PlaybackDone)
            line.refer("a", Extension(ECHO, "t0"))
            await until(lambda: bool(referred(told)) and referred(told)[-1].over)
            assert 200 <= referred(told)[-1].code < 300
            line.end("a")
            assert await told.end_of("a") == LocalEnded()
            before = len(callee.audible())
            callee.talk(tone(700, 0.6).samples)
            await until(lambda: len(callee.audible()) > before + 20)
            assert pbx.channels() > 0
        phone.kill()  # it would go on talking with the extension


async def test_a_refer_to_nobody_fails_and_the_call_goes_on(tmp_path: Path) -> None:
    with Sipp(PHONE, tmp_path) as phone, Asterisk(outside=phone.uri) as pbx:
        async with RtpPeer(phone.rtp_port), line_to(pbx.uri) as (line, told):
            line.dial(order("a", opening=BLIP, callee=BEHIND_PBX))
            await told.hears("a", PlaybackDone)
            line.refer("a", Extension("nobody", "t0"))
            await until(lambda: bool(referred(told)) and referred(told)[-1].over)
            assert referred(told)[-1].code >= 400
            assert not told.ends("a")


async def test_the_pbx_asks_us_to_hand_on_and_is_told_what_came_of_it(tmp_path: Path) -> None:
    with Asterisk() as pbx, Sipp(PHONE, tmp_path) as phone, Capture({pbx.port}) as wire:
        async with (
            RtpPeer(phone.rtp_port),
            line_to(phone.uri, pbx.uri) as (line, told),
        ):
            next_one = Extension(ECHO, "t1")
            line.dial(order("a", "t0", opening=BLIP))
            leg = replace(order("b", "t1"), opening=None, callee=Extension(HANDS_ON, "t1"))
            line.dial(replace(leg, may_refer_to=(next_one,)))
            await told.hears("a", Answered)
            await told.hears("b", Answered)
            line.join("a", "b")
            assert await told.hears("b", TransferAsked) == TransferAsked(next_one)
            line.tell_referrer("b", 100)
            line.tell_referrer("b", 200)
            await until(lambda: len(replies_to_notify(wire)) == 2)
            line.end("b")
            await told.end_of("b")
    assert list(replies_to_notify(wire).values()) == ["200", "200"]


def replies_to_notify(wire: Capture) -> dict[str | None, str]:
    """What the PBX said to each, by its CSeq: a copy that a busy machine draws is no other."""
    return {
        packet.header("CSeq"): packet.what
        for packet in wire.sip()
        if packet.text.startswith("SIP/2.0") and "NOTIFY" in str(packet.header("CSeq"))
    }


async def test_the_pbx_calls_one_of_our_numbers_and_is_answered() -> None:
    (port,) = free_ports(1)
    with Asterisk(dialer_port=port) as pbx:
        settings = replace(SETTINGS, bind_port=port)
        async with line_to(pbx.uri, settings=settings) as (line, told):
            pbx.command(f"channel originate PJSIP/{CALLER.clear}@dialer application Echo")
            await until(lambda: bool(told.events))
            (name,) = told.events
            arrived = await told.hears(name, Arrived)
            assert (arrived.trunk, arrived.called) == ("t0", CALLER)
            line.answer(name, NOTICE)
            await told.hears(name, PlaybackDone)
            assert pbx.channels() == 1
            line.end(name)
            assert await told.end_of(name) == LocalEnded()
            await until(lambda: pbx.channels() == 0)


async def test_a_caller_from_the_pbx_reaches_an_extension_there() -> None:
    (port,) = free_ports(1)
    with Asterisk(dialer_port=port) as pbx:
        settings = replace(SETTINGS, bind_port=port)
        async with line_to(pbx.uri, settings=settings) as (line, told):
            pbx.command(f"channel originate PJSIP/{CALLER.clear}@dialer application Echo")
            await until(lambda: bool(told.events))
            (name,) = told.events
            line.answer(name, NOTICE)
            await told.hears(name, PlaybackDone)
            line.dial(replace(order("b"), opening=None, callee=Extension(HANGS_UP, "t0")))
            await told.hears("b", Answered)
            line.join(name, "b")
            await told.hears(name, Joined)
            assert await told.end_of("b") == RemoteHungUp(16)
            line.end(name)
            await told.end_of(name)


def referred(told: Listener) -> Sequence[ReferAnswered]:
    return [event for event in told.told("a") if isinstance(event, ReferAnswered)]
