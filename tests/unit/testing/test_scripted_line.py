"""What the fake does beyond the suite that every line passes: plans, on a clock that is moved."""

from __future__ import annotations

import pytest

from audio.events import PlaybackDone, SpeechEnded, SpeechStarted
from dialer.core.values.events import (
    Answered,
    DialFailed,
    HoldChanged,
    InviteSent,
    LocalEnded,
    LocalFault,
    PeerLost,
    Progressed,
    Rejected,
)
from dialer.ports.line import AnyLineEvent
from dialer.testing import (
    Answer,
    Callee,
    Fail,
    FakeClock,
    Heard,
    Hold,
    OnCancel,
    Reject,
    ScriptedLine,
    Talk,
    Vanish,
)
from tests.support.line import NOTICE, order
from tests.support.rtp import playlist, tone


class Scene:
    """A scripted line on a fake clock, whose every callee is the same."""

    def __init__(self, callee: Callee) -> None:
        self.clock = FakeClock(monotonic=0.0)
        self.line = ScriptedLine(lambda _dial: callee, self.clock)
        self.events: list[tuple[float, AnyLineEvent]] = []

    async def dial(self) -> None:
        await self.line.start(lambda _attempt, at, event: self.events.append((at, event)))
        self.line.dial(order())

    def told(self) -> list[AnyLineEvent]:
        return [event for _at, event in self.events]


async def test_nothing_is_told_before_time_moves() -> None:
    scene = Scene(Callee())
    await scene.dial()
    assert scene.told() == []
    scene.clock.advance()
    assert scene.told() == [InviteSent("a@scripted")]


async def test_a_phone_that_is_answered_rings_no_more() -> None:
    scene = Scene(Callee(rings_after=0.5, final=Answer(0.1)))
    await scene.dial()
    scene.clock.advance(1)
    assert not any(isinstance(event, Progressed) for event in scene.told())
    assert Answered() in scene.told()


async def test_what_the_callee_heard_is_kept() -> None:
    scene = Scene(Callee())
    await scene.dial()
    scene.clock.advance(1)
    scene.line.play("a", playlist(tone(440, 1, "one"), tone(440, 1, "two"), play_id=2))
    scene.clock.advance(0.5)
    scene.line.end("a")
    scene.clock.advance(1)
    assert [
        (each.attempt, each.play_id, each.prompts, each.completed) for each in scene.line.heard
    ] == [("a", NOTICE.play_id, ("notice",), True), ("a", 2, ("one",), False)]
    assert isinstance(scene.line.heard[0], Heard)
    assert scene.line.live == ()


@pytest.mark.parametrize(
    "callee,end",
    [
        (Callee(final=Fail(LocalFault.VETOED)), DialFailed(LocalFault.VETOED)),
        (Callee(None, final=Reject(408, 32, heard=False)), Rejected(408, heard=False)),
        (Callee(acts=(Vanish(3.0),)), PeerLost("rtp_silence")),
    ],
)
async def test_ends_that_are_hard_to_bring_about_on_a_wire(
    callee: Callee, end: AnyLineEvent
) -> None:
    scene = Scene(callee)
    await scene.dial()
    scene.clock.advance(60)
    assert scene.told()[-1] == end


async def test_a_cancel_that_nobody_hears_of_again() -> None:
    scene = Scene(Callee(final=None, on_cancel=OnCancel.IGNORES))
    await scene.dial()
    scene.clock.advance(1)
    scene.line.end("a")
    told = len(scene.told())
    scene.clock.advance(1000)
    assert len(scene.told()) == told
    await scene.line.close()
    assert scene.told()[-1] == LocalEnded()


async def test_hold_and_speech_come_at_their_times() -> None:
    scene = Scene(Callee(acts=(Hold(1.0), Hold(2.0, held=False), Talk(3.0, 1.0))))
    await scene.dial()
    scene.clock.advance(10)
    answered = next(at for at, event in scene.events if isinstance(event, Answered))
    after = {
        type(event): round(at - answered, 3)
        for at, event in scene.events
        if isinstance(event, SpeechStarted | SpeechEnded)
    }
    assert after == {SpeechStarted: 3.2, SpeechEnded: 4.3}
    assert [event.held for event in scene.told() if isinstance(event, HoldChanged)] == [True, False]
    assert [event.completed for event in scene.told() if isinstance(event, PlaybackDone)] == [True]


async def test_keys_we_send_are_kept_and_nonsense_is_refused() -> None:
    scene = Scene(Callee())
    await scene.dial()
    scene.clock.advance(1)
    scene.line.send_dtmf("a", "40*")
    with pytest.raises(ValueError, match="keys"):
        scene.line.send_dtmf("a", "4x")
    assert scene.line.sent_dtmf == [("a", "40*")]


def test_commands_before_the_start_are_refused() -> None:
    line = ScriptedLine(lambda _dial: Callee(), FakeClock())
    with pytest.raises(RuntimeError, match="not up"):
        line.dial(order())
    with pytest.raises(RuntimeError, match="not up"):
        line.end("a")
