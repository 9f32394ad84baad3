"""Two legs under any order of events: joined at most once, and nobody left on the line alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dialer.core.calls.bridge import (
    STEPS,
    Do,
    Handover,
    HandoverStage,
    HandoverStep,
    UnexpectedStepError,
)


@given(st.lists(st.sampled_from(HandoverStep), max_size=14))
def test_no_order_of_events_breaks_the_rules(steps: list[HandoverStep]) -> None:
    handover = Handover()
    done: list[Do] = []
    taken: list[HandoverStep] = []
    for step in steps:
        before = handover.stage
        try:
            do = handover.take(step)
        except UnexpectedStepError:
            assert handover.stage is before
            assert step not in STEPS[before]
            continue
        taken.append(step)
        done.append(do)
    told = [do for do in done if do in {Do.TELL_FAILURE, Do.END_CALLEE}]
    assert len(told) <= 1
    assert done.count(Do.JOIN) <= 1
    assert done.count(Do.DIAL) <= 1
    if Do.JOIN in done:
        assert Do.TELL_FAILURE not in done
        assert HandoverStep.CALLEE_GONE not in taken[: done.index(Do.JOIN)]
    moved = [do for do in done if do in {Do.PLACE_NEXT, Do.SWAP, Do.JOIN_NEXT, Do.TELL_REFERRER}]
    if moved:
        assert Do.JOIN in done[: done.index(moved[0])]
    for placed, settled in zip(moved[::2], moved[1::2], strict=False):
        assert placed is Do.PLACE_NEXT
        assert settled is not Do.PLACE_NEXT
    if HandoverStep.CALLEE_GONE in taken:
        gone = taken.index(HandoverStep.CALLEE_GONE)
        after = done[gone:]
        assert set(after[1:]) <= {Do.NOTHING, Do.DROP}
        assert after[0] in {Do.NOTHING, Do.END_LEG, Do.END_NEXT, Do.END_BOTH}
        live = Do.DIAL in done and not told and HandoverStep.LEG_ENDED not in taken[:gone]
        if live:
            assert after[0] in {Do.END_LEG, Do.END_BOTH}


def test_a_callee_may_leave_at_every_stage() -> None:
    assert all(HandoverStep.CALLEE_GONE in STEPS[stage] for stage in HandoverStage)


def test_every_leg_that_was_dialled_may_end_until_it_has() -> None:
    for stage in (
        HandoverStage.RINGING,
        HandoverStage.JOINED,
        HandoverStage.MOVING,
        HandoverStage.ENDING,
    ):
        assert HandoverStep.LEG_ENDED in STEPS[stage]
