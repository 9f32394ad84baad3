"""A call that came in, under any order of events: one end, and a promise kept."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from audio.events import DtmfReceived, PlaybackDone
from dialer.core.calls.inbound import (
    IDENTITY,
    KEPT,
    NOT_KEPT,
    Answer,
    FetchPerson,
    Finish,
    HangUp,
    InboundCall,
    InboundCommand,
    InboundEvent,
    InboundLimits,
    NotReady,
    Ready,
    Stage,
    Suppress,
    TurnAway,
    Written,
)
from dialer.core.dialog.script_commands import CallOff, Play
from dialer.core.values.events import (
    Answered,
    DeadlinePassed,
    EndRequested,
    Joined,
    LocalEnded,
    Parted,
    PeerLost,
    RemoteHungUp,
    TransferFailed,
)
from dialer.core.values.inbound_records import InboundEnding
from dialer.core.values.outcome import Reason


class InboundMachine(RuleBasedStateMachine):
    """Everything that line, store and operator may say, in every order."""

    @initialize(has_people=st.booleans())
    def arrives(self, *, has_people: bool) -> None:
        self.now = 1000.0
        self.has_people = has_people
        self.call = InboundCall(InboundLimits(), self.now, has_people=has_people)
        self.commands: list[InboundCommand] = []
        self.known: bool | None = None
        self.kept = False

    def give(self, event: InboundEvent) -> None:
        self.commands += self.call.handle(event, self.now)

    @rule(known=st.booleans())
    def is_looked_up(self, *, known: bool) -> None:
        if self.call.stage is Stage.ARRIVED:
            self.known = known
        self.give(Ready(known))

    @rule(
        event=st.sampled_from(
            [
                Answered(),
                Joined("b"),
                Parted(),
                TransferFailed(),
                EndRequested(Reason.DRAINED),
                EndRequested(Reason.COMPLETED),
            ]
        )
    )
    def something_happens(self, event: InboundEvent) -> None:
        self.give(event)

    @rule(event=st.sampled_from([RemoteHungUp(), LocalEnded(), PeerLost("x"), NotReady()]))
    def something_ends(self, event: InboundEvent) -> None:
        self.give(event)

    @rule(kept=st.booleans())
    def is_written(self, *, kept: bool) -> None:
        if Suppress() in self.commands:
            if self.call.stage is not Stage.ENDED:
                self.kept = self.kept or kept
            self.give(Written(kept))

    @rule(digit=st.sampled_from("01259*"))
    def key(self, digit: str) -> None:
        self.give(DtmfReceived(1, self.now, digit))

    @rule(completed=st.booleans())
    def prompt_ends(self, *, completed: bool) -> None:
        plays = [each.play_id for each in self.commands if isinstance(each, Play)]
        self.give(PlaybackDone(1, self.now, max(plays, default=0), 0, completed))

    @rule(seconds=st.floats(0, 40))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.give(DeadlinePassed())

    @invariant()
    def it_ends_once_and_nothing_follows(self) -> None:
        ends = [at for at, each in enumerate(self.commands) if isinstance(each, Finish)]
        assert len(ends) <= 1
        assert bool(ends) is (self.call.stage is Stage.ENDED)
        if ends:
            assert ends[0] == len(self.commands) - 1

    @invariant()
    def it_always_waits_for_something(self) -> None:
        assert (self.call.next_deadline() is None) is (self.call.stage is Stage.ENDED)

    @invariant()
    def it_is_answered_or_turned_away_once(self) -> None:
        first = [each for each in self.commands if isinstance(each, Answer | TurnAway)]
        assert len(first) <= 1

    @invariant()
    def a_stranger_hears_who_we_are_and_nothing_else(self) -> None:
        if self.known is False:
            said = [each for each in self.commands if isinstance(each, Play)]
            assert said == []
            assert not {Suppress, FetchPerson} & {type(each) for each in self.commands}
            assert self.call.keys == ""
            for each in self.commands:
                if isinstance(each, Answer):
                    assert [key for key, _ in each.opening.items] == [IDENTITY]

    @invariant()
    def never_again_is_promised_only_once_it_is_kept(self) -> None:
        for each in self.commands:
            if isinstance(each, Play) and each.items[0][0] == KEPT:
                assert self.kept
            if isinstance(each, Play) and each.items[0][0] == NOT_KEPT:
                assert Suppress() in self.commands
        if isinstance(self.commands[-1] if self.commands else None, Finish):
            assert (self.commands[-1] == Finish(InboundEnding.SUPPRESSED)) is self.kept

    @invariant()
    def who_was_fetched_is_called_off_before_the_end(self) -> None:
        if not self.has_people:
            assert FetchPerson() not in self.commands
        open_ = 0
        for each in self.commands:
            open_ += isinstance(each, FetchPerson)
            if isinstance(each, CallOff):
                open_ = 0
        if self.call.stage in {Stage.ENDED, Stage.HANGING_UP, Stage.SUPPRESSING}:
            # One who failed by himself is nobody to be called off.
            assert open_ == 0 or Play in {type(each) for each in self.commands}

    @invariant()
    def hanging_up_is_asked_for_once(self) -> None:
        assert [type(each) for each in self.commands].count(HangUp) <= 1

    def teardown(self) -> None:
        """Whatever the line says or does not, it is over in the end."""
        if not hasattr(self, "call"):
            return
        for _ in range(30):
            self.now = self.call.next_deadline() or self.now
            self.give(DeadlinePassed())
        assert self.call.stage is Stage.ENDED


TestInboundMachine = InboundMachine.TestCase
TestInboundMachine.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
