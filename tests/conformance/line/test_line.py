"""What `dialer.ports.line.Line` promises, whoever makes it."""

from __future__ import annotations

import asyncio

import pytest

from audio.events import (
    BargeIn,
    BargeInPolicy,
    DtmfReceived,
    FalseAlarm,
    ItemPlayed,
    PlaybackDone,
    PlaybackStarted,
    SpeechStarted,
)
from dialer.core.values.events import (
    Answered,
    CancelWaits,
    InviteSent,
    LocalEnded,
    Progressed,
    Rejected,
    RemoteHungUp,
)
from tests.conformance.line.labs import Kind, Lab
from tests.support.line import ENDS
from tests.support.rtp import playlist, tone
from tests.support.waiting import until

PLAYBACK = {PlaybackStarted, ItemPlayed, PlaybackDone}
QUIET_AFTER = 0.2
"""Seconds after an end in which nothing more may be told."""


async def assert_ended_once(lab: Lab, attempt: str = "a") -> None:
    await asyncio.sleep(QUIET_AFTER)
    told = lab.told.told(attempt)
    assert [event for event in told if isinstance(event, ENDS)] == [told[-1]], told


def kinds(lab: Lab, attempt: str = "a") -> list[type]:
    return [type(event) for event in lab.told.told(attempt)]


@pytest.mark.parametrize(
    "kind,end",
    [
        (Kind.BUSY, Rejected(486, q850=17)),
        (Kind.DECLINES, Rejected(603, q850=21)),
        (Kind.CONGESTED, Rejected(503, q850=34, retry_after=30)),
        (Kind.UNALLOCATED, Rejected(404, q850=1)),
        (Kind.UNAVAILABLE, Rejected(480, q850=20)),
    ],
)
async def test_a_refusal_is_told_as_it_came(lab: Lab, kind: Kind, end: Rejected) -> None:
    lab.line.dial(lab.order(kind))
    assert await lab.told.end_of("a") == end
    await assert_ended_once(lab)
    assert kinds(lab)[0] is InviteSent
    assert Answered not in kinds(lab)


async def test_an_answered_call_hears_its_opening_and_ends_when_told(lab: Lab) -> None:
    lab.line.dial(lab.order(Kind.LISTENS))
    sent = await lab.told.hears("a", InviteSent)
    assert sent.sip_call_id
    assert await lab.told.hears("a", Progressed) == Progressed(180, early_media=False)
    done = await lab.told.hears("a", PlaybackDone)
    assert (done.play_id, done.completed, done.sample) == (1, True, 3200)
    started = await lab.told.hears("a", PlaybackStarted)
    assert (started.play_id, started.handle) == (1, done.handle)
    signalling = [kind for kind in kinds(lab) if kind not in PLAYBACK]
    assert signalling == [InviteSent, Progressed, Answered]
    lab.line.end("a")
    assert await lab.told.end_of("a") == LocalEnded()
    await assert_ended_once(lab)


async def test_times_are_those_of_the_events(lab: Lab) -> None:
    before = asyncio.get_running_loop().time()
    lab.line.dial(lab.order(Kind.LISTENS))
    await lab.told.hears("a", PlaybackDone)
    at = [lab.told.when("a", kind) for kind in (InviteSent, Progressed, Answered, PlaybackDone)]
    assert at == sorted(at)
    assert before <= at[0]
    assert at[-1] <= asyncio.get_running_loop().time()


async def test_a_cancelled_call_ends_and_is_never_answered(lab: Lab) -> None:
    lab.line.dial(lab.order(Kind.RINGS))
    await lab.told.hears("a", Progressed)
    lab.line.end("a")
    lab.line.end("a")
    assert await lab.told.end_of("a") in {LocalEnded(), Rejected(487)}
    await assert_ended_once(lab)
    assert Answered not in kinds(lab)


async def test_an_end_asked_for_at_once_is_an_end(lab: Lab) -> None:
    lab.line.dial(lab.order(Kind.RINGS))
    lab.line.end("a")
    assert await lab.told.end_of("a") in {LocalEnded(), Rejected(487)}
    await assert_ended_once(lab)


async def test_a_200_that_crosses_the_cancel_is_hung_up_and_hears_nothing(lab: Lab) -> None:
    lab.line.dial(lab.order(Kind.ANSWERS_THE_CANCEL))
    await lab.told.hears("a", Progressed)
    lab.line.end("a")
    await lab.told.hears("a", Answered)
    lab.line.end("a")
    assert await lab.told.end_of("a") == LocalEnded()
    await assert_ended_once(lab)
    assert PlaybackStarted not in kinds(lab)


@pytest.mark.parametrize(
    "kind, said", [(Kind.RINGS_LATE, Progressed), (Kind.ANSWERS_LATE, Answered)]
)
async def test_what_drew_no_reply_and_was_given_up_is_ended_whatever_comes_late(
    lab: Lab, kind: Kind, said: type[Progressed | Answered]
) -> None:
    lab.line.dial(lab.order(kind))
    await lab.told.hears("a", InviteSent)
    lab.line.end("a")
    await lab.told.hears("a", CancelWaits)
    lab.line.end("a")
    assert await lab.told.end_of("a") == LocalEnded()
    assert kinds(lab) == [InviteSent, CancelWaits, said, LocalEnded]


async def test_a_callee_who_hangs_up(lab: Lab) -> None:
    lab.line.dial(lab.order(Kind.DROPS))
    assert await lab.told.end_of("a") == RemoteHungUp(q850=16)
    await assert_ended_once(lab)
    assert Answered in kinds(lab)


async def test_early_media_is_progress_and_nothing_is_played_into_it(lab: Lab) -> None:
    lab.line.dial(lab.order(Kind.EARLY_MEDIA))
    assert await lab.told.hears("a", Progressed) == Progressed(183, early_media=True)
    await lab.told.hears("a", PlaybackStarted)
    order = kinds(lab)
    assert order.index(Progressed) < order.index(Answered) < order.index(PlaybackStarted)
    assert lab.told.when("a", PlaybackStarted) >= lab.told.when("a", Answered)


async def test_a_playback_that_is_replaced_ends_uncompleted(lab: Lab) -> None:
    lab.line.dial(lab.order(Kind.LISTENS, opening=playlist(tone(440, 20.0), play_id=0)))
    await lab.told.hears("a", PlaybackStarted)
    lab.line.play("a", playlist(tone(880, 0.2), play_id=7))
    await until(lambda: kinds(lab).count(PlaybackDone) == 2)
    replaced, played = [e for e in lab.told.told("a") if isinstance(e, PlaybackDone)]
    assert (replaced.play_id, replaced.completed) == (0, False)
    assert 0 <= replaced.sample < 20 * 8000
    assert (played.play_id, played.completed, played.sample) == (7, True, 1600)


async def test_a_playback_that_is_stopped_tells_how_far_it_got(lab: Lab) -> None:
    lab.line.dial(lab.order(Kind.LISTENS, opening=playlist(tone(440, 20.0))))
    await lab.told.hears("a", PlaybackStarted)
    await asyncio.sleep(0.3)
    lab.line.stop("a")
    stopped = await lab.told.hears("a", PlaybackDone)
    assert not stopped.completed
    assert 0 < stopped.sample < 20 * 8000
    lab.line.stop("a")
    await asyncio.sleep(QUIET_AFTER)
    assert kinds(lab).count(PlaybackDone) == 1


async def test_a_key_is_told_once(lab: Lab) -> None:
    lab.line.dial(lab.order(Kind.PRESSES_2))
    key = await lab.told.hears("a", DtmfReceived)
    assert key.digit == "2"
    await asyncio.sleep(QUIET_AFTER)
    assert kinds(lab).count(DtmfReceived) == 1


async def test_speech_stops_a_prompt_that_it_may_stop(lab: Lab) -> None:
    opening = playlist(tone(440, 20.0), policy=BargeInPolicy.STOP)
    lab.line.dial(lab.order(Kind.TALKS, opening=opening))
    stopped = await lab.told.hears("a", BargeIn)
    assert stopped.play_id == 1
    assert stopped.onset <= stopped.at
    done = await lab.told.hears("a", PlaybackDone)
    assert (done.play_id, done.completed) == (1, False)
    assert SpeechStarted in kinds(lab)


@pytest.mark.parametrize("policy", [BargeInPolicy.DUCK, BargeInPolicy.PROTECTED])
async def test_speech_does_not_stop_what_it_may_not_stop(lab: Lab, policy: BargeInPolicy) -> None:
    opening = playlist(tone(440, lab.over_by(Kind.TALKS)), policy=policy)
    lab.line.dial(lab.order(Kind.TALKS, opening=opening))
    done = await lab.told.hears("a", PlaybackDone)
    assert done.completed
    assert SpeechStarted in kinds(lab)
    assert BargeIn not in kinds(lab)


async def test_a_cough_lets_the_prompt_come_back(lab: Lab) -> None:
    opening = playlist(tone(440, lab.over_by(Kind.COUGHS)), policy=BargeInPolicy.STOP)
    lab.line.dial(lab.order(Kind.COUGHS, opening=opening))
    alarm = await lab.told.hears("a", FalseAlarm)
    assert alarm.play_id == 1
    assert (await lab.told.hears("a", PlaybackDone)).completed
    assert BargeIn not in kinds(lab)


@pytest.mark.parametrize("command", ["end", "stop", "play", "send_dtmf"])
async def test_a_command_for_what_is_over_or_unknown_does_nothing(lab: Lab, command: str) -> None:
    arguments = {"play": (playlist(tone(440, 0.1)),), "send_dtmf": ("1",)}.get(command, ())
    lab.line.dial(lab.order(Kind.BUSY))
    await lab.told.end_of("a")
    for attempt in ("a", "unknown"):
        getattr(lab.line, command)(attempt, *arguments)
    await assert_ended_once(lab)
    assert lab.told.told("unknown") == []


async def test_calls_at_once_do_not_mix(lab: Lab) -> None:
    wanted = {"a": Kind.LISTENS, "b": Kind.BUSY, "c": Kind.LISTENS, "d": Kind.UNALLOCATED}
    for attempt, kind in wanted.items():
        lab.line.dial(lab.order(kind, attempt))
    assert await lab.told.end_of("b") == Rejected(486, q850=17)
    assert await lab.told.end_of("d") == Rejected(404, q850=1)
    handles = {(await lab.told.hears(attempt, PlaybackDone)).handle for attempt in ("a", "c")}
    assert len(handles) == 2
    lab.line.end("a")
    assert await lab.told.end_of("a") == LocalEnded()
    await asyncio.sleep(QUIET_AFTER)
    assert not lab.told.ends("c")


async def test_close_ends_every_call_and_tells_it(lab: Lab) -> None:
    for attempt, kind in {"a": Kind.LISTENS, "b": Kind.RINGS, "c": Kind.LISTENS}.items():
        lab.line.dial(lab.order(kind, attempt))
    await lab.told.hears("a", Answered)
    await lab.told.hears("b", Progressed)
    await lab.told.hears("c", Answered)
    async with asyncio.timeout(5):
        await lab.line.close()
    for attempt in "abc":
        assert len(lab.told.ends(attempt)) == 1
        assert lab.told.told(attempt)[-1] in lab.told.ends(attempt)
    with pytest.raises(RuntimeError):
        lab.line.dial(lab.order(Kind.LISTENS, "d"))
    await lab.line.close()


async def test_an_attempt_under_way_cannot_be_dialled_again(lab: Lab) -> None:
    lab.line.dial(lab.order(Kind.LISTENS))
    with pytest.raises(ValueError, match="a"):
        lab.line.dial(lab.order(Kind.LISTENS))
    await lab.told.hears("a", Answered)


class KeptTape:
    """A tape that counts what it gets; it may be written to on another thread."""

    is_ready = True

    def __init__(self) -> None:
        self.frames = 0
        self.ends: list[int] = []

    def write(self, frames: object) -> None:
        self.frames += len(frames)  # type: ignore[arg-type]

    def skip(self, frames: int) -> None:
        self.frames += frames

    def end(self, lost: int) -> None:
        self.ends.append(lost)


async def test_a_recording_ends_with_its_call(lab: Lab) -> None:
    tape = KeptTape()
    lab.line.dial(lab.order(Kind.LISTENS))
    await lab.told.hears("a", Answered)
    lab.line.record("a", tape)
    await lab.told.hears("a", PlaybackDone)
    assert tape.ends == []
    lab.line.end("a")
    await lab.told.end_of("a")
    await until(lambda: tape.ends == [0])


async def test_a_recording_that_is_stopped_ends_and_the_call_goes_on(lab: Lab) -> None:
    tape = KeptTape()
    lab.line.dial(lab.order(Kind.LISTENS))
    await lab.told.hears("a", Answered)
    lab.line.record("a", tape)
    lab.line.stop_recording("a")
    await until(lambda: tape.ends == [0])
    done = await lab.told.hears("a", PlaybackDone)
    assert done.completed
    lab.line.end("a")
    await lab.told.end_of("a")


async def test_what_is_not_answered_is_not_recorded(lab: Lab) -> None:
    tape = KeptTape()
    lab.line.dial(lab.order(Kind.RINGS))
    await lab.told.hears("a", Progressed)
    lab.line.record("a", tape)
    await until(lambda: tape.ends == [0])
    lab.line.stop_recording("a")
    lab.line.end("a")
    await lab.told.end_of("a")
    assert tape.frames == 0


async def test_the_end_of_each_item_is_told_in_order(lab: Lab) -> None:
    opening = playlist(tone(440, 0.4), tone(550, 0.4), tone(660, 0.4))
    lab.line.dial(lab.order(Kind.LISTENS, opening=opening))
    await lab.told.hears("a", PlaybackDone)
    items = [event for event in lab.told.told("a") if isinstance(event, ItemPlayed)]
    assert [(event.play_id, event.item) for event in items] == [(1, 0), (1, 1), (1, 2)]
    began = lab.told.when("a", PlaybackStarted)
    # Each is nearer to its own end than to any other item's.
    assert [event.at - began for event in items] == pytest.approx([0.4, 0.8, 1.2], abs=0.19)
    assert lab.told.told("a").index(items[-1]) < kinds(lab).index(PlaybackDone)
    lab.line.end("a")
    await lab.told.end_of("a")
