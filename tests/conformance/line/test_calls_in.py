"""What `dialer.ports.line.Line` promises of a call that comes in, whoever makes it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from audio.events import PlaybackDone
from dialer.core.values.events import Answered, Arrived, Joined, LocalEnded, RemoteHungUp
from tests.conformance.line.labs import Kind, Lab
from tests.support.line import CALLEE, CALLER, NOTICE


async def test_it_is_told_answered_and_ended(lab: Lab, tmp_path: Path) -> None:
    with lab.caller(tmp_path):
        name = await lab.arrived()
        arrived = await lab.told.hears(name, Arrived)
        assert (arrived.called, arrived.caller) == (CALLER, CALLEE)
        assert arrived.sip_call_id
        lab.line.answer(name, NOTICE)
        done = await lab.told.hears(name, PlaybackDone)
        assert (done.play_id, done.completed) == (NOTICE.play_id, True)
        kinds = [type(event) for event in lab.told.told(name)]
        assert kinds[:2] == [Arrived, Answered]
        lab.line.end(name)
        assert await lab.told.end_of(name) == LocalEnded()
        lab.line.answer(name, NOTICE)
        lab.line.turn_away(name, 503)
        await asyncio.sleep(0.2)
        assert len(lab.told.ends(name)) == 1


async def test_it_is_turned_away(lab: Lab, tmp_path: Path) -> None:
    with lab.caller(tmp_path):
        name = await lab.arrived()
        lab.line.turn_away(name, 503, 30)
        lab.line.answer(name, NOTICE)
        assert await lab.told.end_of(name) == LocalEnded()
        assert Answered not in {type(event) for event in lab.told.told(name)}


async def test_it_is_joined_with_a_call_of_ours(lab: Lab, tmp_path: Path) -> None:
    with lab.caller(tmp_path):
        name = await lab.arrived()
        lab.line.answer(name, NOTICE)
        lab.line.dial(lab.order(Kind.DROPS, "b"))
        await lab.told.hears(name, Answered)
        await lab.told.hears("b", Answered)
        lab.line.join(name, "b")
        assert await lab.told.hears(name, Joined) == Joined("b")
        assert isinstance(await lab.told.end_of("b"), RemoteHungUp)
        assert not lab.told.ends(name)
        lab.line.end(name)
        assert await lab.told.end_of(name) == LocalEnded()


async def test_close_ends_it(lab: Lab, tmp_path: Path) -> None:
    with lab.caller(tmp_path):
        name = await lab.arrived()
        async with asyncio.timeout(5):
            await lab.line.close()
        assert len(lab.told.ends(name)) == 1
