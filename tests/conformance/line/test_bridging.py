"""What `dialer.ports.line.Line` promises of two calls that are joined, whoever makes it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from audio.events import DtmfReceived, PlaybackDone, PlaybackStarted, SpeechStarted
from dialer.core.values.events import Answered, Joined, LocalEnded, Parted, Progressed, RemoteHungUp
from tests.conformance.line.labs import Kind, Lab
from tests.support.rtp import playlist, tone
from tests.support.waiting import until

LONG = playlist(tone(440, 20.0))


async def joined(lab: Lab, first: Kind = Kind.LISTENS, second: Kind = Kind.LISTENS) -> None:
    """`a`, which hears a long opening, joined with `b`, a leg without one."""
    lab.line.dial(lab.order(first, "a", opening=LONG))
    lab.line.dial(replace(lab.order(second, "b"), opening=None))
    await lab.told.hears("a", PlaybackStarted)
    await lab.told.hears("b", Answered)
    lab.line.join("a", "b")
    assert await lab.told.hears("a", Joined) == Joined("b")
    assert await lab.told.hears("b", Joined) == Joined("a")


async def test_joined_calls_are_told_and_what_was_played_stops(lab: Lab) -> None:
    await joined(lab)
    done = await lab.told.hears("a", PlaybackDone)
    assert not done.completed
    lab.line.end("a")
    assert await lab.told.end_of("a") == LocalEnded()
    assert await lab.told.hears("b", Parted) == Parted()
    assert lab.told.ends("b") == []
    lab.line.end("b")
    assert await lab.told.end_of("b") == LocalEnded()


async def test_one_who_hangs_up_parts_them_and_only_his_call_is_over(lab: Lab) -> None:
    await joined(lab, second=Kind.DROPS)
    assert isinstance(await lab.told.end_of("b"), RemoteHungUp)
    await lab.told.hears("a", Parted)
    assert lab.told.ends("a") == []


async def test_parted_calls_hear_us_again(lab: Lab) -> None:
    await joined(lab)
    lab.line.part("a")
    await lab.told.hears("a", Parted)
    await lab.told.hears("b", Parted)
    lab.line.play("a", playlist(tone(880, 0.2), play_id=7))
    await until(
        lambda: any(
            isinstance(event, PlaybackDone) and event.play_id == 7 and event.completed
            for event in lab.told.told("a")
        )
    )
    lab.line.part("a")
    lab.line.join("a", "b")
    await until(lambda: [type(event) for event in lab.told.told("b")].count(Joined) == 2)
    assert [type(event) for event in lab.told.told("b")].count(Parted) == 1


@pytest.mark.parametrize("kind", [Kind.PRESSES_2, Kind.TALKS])
async def test_keys_and_voice_of_joined_calls_are_for_one_another(lab: Lab, kind: Kind) -> None:
    await joined(lab, first=kind)
    await asyncio.sleep(lab.over_by(kind))
    told = [type(event) for event in lab.told.told("a")]
    assert DtmfReceived not in told
    assert SpeechStarted not in told


async def test_who_is_not_answered_or_joined_already_is_not_joined(lab: Lab) -> None:
    await joined(lab)
    lab.line.dial(lab.order(Kind.RINGS, "c"))
    lab.line.dial(lab.order(Kind.LISTENS, "d"))
    await lab.told.hears("c", Progressed)
    await lab.told.hears("d", Answered)
    for one, other in [("c", "d"), ("d", "d"), ("a", "d"), ("d", "unknown"), ("d", "c")]:
        lab.line.join(one, other)
    lab.line.part("d")
    await asyncio.sleep(0.2)
    for attempt in ("c", "d"):
        assert not {Joined, Parted} & {type(event) for event in lab.told.told(attempt)}
