"""Calls that come in over real SIP: who is let in, and what the line tells of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from audio.events import DtmfReceived, PlaybackDone
from dialer.core.trunks.door import Door, DoorLimits, TurnedAwayFor
from dialer.core.values.events import Answered, Arrived, LocalEnded, RemoteHungUp
from dialer.core.values.number_form import NumberForm
from dialer.sip.line import SipLine
from dialer.sip.settings import TrunkSettings
from tests.support.line import CALLEE, CALLER, NOTICE, SETTINGS, Listener
from tests.support.rtp import RtpPeer
from tests.support.sipp import Sipp
from tests.support.waiting import until

KEYS = {"called": CALLER.clear, "caller": CALLEE.clear}


@asynccontextmanager
async def taking(limits: DoorLimits | None = None) -> AsyncIterator[tuple[SipLine, Listener, Door]]:
    door = Door(limits or DoorLimits())
    china = NumberForm(country="86")
    trunk = TrunkSettings("t0", "sip:127.0.0.1:5099", frozenset({CALLER}), numbers=china)
    line = SipLine(SETTINGS, [trunk], door=door)
    listener = Listener()
    await line.start(listener)
    try:
        yield line, listener, door
    finally:
        await line.close()


def caller(line: SipLine, scenario: str, folder: Path, *options: str, **keys: object) -> Sipp:
    """One call, unless `options` say more."""
    options = ("-m", "1", *options, f"127.0.0.1:{line.port}")
    return Sipp(scenario, folder, {**KEYS, **keys}, options)


async def arrived(listener: Listener) -> str:
    """The name of the call that came in."""
    await until(lambda: bool(listener.events))
    (name,) = listener.events
    return name


async def ended(sipp: Sipp) -> None:
    await until(lambda: sipp.exit_code is not None)


@pytest.mark.parametrize(
    "called, caller_id",
    [
        ("01065550100", "013912345678"),
        ("861065550100", "13912345678"),
        ("+8601065550100", "008613912345678"),
    ],
)
async def test_numbers_are_read_in_every_form_of_the_plan(
    tmp_path: Path, called: str, caller_id: str
) -> None:
    keys = {"called": called, "caller": caller_id}
    async with taking() as (line, listener, _):
        with caller(line, "caller-at-rtp-port", tmp_path, **keys):
            name = await arrived(listener)
            event = await listener.hears(name, Arrived)
            assert (event.called, event.caller) == (CALLER, CALLEE)


async def test_a_caller_is_told_of_answered_and_hung_up_on(tmp_path: Path) -> None:
    async with taking() as (line, listener, door):
        with caller(line, "caller-at-rtp-port", tmp_path) as sipp:
            async with RtpPeer(sipp.rtp_port) as phone:
                name = await arrived(listener)
                event = await listener.hears(name, Arrived)
                assert (event.trunk, event.called, event.caller) == ("t0", CALLER, CALLEE)
                assert event.sip_call_id
                assert door.inside == 1
                line.answer(name, NOTICE)
                await listener.hears(name, Answered)
                await listener.hears(name, PlaybackDone)
                assert len(phone.audible()) > 10
                phone.press("1")
                assert (await listener.hears(name, DtmfReceived)).digit == "1"
                line.end(name)
                assert await listener.end_of(name) == LocalEnded()
                await ended(sipp)
        assert sipp.verdict == "passed"
        assert door.inside == 0


async def test_a_caller_who_hangs_up(tmp_path: Path) -> None:
    async with taking() as (line, listener, _):
        with caller(line, "caller-hangs-up", tmp_path, "-d", "300") as sipp:
            name = await arrived(listener)
            line.answer(name, NOTICE)
            assert await listener.end_of(name) == RemoteHungUp()
            await ended(sipp)
        assert sipp.verdict == "passed"


async def test_a_caller_who_gives_up(tmp_path: Path) -> None:
    async with taking() as (line, listener, door):
        with caller(line, "caller-gives-up-while-it-rings", tmp_path) as sipp:
            name = await arrived(listener)
            assert await listener.end_of(name) == RemoteHungUp()
            await ended(sipp)
        assert sipp.verdict == "passed"
        line.answer(name, NOTICE)
        assert door.inside == 0


async def test_a_call_that_is_turned_away_after_all(tmp_path: Path) -> None:
    async with taking() as (line, listener, door):
        with caller(line, "flood-of-callers-503", tmp_path) as sipp:
            name = await arrived(listener)
            line.turn_away(name, 503, 30)
            assert await listener.end_of(name) == LocalEnded()
            await ended(sipp)
        assert sipp.verdict == "passed"
        assert door.inside == 0


async def test_who_is_turned_away_at_the_door_is_told_to_nobody(tmp_path: Path) -> None:
    limits = DoorLimits(per_minute=1, channels=2, cps=50)
    async with taking(limits) as (line, listener, door):
        with caller(line, "stranger-calls-in", tmp_path) as nobodys:
            await ended(nobodys)
        assert nobodys.verdict == "passed"
        assert not listener.events
        with caller(line, "caller-hangs-up", tmp_path, "-d", "1500"):
            name = await arrived(listener)
            with caller(line, "caller-too-often-486", tmp_path) as again:
                await ended(again)
            assert again.verdict == "passed"
            line.answer(name, NOTICE)
            await listener.end_of(name)
        assert door.turned_away == {
            TurnedAwayFor.NOT_OURS: 1,
            TurnedAwayFor.CALLER: 1,
        }


async def test_a_flood_finds_the_door_shut_and_those_inside_go_on(tmp_path: Path) -> None:
    async with taking(DoorLimits(channels=1, cps=5)) as (line, listener, door):
        with caller(line, "caller-at-rtp-port", tmp_path) as first:
            async with RtpPeer(first.rtp_port) as phone:
                name = await arrived(listener)
                line.answer(name, NOTICE)
                await listener.hears(name, PlaybackDone)
                many = ("-m", "60", "-r", "200")
                with caller(
                    line, "flood-of-callers-503", tmp_path, *many, caller="anonymous"
                ) as flood:
                    await ended(flood)
                assert flood.verdict == "passed"
                assert set(listener.events) == {name}
                assert (
                    door.turned_away[TurnedAwayFor.FULL] + door.turned_away[TurnedAwayFor.FLOOD]
                    == 60
                )
                assert not listener.ends(name)
                assert len(phone.audible()) > 10
                line.end(name)
                await listener.end_of(name)
                await asyncio.sleep(0)


async def test_a_call_that_rings_as_we_close_hears_when_to_come_again(tmp_path: Path) -> None:
    async with taking() as (line, listener, _):
        with caller(line, "flood-of-callers-503", tmp_path) as sipp:
            name = await arrived(listener)
            await line.close()
            assert await listener.end_of(name) == LocalEnded()
            await ended(sipp)
        assert sipp.verdict == "passed"
