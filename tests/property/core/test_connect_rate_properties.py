"""One trunk's judge under any row of attempts, for any floor."""

from __future__ import annotations

from itertools import accumulate

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dialer.core.trunks.connect_rate import RateJudge, RateState, RateTests
from dialer.core.trunks.cusum import Cusum

FLOORS = st.floats(0.02, 0.95)
ROWS = st.lists(
    # Stretches of so many attempts, of which each nth is answered, or each nth is not.
    st.tuples(st.integers(1, 400), st.integers(1, 30), st.booleans()),
    max_size=8,
)


def row(stretches: list[tuple[int, int, bool]]) -> list[bool]:
    return [
        (number % every == 0) is answered
        for length, every, answered in stretches
        for number in range(length)
    ]


def least_to_fall(tests: RateTests) -> int:
    return min(-(-test.limit // test.rise) for test in (tests.fast, tests.slow))


def least_to_return(tests: RateTests) -> int:
    return -(-tests.back.limit // tests.back.rise)


def evidence(test: Cusum, signs: list[bool]) -> int:
    """What a CUSUM is, told without one: the most that any latest stretch adds up to."""
    sums = accumulate(test.rise if sign else -test.drop for sign in reversed(signs))
    return max(0, *sums) if signs else 0


def is_enough(tests: RateTests, since: list[bool], *, down: bool) -> bool:
    """Whether the attempts since the last change are reason for another one."""
    if down:
        return evidence(tests.back, since) >= tests.back.limit
    missed = [not answered for answered in since]
    return any(evidence(test, missed) >= test.limit for test in (tests.fast, tests.slow))


@given(floor=FLOORS, stretches=ROWS)
@settings(max_examples=100, deadline=None)
def test_every_change_has_its_own_evidence_and_comes_as_soon_as_that_is_enough(
    floor: float, stretches: list[tuple[int, int, bool]]
) -> None:
    tests = RateTests.of(floor)
    judge = RateJudge(tests)
    since: list[bool] = []
    for number, answered in enumerate(row(stretches)):
        was_down = judge.has_fallen
        since.append(answered)
        changed = judge.judge(float(number), float(number), answered=answered)
        assert changed is (judge.has_fallen is not was_down)
        if changed:
            assert is_enough(tests, since, down=was_down)
            assert not is_enough(tests, since[:-1], down=was_down)
            since = []
    assert not is_enough(tests, since, down=judge.has_fallen)


@given(floor=FLOORS, stretches=ROWS)
@settings(max_examples=100, deadline=None)
def test_from_any_state_a_trunk_that_is_always_answered_is_soon_back(
    floor: float, stretches: list[tuple[int, int, bool]]
) -> None:
    tests = RateTests.of(floor)
    judge = RateJudge(tests)
    for answered in row(stretches):
        judge.judge(0.0, 0.0, answered=answered)
    for _ in range(least_to_return(tests)):
        judge.judge(1.0, 1.0, answered=True)
    assert judge.standing.state is RateState.GOOD
    assert judge.well_at == 1.0


@given(floor=FLOORS, stretches=ROWS)
@settings(max_examples=100, deadline=None)
def test_from_any_state_a_trunk_that_is_never_answered_soon_gives_way(
    floor: float, stretches: list[tuple[int, int, bool]]
) -> None:
    tests = RateTests.of(floor)
    judge = RateJudge(tests)
    for answered in row(stretches):
        judge.judge(0.0, 0.0, answered=answered)
    for _ in range(least_to_fall(tests)):
        judge.judge(1.0, 1.0, answered=False)
    assert judge.has_fallen


@given(
    floor=st.sampled_from([0.1, 0.18, 0.25, 0.4]),
    stretches=ROWS,
    margin=st.floats(1.3, 2.0),
)
@settings(max_examples=100, deadline=None)
def test_a_trunk_that_is_well_and_even_is_back_in_bounded_probes(
    floor: float, stretches: list[tuple[int, int, bool]], margin: float
) -> None:
    """Answered evenly at a rate above `well`, each probe gains what the weights promise."""
    tests = RateTests.of(floor)
    rate = tests.well * margin
    assume(rate < 1)
    judge = RateJudge(tests)
    for answered in row(stretches):
        judge.judge(0.0, 0.0, answered=answered)
    gain = rate * tests.back.rise - (1 - rate) * tests.back.drop
    # Evenly spread answers lag behind their rate by one at most.
    bound = int((tests.back.limit + 2 * (tests.back.rise + tests.back.drop)) / gain) + 2
    due = 0.0
    for _ in range(bound):
        due += rate
        answered = due >= 1
        due -= answered
        judge.judge(1.0, 1.0, answered=answered)
    assert not judge.has_fallen
