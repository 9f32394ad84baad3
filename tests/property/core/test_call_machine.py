"""Invariant 4: every call ends in exactly one outcome, and nothing follows it.

The line may say anything at any time here, also what no line would say.
"""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from dialer.core.calls.call import Call, CallLimits, UnexpectedEventError
from dialer.core.calls.call_table import State
from dialer.core.calls.commands import (
    AnswerCall,
    Cancel,
    Command,
    Finish,
    HangUp,
    SendInvite,
    StartConversation,
    TurnAway,
)
from dialer.core.values.events import (
    Answered,
    AnswerRequested,
    Arrived,
    CallEvent,
    CancelWaits,
    DeadlinePassed,
    DialFailed,
    DialRequested,
    EndRequested,
    HoldChanged,
    InviteSent,
    LocalEnded,
    LocalFault,
    OptedOut,
    PeerLost,
    Progressed,
    Rejected,
    RemoteHungUp,
)
from dialer.core.values.outcome import WHO_OF, Reason, is_carriers_fault
from tests.support.orders import CALLER_ID

CAUSES = st.none() | st.integers(1, 127)
ON_THE_WAY = st.one_of(
    st.just(InviteSent("id@test")),
    st.builds(Progressed, st.sampled_from([180, 181, 182, 183]), st.booleans()),
    st.just(Answered()),
    st.builds(HoldChanged, st.booleans()),
)
AT_THE_END = st.one_of(
    st.builds(Rejected, st.integers(300, 699), CAUSES, st.none(), st.booleans()),
    st.builds(Rejected, st.sampled_from([486, 487, 603, 607])),
    st.builds(DialFailed, st.sampled_from(LocalFault)),
    st.builds(RemoteHungUp, CAUSES),
    st.just(LocalEnded()),
    st.just(CancelWaits()),
    st.just(PeerLost("rtp_silence")),
)
OURS = st.sampled_from([Reason.COMPLETED, Reason.CANCELLED, Reason.DRAINED, Reason.OPTED_OUT])
ARRIVED = Arrived("carrier-a", CALLER_ID, None, "id@test")
LIMITS = CallLimits(
    look_up=5, ack=41, no_progress=4, ring=40, talk=60, cancel_grace=32, bye_grace=31
)
SELDOM = st.integers(0, 3).map(lambda drawn: drawn == 0)


class CallMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = 100.0
        self.invited_at = self.entered_at = self.now
        self.call = Call(LIMITS)
        self.commands: list[Command] = []
        self.accepted: list[CallEvent] = []

    def give(self, event: CallEvent) -> tuple[Command, ...]:
        state = self.call.state
        before = dict(vars(self.call))
        try:
            commands = self.call.handle(event, self.now)
        except UnexpectedEventError:
            assert vars(self.call) == before
            return ()
        if state is State.ENDED:
            assert commands == ()
            assert vars(self.call) == before
        else:
            self.accepted.append(event)
        if state is not self.call.state:
            self.entered_at = self.now
        if isinstance(event, DialRequested | InviteSent):
            self.invited_at = self.now
        self.commands += commands
        return commands

    @initialize(given_up_before=SELDOM, came_in=st.booleans())
    def begin(self, *, given_up_before: bool, came_in: bool) -> None:
        self.came_in = came_in
        if given_up_before:
            self.give(EndRequested(Reason.DRAINED))
        self.give(ARRIVED if came_in else DialRequested())

    @rule()
    def begin_again(self) -> None:
        told = len(self.commands)
        self.give(DialRequested())
        self.give(ARRIVED)
        assert len(self.commands) == told

    @rule()
    def answer(self) -> None:
        state = self.call.state
        commands = self.give(AnswerRequested())
        assert commands == ((AnswerCall(),) if state is State.ARRIVED else ())

    @rule(event=ON_THE_WAY)
    def line_says(self, event: CallEvent) -> None:
        state = self.call.state
        commands = self.give(event)
        if isinstance(event, Answered) and state is State.CANCELLING:
            assert commands == (HangUp(),)

    @rule(event=AT_THE_END, told=SELDOM)
    def line_says_the_last_word(self, event: CallEvent, *, told: bool) -> None:
        if told:
            self.give(event)

    @rule(reason=OURS, asked=SELDOM)
    def end(self, reason: Reason, *, asked: bool) -> None:
        if asked:
            self.give(EndRequested(reason))

    @precondition(lambda self: self.call.state in {State.ANSWERED, State.HANGING_UP})
    @rule()
    def opt_out(self) -> None:
        self.give(OptedOut())

    @rule(seconds=st.sampled_from([0.0, 0.5, 4.0, 40.0]) | st.floats(0, 50))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        deadline = self.call.next_deadline()
        commands = self.give(DeadlinePassed())
        if deadline is None or self.now < deadline:
            assert commands == ()

    @invariant()
    def each_command_comes_once_at_most(self) -> None:
        assert len(set(map(type, self.commands))) == len(self.commands)

    @invariant()
    def a_cancel_is_for_the_unanswered_and_a_bye_for_the_answered(self) -> None:
        kinds = [type(command) for command in self.commands]
        answered = any(isinstance(event, Answered) for event in self.accepted)
        assert HangUp not in kinds or answered or AnswerCall in kinds
        assert not {Cancel, StartConversation} <= set(kinds)
        assert not kinds or kinds[0] in {SendInvite, AnswerCall, TurnAway, Finish}

    @invariant()
    def a_call_that_came_in_is_answered_or_turned_away(self) -> None:
        kinds = {type(command) for command in self.commands}
        assert not {AnswerCall, TurnAway} <= kinds
        assert not kinds & ({SendInvite, Cancel} if self.came_in else {AnswerCall, TurnAway})

    @invariant()
    def the_end_is_the_last_command(self) -> None:
        finishes = [at for at, each in enumerate(self.commands) if isinstance(each, Finish)]
        assert finishes in ([], [len(self.commands) - 1])
        assert bool(finishes) is (self.call.state is State.ENDED)
        if finishes:
            assert Finish(self.call.outcome) == self.commands[-1]  # type: ignore[arg-type]

    @invariant()
    def a_refusal_is_never_hidden(self) -> None:
        refused = any(
            isinstance(event, OptedOut) or event == EndRequested(Reason.OPTED_OUT)
            for event in self.accepted
        )
        outcome = self.call.outcome
        if outcome is not None:
            assert (outcome.reason is Reason.OPTED_OUT) is refused

    @invariant()
    def only_what_drew_no_reply_and_was_given_up_is_left_behind(self) -> None:
        if self.call.left_behind:
            assert self.call.state is State.ENDED
            assert any(isinstance(command, Cancel) for command in self.commands)
            assert not any(isinstance(event, Answered) for event in self.accepted)

    @invariant()
    def whom_we_reached_is_not_tried_elsewhere(self) -> None:
        outcome = self.call.outcome
        if outcome is None:
            return
        assert WHO_OF[outcome.reason] is outcome.who
        if any(isinstance(event, Answered) for event in self.accepted):
            assert not is_carriers_fault(outcome)

    @invariant()
    def the_deadline_is_that_of_the_state(self) -> None:
        expected = {
            State.NEW: None,
            State.ARRIVED: self.entered_at + LIMITS.look_up,
            State.ANSWERING: self.entered_at + LIMITS.ack,
            State.TURNING_AWAY: self.entered_at + LIMITS.bye_grace,
            State.WITHDRAWING: self.entered_at + LIMITS.bye_grace,
            State.DIALING: self.invited_at + LIMITS.no_progress,
            State.RINGING: self.invited_at + LIMITS.ring,
            State.EARLY_MEDIA: self.invited_at + LIMITS.ring,
            State.ANSWERED: self.entered_at + LIMITS.talk,
            State.CANCELLING: self.entered_at + LIMITS.cancel_grace,
            State.HANGING_UP: self.entered_at + LIMITS.bye_grace,
            State.ENDED: None,
        }
        assert self.call.next_deadline() == expected[self.call.state]

    def teardown(self) -> None:
        """Deadlines alone bring every call to its end, from wherever it is."""
        for _ in range(3):
            deadline = self.call.next_deadline()
            if deadline is None:
                break
            self.now = max(self.now, deadline)
            self.give(DeadlinePassed())
        assert self.call.state in {State.NEW, State.ENDED}


TestCallMachine = CallMachine.TestCase
TestCallMachine.settings = settings(max_examples=120, stateful_step_count=20, deadline=None)
