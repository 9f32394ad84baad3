"""A trunk's watch, whatever the far side does."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from dialer.core.trunks.trunk_state import (
    LAST_RETRY,
    PATIENCE,
    Question,
    StateReason,
    TrunkReply,
    TrunkWatch,
)

LOTS = st.floats(0, 1)
CODES = st.none() | st.sampled_from([200, 401, 403, 404, 408, 423, 480, 486, 500, 501, 503, 603])
ANSWERS = st.builds(
    TrunkReply,
    CODES,
    heard=st.booleans(),
    lasts=st.just(0.0) | st.floats(1, 4000),
    retry_after=st.none() | st.floats(0, 10_000),
)


class Watching(RuleBasedStateMachine):
    """Time passes to each deadline; answers come or do not."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 100.0
        self.watch = TrunkWatch("t", self.now, registers=True, probe_every=30.0)
        self.waiting: dict[Question, float] = {}
        self.granted_until = -math.inf
        self.up_before = False
        self.changed_at = self.now
        self._step()

    def _step(self) -> None:
        for question in self.watch.due(self.now):
            assert question not in self.waiting, "asked while it is being asked"
            self.waiting[question] = self.now
        self._saw()

    def _saw(self) -> None:
        if self.watch.state.up is not self.up_before:
            self.up_before, self.changed_at = self.watch.state.up, self.now

    @rule()
    def until_the_deadline(self) -> None:
        deadline = self.watch.next_deadline()
        if deadline < math.inf:
            assert deadline > self.now, "the watch would spin"
            self.now = deadline
            self._step()

    @rule(share=st.floats(0.01, 0.99))
    def before_the_deadline(self, share: float) -> None:
        deadline = min(self.watch.next_deadline(), self.now + 40)
        if self.now < self.now + (deadline - self.now) * share < deadline:
            self.now += (deadline - self.now) * share
            self._step()

    @precondition(lambda self: self.waiting)
    @rule(data=st.data(), answer=ANSWERS, lot=LOTS)
    def an_answer_comes(self, data: st.DataObject, answer: TrunkReply, lot: float) -> None:
        question = data.draw(st.sampled_from(sorted(self.waiting, key=lambda each: each.value)))
        del self.waiting[question]
        self.watch.answered(question, answer, self.now, lot)
        if question is Question.REGISTER:
            good = answer.code == 200 and answer.lasts > 0
            self.granted_until = self.now + answer.lasts if good else -math.inf
        self._saw()
        self._step()

    @rule()
    def its_connection_ends(self) -> None:
        before = self.watch.state
        self.watch.refresh(self.now)
        assert self.watch.state == before
        self._step()

    @rule()
    def its_name_leads_nowhere(self) -> None:
        self.watch.found(self.now, found=False)
        assert not self.watch.state.up
        assert self.watch.due(self.now) == (), "there is nobody to ask"
        assert self.watch.next_deadline() == math.inf
        self._saw()

    @rule()
    def its_name_leads_somewhere(self) -> None:
        was_lost = self.watch.state.why is StateReason.UNRESOLVED
        self.watch.found(self.now, found=True)
        assert self.watch.state.why is not StateReason.UNRESOLVED
        # What was known was known of who is not there any more.
        assert not (was_lost and self.watch.state.up)
        self._saw()
        self._step()

    @rule(question=st.sampled_from(Question), answer=ANSWERS, lot=LOTS)
    def an_answer_nobody_waits_for(
        self, question: Question, answer: TrunkReply, lot: float
    ) -> None:
        if question not in self.waiting:
            before = self.watch.state
            self.watch.answered(question, answer, self.now, lot)
            assert self.watch.state == before

    @invariant()
    def registered_only_on_a_grant_that_lives(self) -> None:
        if self.watch.state.registered:
            assert self.now < self.granted_until

    @invariant()
    def a_silent_far_side_is_not_up(self) -> None:
        if any(self.now - at >= PATIENCE for at in self.waiting.values()):
            assert not self.watch.state.up

    @invariant()
    def the_reason_and_the_time_fit_the_state(self) -> None:
        state = self.watch.state
        assert state.up is (state.why is StateReason.READY)
        assert state.since == self.changed_at
        assert (state.question is None) is (state.up or state.why is StateReason.UNRESOLVED)

    @invariant()
    def something_is_always_to_come(self) -> None:
        lost = self.watch.state.why is StateReason.UNRESOLVED
        assert self.waiting or lost or self.watch.next_deadline() < math.inf


TestWatching = Watching.TestCase
TestWatching.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


@given(failures=st.integers(1, 60), lot=LOTS, code=st.sampled_from([None, 408, 500, 503]))
def test_whoever_was_away_is_asked_again_within_seconds(
    failures: int, lot: float, code: int | None
) -> None:
    watch, now = TrunkWatch("t", 0.0, registers=True, probe_every=None), 0.0
    for _ in range(failures):
        assert watch.due(now) == (Question.REGISTER,)
        watch.answered(Question.REGISTER, TrunkReply(code), now, lot)
        wait = watch.next_deadline() - now
        assert 0.5 <= wait <= LAST_RETRY
        now = watch.next_deadline()


@given(lasts=st.floats(2, 100_000), lot=LOTS)
def test_a_registration_is_refreshed_well_before_its_end(lasts: float, lot: float) -> None:
    watch = TrunkWatch("t", 0.0, registers=True, probe_every=None)
    watch.due(0.0)
    watch.answered(Question.REGISTER, TrunkReply(200, lasts=lasts), 0.0, lot)
    assert watch.state.up
    assert 0.5 * lasts <= watch.next_deadline() <= 0.75 * lasts
