"""Invariant 4: every call ends in exactly one outcome, and nothing follows it.

The line may say anything at any time here, also what no line would say.
"""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from dialer.core.call import Call, CallLimits, State, UnexpectedEventError
from dialer.core.commands import Cancel, Command, Finish, HangUp, SendInvite, StartConversation
from dialer.core.events import (
    Answered,
    CallEvent,
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
from dialer.core.outcome import WHO_OF, Reason, Who, is_carriers_fault

CAUSES = st.none() | st.integers(1, 127)
FROM_THE_LINE = st.one_of(
    st.just(InviteSent("id@test")),
    st.builds(Progressed, st.sampled_from([180, 181, 182, 183]), st.booleans()),
    st.just(Answered()),
    st.builds(Rejected, st.integers(300, 699), CAUSES, st.none(), st.booleans()),
    st.builds(DialFailed, st.sampled_from(LocalFault)),
    st.builds(RemoteHungUp, CAUSES),
    st.just(LocalEnded()),
    st.just(PeerLost("rtp_silence")),
    st.builds(HoldChanged, st.booleans()),
)
OURS = st.sampled_from([Reason.COMPLETED, Reason.CANCELLED, Reason.DRAINED, Reason.OPTED_OUT])


class CallMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = 100.0
        self.call = Call(CallLimits(no_progress=4, ring=40, talk=60, cancel_grace=32, bye_grace=32))
        self.commands: list[Command] = []
        self.accepted: list[CallEvent] = []

    def give(self, event: CallEvent) -> tuple[Command, ...]:
        ended = self.call.state is State.ENDED
        before = dict(vars(self.call))
        try:
            commands = self.call.handle(event, self.now)
        except UnexpectedEventError:
            assert vars(self.call) == before
            return ()
        if ended:
            assert commands == ()
            assert vars(self.call) == before
        else:
            self.accepted.append(event)
        self.commands += commands
        return commands

    def has(self, kind: type[Command]) -> bool:
        return any(isinstance(command, kind) for command in self.commands)

    @rule()
    def dial(self) -> None:
        self.give(DialRequested())

    @rule(event=FROM_THE_LINE)
    def line_says(self, event: CallEvent) -> None:
        cancelled, answered = self.has(Cancel), self.has(StartConversation)
        live = self.call.state is not State.ENDED
        commands = self.give(event)
        if isinstance(event, Answered) and cancelled and live and not answered:
            assert commands in {(HangUp(),), ()}
            assert not self.has(StartConversation)

    @rule(reason=OURS)
    def end(self, reason: Reason) -> None:
        self.give(EndRequested(reason))

    @precondition(lambda self: self.call.state in {State.ANSWERED, State.HANGING_UP})
    @rule()
    def opt_out(self) -> None:
        self.give(OptedOut())

    @rule(seconds=st.floats(0, 50))
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
        assert HangUp not in kinds or answered
        assert not {Cancel, StartConversation} <= set(kinds)
        assert not kinds or kinds[0] in {SendInvite, Finish}

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
    def whom_we_reached_is_not_tried_elsewhere(self) -> None:
        outcome = self.call.outcome
        if outcome is None:
            return
        assert WHO_OF[outcome.reason] is outcome.who
        if any(isinstance(event, Answered) for event in self.accepted):
            assert not is_carriers_fault(outcome)

    @invariant()
    def only_the_unborn_and_the_ended_wait_for_nothing(self) -> None:
        waits = self.call.next_deadline() is not None
        assert waits is (self.call.state not in {State.NEW, State.ENDED})

    def teardown(self) -> None:
        """Deadlines alone bring every call to its end, from wherever it is."""
        for _ in range(3):
            deadline = self.call.next_deadline()
            if deadline is None:
                break
            self.now = max(self.now, deadline)
            self.give(DeadlinePassed())
        assert self.call.state in {State.NEW, State.ENDED}
        if self.call.outcome is not None and self.call.outcome.who is Who.CALLEE:
            assert not is_carriers_fault(self.call.outcome)


TestCallMachine = CallMachine.TestCase
TestCallMachine.settings = settings(max_examples=150, stateful_step_count=20, deadline=None)
