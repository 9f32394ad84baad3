"""Two real calls joined in the conference: what each hears on the wire, keys, hold, hang-up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from audio.events import DtmfReceived
from audio.g711 import decode
from dialer.core.values.events import (
    Answered,
    HoldChanged,
    Joined,
    LocalEnded,
    Parted,
    PeerLost,
    ReferAnswered,
    TransferAsked,
)
from dialer.core.values.targets import Extension
from dialer.sip.line import SipLine
from dialer.sip.settings import DtmfMethod, TrunkSettings
from tests.support.line import CALLER, SETTINGS, Listener, order, running
from tests.support.rtp import RtpPeer, playlist, tone
from tests.support.sipp import Sipp, free_rtp_port
from tests.support.uas import Message, Uas, sdp
from tests.support.waiting import until

SILENCE = playlist(tone(440, 0.02, "blip"))
PHONE = "callee-answers-at-rtp-port"


@asynccontextmanager
async def line_to(
    *uris: str, dtmf: DtmfMethod = DtmfMethod.RFC4733
) -> AsyncIterator[tuple[SipLine, Listener]]:
    shown = frozenset({CALLER})
    trunks = [TrunkSettings(f"t{n}", uri, shown, dtmf=dtmf) for n, uri in enumerate(uris)]
    line = SipLine(SETTINGS, trunks)
    told = Listener()
    await line.start(told)
    try:
        yield line, told
    finally:
        await line.close()


async def join(line: SipLine, told: Listener) -> None:
    """`a` at t0, which heard a blip, joined with the leg `b` at t1."""
    line.dial(order("a", "t0", opening=SILENCE))
    line.dial(replace(order("b", "t1"), opening=None, callee=Extension("8000", "t1")))
    await told.hears("a", Answered)
    await told.hears("b", Answered)
    line.join("a", "b")
    await told.hears("b", Joined)


async def test_each_hears_the_other_and_nobody_hears_us(tmp_path: Path) -> None:
    with Sipp(PHONE, tmp_path) as one, Sipp(PHONE, tmp_path) as two:
        async with (
            RtpPeer(one.rtp_port) as callee,
            RtpPeer(two.rtp_port) as person,
            line_to(one.uri, two.uri) as (line, told),
        ):
            await join(line, told)
            await asyncio.sleep(0.2)
            before = len(person.audible()), len(callee.audible())
            callee.talk(tone(700, 0.6).samples)
            await until(lambda: len(person.audible()) >= before[0] + 25)
            assert len(callee.audible()) == before[1]
            person.talk(tone(900, 0.6).samples)
            await until(lambda: len(callee.audible()) >= before[1] + 25)
            assert pitch(person) == 700
            assert pitch(callee) == 900
            line.end("b")
            assert await told.end_of("b") == LocalEnded()
            await told.hears("a", Parted)
            assert not told.ends("a")
            line.end("a")
            await told.end_of("a")
    for phone in (one, two):
        assert phone.verdict == "passed"
    invite = next(each for each in two.messages() if each.what == "INVITE")
    assert f"sip:8000@127.0.0.1:{two.port}" in invite.first_line


async def test_a_key_of_one_is_pressed_to_the_other(tmp_path: Path) -> None:
    with Sipp(PHONE, tmp_path) as one, Sipp(PHONE, tmp_path) as two:
        async with (
            RtpPeer(one.rtp_port) as callee,
            RtpPeer(two.rtp_port) as person,
            line_to(one.uri, two.uri) as (line, told),
        ):
            await join(line, told)
            callee.press("1")
            await until(lambda: person.keys_heard() == "1")
            person.press("7")
            await until(lambda: callee.keys_heard() == "7")
            assert not any(
                isinstance(event, DtmfReceived) for event in told.told("a") + told.told("b")
            )


async def test_who_is_held_hears_nothing_and_the_talk_goes_on_after(tmp_path: Path) -> None:
    moved = free_rtp_port()
    with (
        Sipp("callee-holds-by-reinvite", tmp_path, {"new_rtp_port": moved}) as one,
        Sipp(PHONE, tmp_path) as two,
    ):
        async with (
            RtpPeer(moved) as callee,
            RtpPeer(two.rtp_port) as person,
            line_to(one.uri, two.uri) as (line, told),
        ):

            def holds() -> list[bool]:
                return [e.held for e in told.told("a") if isinstance(e, HoldChanged)]

            async with RtpPeer(one.rtp_port) as before:
                await join(line, told)
                await until(lambda: holds() == [True])
                # It comes back elsewhere: two that send at once would draw our RTP to and fro.
                before.hush()
                await asyncio.sleep(0.1)
                heard_before = len(before.audible())
                person.talk(tone(500, 0.4).samples)
                await until(lambda: holds() == [True, False])
                assert len(before.audible()) == heard_before, "who holds is not talked to"
            await asyncio.sleep(0.1)
            person.talk(tone(900, 0.6).samples)
            await until(lambda: len(callee.audible()) >= 20)
            heard = len(person.audible())
            callee.talk(tone(700, 0.6).samples)
            await until(lambda: len(person.audible()) >= heard + 20)
            assert not told.ends("a")
            assert not told.ends("b")


async def test_a_person_asks_us_to_hand_the_callee_on(tmp_path: Path) -> None:
    waits = ("-d", "600")
    with (
        Sipp(PHONE, tmp_path) as one,
        Sipp("person-hands-on-by-refer", tmp_path, {"target": "8001"}, waits) as two,
    ):
        async with RtpPeer(one.rtp_port), line_to(one.uri, two.uri) as (line, told):
            next_one = Extension("8001", "t1")
            line.dial(order("a", "t0", opening=SILENCE))
            leg = replace(order("b", "t1"), opening=None, callee=Extension("8000", "t1"))
            line.dial(replace(leg, may_refer_to=(next_one,)))
            await told.hears("a", Answered)
            await told.hears("b", Answered)
            line.join("a", "b")
            assert await told.hears("b", TransferAsked) == TransferAsked(next_one)
            line.tell_referrer("b", 100)
            line.tell_referrer("b", 200)
            await asyncio.sleep(0.2)
            line.end("b")
            assert await told.end_of("b") == LocalEnded()
    assert two.verdict == "passed"


async def test_a_refer_is_answered_by_notify(tmp_path: Path) -> None:
    with Sipp("callee-is-referred", tmp_path, {"outcome": "200 OK"}) as phone:
        async with RtpPeer(phone.rtp_port), line_to(phone.uri) as (line, told):
            line.dial(order("a", "t0", opening=SILENCE))
            await told.hears("a", Answered)
            line.refer("a", Extension("8000", "t0"))
            await until(lambda: bool(answers(told)) and answers(told)[-1].over)
            assert answers(told)[-1].code == 200
            line.end("a")
            await told.end_of("a")
    assert phone.verdict == "passed"
    refer = next(each for each in phone.messages() if each.what == "REFER")
    assert refer.header("Refer-To") == f"<sip:8000@127.0.0.1:{phone.port}>"
    assert CALLER.clear in str(refer.header("Referred-By"))


async def test_a_refer_whose_target_is_busy_has_failed(tmp_path: Path) -> None:
    with Sipp("callee-is-referred", tmp_path, {"outcome": "486 Busy Here"}) as phone:
        async with RtpPeer(phone.rtp_port), line_to(phone.uri) as (line, told):
            line.dial(order("a", "t0", opening=SILENCE))
            await told.hears("a", Answered)
            line.refer("a", Extension("8000", "t0"))
            await until(lambda: bool(answers(told)) and answers(told)[-1].over)
            assert answers(told)[-1].code == 486
            assert not told.ends("a")
            line.end("a")
            await told.end_of("a")
    assert phone.verdict == "passed"


def answers(told: Listener) -> list[ReferAnswered]:
    return [event for event in told.told("a") if isinstance(event, ReferAnswered)]


def pitch(phone: RtpPeer) -> int:
    """The strongest tone of what was heard last, to the nearest 100 Hz."""
    frames = [decode(each.packet.payload, each.packet.payload_type) for each in phone.audible()]
    samples = np.concatenate(frames[-12:]).astype(float)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return round(float(np.argmax(spectrum)) * 8000 / len(samples) / 100) * 100


@pytest.mark.parametrize("there", [True, False])
async def test_who_holds_without_a_sound_is_asked_and_not_lost(there: bool) -> None:
    ports = free_rtp_port(), free_rtp_port()
    settings = replace(SETTINGS, rtp_silence=1.5)
    async with (
        RtpPeer(ports[0]),
        RtpPeer(ports[1]) as person,
        Uas() as callees,
        Uas() as persons,
    ):
        for far, port in ((callees, ports[0]), (persons, ports[1])):
            far.on["INVITE"] = partial(_answer_at, port)
        async with running(callees.uri, persons.uri, settings=settings) as (line, told):
            await join(line, told)
            person.hush()
            if not there:
                persons.on["OPTIONS"] = None
            await asyncio.sleep(5)
            lost = [event for event in told.told("b") if isinstance(event, PeerLost)]
            asked = len(persons.requests("OPTIONS"))
            if there:
                assert not lost
                assert asked >= 2
            else:
                assert await told.end_of("b", 10) == PeerLost("rtp silence")
            assert not callees.requests("OPTIONS"), "who is heard is not asked"


def _answer_at(port: int, uas: Uas, request: Message) -> None:
    uas.answer(request, sdp(port))
