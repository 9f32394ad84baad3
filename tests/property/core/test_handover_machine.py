"""Two legs under any order of events: joined at most once, and nobody left on the line alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dialer.core.bridge import STEPS, Do, Handover, Stage, Step, UnexpectedStepError


@given(st.lists(st.sampled_from(Step), max_size=12))
def test_no_order_of_events_breaks_the_rules(steps: list[Step]) -> None:
    handover = Handover()
    done: list[Do] = []
    taken: list[Step] = []
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
        assert Step.CALLEE_GONE not in taken[: done.index(Do.JOIN)]
    if Step.CALLEE_GONE in taken:
        gone = taken.index(Step.CALLEE_GONE)
        after = done[gone:]
        assert not {Do.DIAL, Do.JOIN, Do.TELL_FAILURE, Do.END_CALLEE} & set(after)
        if Do.DIAL in done and Step.LEG_ENDED not in taken[:gone]:
            assert after[0] is Do.END_LEG


def test_a_callee_may_leave_at_every_stage() -> None:
    assert all(Step.CALLEE_GONE in STEPS[stage] for stage in Stage)


def test_every_leg_that_was_dialled_may_end_until_it_has() -> None:
    for stage in (Stage.RINGING, Stage.JOINED, Stage.ENDING):
        assert STEPS[stage][Step.LEG_ENDED][0] is Stage.OVER
