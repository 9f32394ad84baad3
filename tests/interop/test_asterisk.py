"""Calls of the real SIP line to a real Asterisk 22: what either side says, and what it means."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from audio.events import DtmfReceived, PlaybackDone, PlaybackStarted
from audio.prompts import Prompt
from dialer.core.values.events import (
    Answered,
    HoldChanged,
    LocalEnded,
    PeerLost,
    Progressed,
    Rejected,
    RemoteHungUp,
)
from dialer.core.values.number import E164
from dialer.sip.settings import DtmfMethod, TrunkSettings
from sipp_scenarios.media import speak
from tests.support.asterisk import Asterisk
from tests.support.capture import Capture
from tests.support.line import SETTINGS, order, running
from tests.support.rtp import RtpPeer, playlist, tone
from tests.support.sipp import Sipp, free_rtp_port
from tests.support.sound import found_in
from tests.support.waiting import until

BUSY, NO_CIRCUIT, NOBODY, REFUSES = "03", "04", "05", "06"
HANGS_UP = "07"
RINGS = "08"
IS_RECORDED = "09"
PRESSES_2 = "10"
PRESSES_BACK = "11"
HEARS_ITSELF = "02"
BEHIND_PBX = "20"


@pytest.fixture(scope="module")
def pbx() -> Iterator[Asterisk]:
    with Asterisk() as asterisk:
        yield asterisk


def callee(which: str) -> E164:
    return E164(f"+86139000000{which}")


@pytest.mark.parametrize("codec", ["PCMA", "PCMU"])
async def test_an_answered_callee_hears_the_notice_first_and_whole(
    pbx: Asterisk, codec: str
) -> None:
    notice = Prompt("notice", speak("This is the automated assistant of Example Bank."), 8000)
    settings = replace(SETTINGS, codecs=(codec,))
    with Capture({pbx.port}) as wire:
        async with running(pbx.uri, settings=settings) as (line, listener):
            line.dial(order(opening=playlist(notice), callee=callee(IS_RECORDED)))
            await listener.hears("a", Answered)
            await listener.hears("a", PlaybackDone)
            line.end("a")
            assert await listener.end_of("a") == LocalEnded()
        heard = await pbx.heard()
    answers = [message for message in wire.sip() if message.what == "200"]
    assert f" {codec}/8000" in answers[0].text
    begins, alike = found_in(heard, notice.samples)
    assert alike > 0.98
    # Before it: nothing but the time that the recording ran before our first packet came.
    assert not np.any(np.abs(heard[:begins]) > 200)
    assert begins < 0.2 * 8000


@pytest.mark.parametrize(
    "which, code, cause",
    [(BUSY, 486, 17), (NO_CIRCUIT, 503, 34), (NOBODY, 404, 1), (REFUSES, 403, 21)],
)
async def test_a_refusal_comes_with_its_code_and_cause(
    pbx: Asterisk, which: str, code: int, cause: int
) -> None:
    async with running(pbx.uri) as (line, listener):
        line.dial(order(callee=callee(which)))
        end = await listener.end_of("a")
    assert isinstance(end, Rejected)
    assert (end.code, end.q850) == (code, cause)


async def test_a_call_that_rings_is_cancelled(pbx: Asterisk) -> None:
    with Capture({pbx.port}) as wire:
        async with running(pbx.uri) as (line, listener):
            line.dial(order(callee=callee(RINGS)))
            assert await listener.hears("a", Progressed) == Progressed(180, early_media=False)
            assert pbx.channels() == 1
            line.end("a")
            assert await listener.end_of("a") == LocalEnded()
        await until(lambda: pbx.channels() == 0)
    said = [message.what for message in wire.sip()]
    assert said.count("CANCEL") == 1
    assert said.count("487") == 1
    assert "BYE" not in said


async def test_a_callee_who_hangs_up_is_told_with_the_cause(pbx: Asterisk) -> None:
    async with running(pbx.uri) as (line, listener):
        line.dial(order(opening=playlist(tone(440, 5.0)), callee=callee(HANGS_UP)))
        await listener.hears("a", Answered)
        assert await listener.end_of("a") == RemoteHungUp(16)


async def test_a_key_of_the_callee_comes_once(pbx: Asterisk) -> None:
    async with running(pbx.uri) as (line, listener):
        line.dial(order(opening=playlist(tone(440, 5.0)), callee=callee(PRESSES_2)))
        await listener.hears("a", DtmfReceived)
        await asyncio.sleep(0.3)  # copies of its last packet would come now
        line.end("a")
        await listener.end_of("a")
    assert keys(listener.told("a")) == "2"


@pytest.mark.parametrize("method", list(DtmfMethod))
async def test_keys_that_we_send_are_read_and_pressed_back(
    pbx: Asterisk, method: DtmfMethod
) -> None:
    trunk = TrunkSettings("", "", dtmf=method)
    async with running(pbx.uri, trunk=trunk) as (line, listener):
        line.dial(order(callee=callee(PRESSES_BACK)))
        await listener.hears("a", PlaybackDone)
        line.send_dtmf("a", "407")
        await until(lambda: len(keys(listener.told("a"))) == 3)
        line.end("a")
        await listener.end_of("a")
    assert keys(listener.told("a")) == "407"


async def test_a_phone_behind_the_pbx_puts_us_on_hold_and_takes_us_back(tmp_path: Path) -> None:
    moved = free_rtp_port()
    with (
        Sipp("callee-holds-by-reinvite", tmp_path, {"new_rtp_port": moved}) as phone,
        Asterisk(outside=phone.uri) as pbx,
    ):
        async with (
            RtpPeer(phone.rtp_port),
            RtpPeer(moved) as other,
            running(pbx.uri) as (line, listener),
        ):
            line.dial(order(opening=playlist(tone(440, 8.0)), callee=callee(BEHIND_PBX)))
            await until(lambda: holds(listener.told("a")) == [True, False])
            await until(lambda: len(other.audible()) > 10)
            line.end("a")
            assert await listener.end_of("a") == LocalEnded()
            await until(lambda: pbx.channels() == 0)


async def test_a_pbx_that_dies_is_lost_and_takes_calls_again_when_it_is_back() -> None:
    settings = replace(SETTINGS, rtp_silence=1.5)
    with Asterisk() as pbx:
        async with running(pbx.uri, settings=settings) as (line, listener):
            line.dial(order(opening=playlist(tone(440, 20.0)), callee=callee(HEARS_ITSELF)))
            await listener.hears("a", PlaybackStarted)
            pbx.kill()
            assert isinstance(await listener.end_of("a"), PeerLost)
            pbx.start()
            line.dial(order("b", callee=callee(HANGS_UP)))
            assert await listener.end_of("b") == RemoteHungUp(16)


def keys(events: Sequence[object]) -> str:
    return "".join(event.digit for event in events if isinstance(event, DtmfReceived))


def holds(events: Sequence[object]) -> list[bool]:
    return [event.held for event in events if isinstance(event, HoldChanged)]
