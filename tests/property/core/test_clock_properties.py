"""Whatever is done to the wall clock, what is believed of it is right within the tolerance."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from dialer.core.gate.clock_sanity import FOLLOWED, TOLERANCE, ClockWatch
from tests.support.orders import NOON

STEPS = st.lists(
    st.tuples(
        st.floats(0.01, 3600),
        st.one_of(st.just(0.0), st.floats(-4, 4), st.floats(-200_000, 200_000)),
    ),
    max_size=30,
)


@given(STEPS)
def test_a_clock_that_is_believed_is_right_but_for_what_is_followed(
    steps: list[tuple[float, float]],
) -> None:
    steady, error = 50.0, 0.0
    watch = ClockWatch.begin(NOON, steady)
    for passed, jump in steps:
        steady, error = steady + passed, error + jump
        watch = watch.look(NOON + timedelta(seconds=steady - 50 + error), steady)
        if watch.is_sane:
            assert abs(error) <= TOLERANCE + FOLLOWED * (steady - 50) + 1e-3
        if abs(error) > TOLERANCE + FOLLOWED * (steady - 50) + 1e-3:
            assert watch.doubt


@given(STEPS, st.floats(0.01, 3600))
def test_a_clock_that_is_set_right_is_believed_unless_it_had_been_followed(
    steps: list[tuple[float, float]], passed: float
) -> None:
    steady, error, followed = 50.0, 0.0, 0.0
    watch = ClockWatch.begin(NOON, steady)
    for span, jump in steps:
        steady, error = steady + span, error + jump
        watch = watch.look(NOON + timedelta(seconds=steady - 50 + error), steady)
        followed = max(followed, FOLLOWED * (steady - 50))
    steady += passed
    watch = watch.look(NOON + timedelta(seconds=steady - 50), steady)
    if followed < TOLERANCE - 0.001:
        assert watch.is_sane
