"""Call and ScriptRun over a ScriptedLine, under callees and wishes of every kind."""

from __future__ import annotations

import asyncio

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from audio.events import (
    BargeIn,
    BargeInPolicy,
    DtmfReceived,
    FalseAlarm,
    ItemPlayed,
    PlaybackDone,
    PlaybackStarted,
    SpeechEnded,
    SpeechStarted,
)
from audio.prompts import Prompt
from dialer.core.calls.call import Call, CallLimits
from dialer.core.calls.commands import (
    Cancel,
    Command,
    Finish,
    HangUp,
    SendInvite,
    StartConversation,
)
from dialer.core.dialog.script_commands import EndCall, Play, RecordOptOut, ScriptCommand
from dialer.core.dialog.script_run import ScriptRun
from dialer.core.values.events import (
    CallEvent,
    DeadlinePassed,
    DialFailed,
    DialRequested,
    EndRequested,
    LocalEnded,
    LocalFault,
    OptedOut,
    PeerLost,
    RefusalKept,
    Rejected,
    RemoteHungUp,
    TransferFailed,
)
from dialer.core.values.outcome import Outcome, Reason, Who
from dialer.ports.line import AnyLineEvent, Dial, Playlist, PlaylistItem
from dialer.testing import (
    Answer,
    Callee,
    Fail,
    FakeClock,
    Hold,
    OnCancel,
    Press,
    Reject,
    RemoteBye,
    ScriptedLine,
    Talk,
    Vanish,
)
from tests.support.orders import CALLER_ID, number
from tests.support.scripts import renewal

LAST = (Rejected, DialFailed, RemoteHungUp, LocalEnded, PeerLost)
AUDIO = (
    PlaybackStarted,
    ItemPlayed,
    PlaybackDone,
    SpeechStarted,
    SpeechEnded,
    BargeIn,
    FalseAlarm,
    DtmfReceived,
)
LIMITS = CallLimits(no_progress=4, ring=20, talk=60, cancel_grace=32, bye_grace=32)

SECONDS = st.floats(0, 30)
FINALS = st.one_of(
    st.none(),
    st.builds(Answer, SECONDS),
    st.builds(Reject, st.sampled_from([404, 408, 480, 486, 503, 603, 607]), SECONDS),
    st.builds(Fail, st.sampled_from(LocalFault), SECONDS),
)
ACTS = st.lists(
    st.one_of(
        st.builds(Press, st.sampled_from("0123"), SECONDS),
        st.builds(Talk, SECONDS, st.floats(0.05, 4)),
        st.builds(Hold, SECONDS, st.booleans()),
        st.builds(RemoteBye, SECONDS),
        st.builds(Vanish, SECONDS),
    ),
    max_size=4,
).map(tuple)
CALLEES = st.builds(
    Callee, st.none() | SECONDS, st.booleans(), FINALS, ACTS, st.sampled_from(OnCancel)
)


class OneCall:
    """What the service does for one attempt, and no more than that."""

    def __init__(self, callee: Callee) -> None:
        self.clock = FakeClock()
        self.line = ScriptedLine(lambda _dial: callee, self.clock)
        self.call = Call(LIMITS)
        self.run = ScriptRun(renewal(BargeInPolicy.STOP))
        self.events: list[AnyLineEvent] = []
        self.commands: list[Command] = []

    def begin(self) -> None:
        asyncio.run(self.line.start(self.hear))
        self.feed(DialRequested())

    def hear(self, _attempt: str, at: float, event: AnyLineEvent) -> None:
        self.events.append(event)
        if isinstance(event, AUDIO):
            self.obey(self.run.handle(event, at))
        else:
            self.feed(event)

    def feed(self, event: CallEvent) -> None:
        for command in self.call.handle(event, self.clock.monotonic()):
            self.commands.append(command)
            match command:
                case SendInvite():
                    opening = playlist(self.run.opening())
                    self.line.dial(Dial("a1", "carrier-a", number(), CALLER_ID, opening))
                case Cancel() | HangUp():
                    self.line.end("a1")
                case StartConversation():
                    self.run.answered(self.clock.monotonic())
                case Finish():
                    pass

    def obey(self, commands: tuple[ScriptCommand, ...]) -> None:
        for command in commands:
            match command:
                case Play():
                    self.line.play("a1", playlist(command))
                case RecordOptOut():
                    self.feed(OptedOut())
                    self.obey(self.run.handle(RefusalKept(), self.clock.monotonic()))
                case EndCall(reason):
                    self.feed(EndRequested(reason))
                case _:
                    self.obey(self.run.handle(TransferFailed(), self.clock.monotonic()))

    def live(self, end_at: float, reason: Reason) -> None:
        """Let time pass in small steps until the call has ended; ask for its end at `end_at`."""
        started, asked = self.clock.monotonic(), False
        while self.call.outcome is None:
            self.clock.advance(0.25)
            now = self.clock.monotonic()
            assert now < started + 200, "the call does not end"
            if not asked and now >= started + end_at and self.call.outcome is None:
                asked = True
                self.feed(EndRequested(reason))
            for machine in (self.call, self.run):
                deadline = machine.next_deadline()
                if deadline is not None and now >= deadline:
                    if machine is self.call:
                        self.feed(DeadlinePassed())
                    elif self.call.outcome is None:
                        self.obey(self.run.handle(DeadlinePassed(), now))
        self.clock.advance(100)


def playlist(play: Play) -> Playlist:
    items = tuple(
        PlaylistItem(Prompt(key, np.zeros(8000, np.int16), 8000), policy)
        for key, policy in play.items
    )
    return Playlist(play.play_id, items)


@settings(max_examples=100, deadline=None)
@given(
    callee=CALLEES,
    end_at=st.floats(0, 100),
    reason=st.sampled_from([Reason.DRAINED, Reason.CANCELLED]),
)
def test_every_call_ends_once_and_says_first_who_is_calling(
    callee: Callee, end_at: float, reason: Reason
) -> None:
    one = OneCall(callee)
    one.begin()
    one.live(end_at, reason)

    finishes = [each for each in one.commands if isinstance(each, Finish)]
    assert len(finishes) == 1
    assert one.commands[-1] == finishes[0]

    last = [at for at, event in enumerate(one.events) if isinstance(event, LAST)]
    assert last in ([], [len(one.events) - 1])
    if not last:
        assert callee.on_cancel is OnCancel.IGNORES
        assert Cancel() in one.commands

    if one.line.heard:
        first = one.line.heard[0]
        assert first.prompts[:1] in ((), ("disclosure.identity",))
        if len(one.line.heard) > 1 and not one.run.opted_out:
            assert first.completed

    if one.run.opted_out:
        assert finishes[0].outcome == Outcome(Who.CALLEE, Reason.OPTED_OUT)
        opted_out_at = one.run.path.index("goodbye") if "goodbye" in one.run.path else None
        assert opted_out_at in (None, len(one.run.path) - 1)
