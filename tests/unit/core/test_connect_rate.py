from __future__ import annotations

from itertools import product

import pytest

from benchmarks.support.rate_chain import FallChain
from dialer.core.trunks.connect_rate import (
    BACK_RUN,
    FAST_RUN,
    PROBE_EVERY,
    PROBE_EVERY_MOST,
    SLOW_RUN,
    RateJudge,
    RateState,
    RateTests,
)
from dialer.core.trunks.cusum import Cusum

TESTS = RateTests.of(0.18)
MISSES_TO_FALL = 42
ANSWERS_TO_RETURN = 9


def misses(judge: RateJudge, count: int, at: float = 0.0) -> list[bool]:
    return [judge.judge(at, at, answered=False) for _ in range(count)]


def answers(judge: RateJudge, count: int, at: float = 0.0) -> list[bool]:
    return [judge.judge(at, at, answered=True) for _ in range(count)]


def fallen(at: float = 0.0) -> RateJudge:
    judge = RateJudge(TESTS)
    misses(judge, MISSES_TO_FALL, at)
    assert judge.has_fallen
    return judge


def test_the_rates_lie_around_the_floor() -> None:
    assert TESTS.steep == pytest.approx(0.0520, abs=5e-5)
    assert TESTS.bad == pytest.approx(0.1494, abs=5e-5)
    assert TESTS.well == pytest.approx(0.2477, abs=5e-5)


@pytest.mark.parametrize("floor", [0.01, 0.05, 0.1, 0.18, 0.25, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_any_floor_gets_tests_that_keep_the_promises(floor: float) -> None:
    tests = RateTests.of(floor)
    assert 0 < tests.steep < tests.bad < floor < tests.well < 1
    assert tests.fast.mean_run(1 - tests.well) >= FAST_RUN
    assert tests.slow.mean_run(1 - tests.well) >= SLOW_RUN
    assert tests.back.mean_run(floor) >= BACK_RUN
    # What is steep, bad or well again shows by far sooner.
    assert tests.fast.mean_run(1 - tests.steep) < FAST_RUN / 100
    assert tests.slow.mean_run(1 - tests.bad) < SLOW_RUN / 25
    assert tests.back.mean_run(tests.well) < BACK_RUN


@pytest.mark.parametrize("floor", [-0.01, 1.0, 1.5, float("nan")])
def test_a_floor_that_is_no_rate_is_refused(floor: float) -> None:
    with pytest.raises(ValueError, match="connect_rate_floor"):
        RateTests.of(floor)


def test_nothing_falls_below_a_floor_of_zero() -> None:
    judge = RateJudge(RateTests.of(0))
    assert not any(misses(judge, 10_000) + answers(judge, 10_000))
    assert judge.standing.state is RateState.GOOD


def test_the_three_demands_hold_exactly() -> None:
    falling = FallChain(TESTS)
    falling.settle(0.30, 300)
    left = falling.left(0.05, 120)
    assert left[60] <= 0.5
    assert left[120] <= 0.05
    assert FallChain(TESTS).left(0.15, 1500)[-1] <= 1e-6
    assert FallChain(TESTS).mean_run(0.25) >= 100_000


def test_the_chain_is_the_judge() -> None:
    """Over every row of ten attempts, the share of judges that fell is the chain's."""
    tests = RateTests(
        0.3, 0.1, 0.2, 0.4, fast=Cusum(1, 3, 5), slow=Cusum(2, 3, 9), back=Cusum(1, 1, 99)
    )
    rate, attempts = 0.3, 10
    left = [0.0] * attempts
    for row in product((False, True), repeat=attempts):
        judge = RateJudge(tests)
        chance = rate ** sum(row) * (1 - rate) ** (attempts - sum(row))
        for number, answered in enumerate(row):
            judge.judge(0.0, 0.0, answered=answered)
            if judge.has_fallen:
                break
            left[number] += chance
    assert FallChain(tests).left(rate, attempts)[1:] == pytest.approx(left)


def test_a_trunk_that_is_never_answered_falls_and_says_why() -> None:
    judge = RateJudge(TESTS)
    answers(judge, 5, at=1.0)
    assert misses(judge, MISSES_TO_FALL, at=2.0) == [False] * (MISSES_TO_FALL - 1) + [True]
    assert judge.standing.state is RateState.GIVING_WAY
    assert judge.standing.since == 2.0
    assert judge.standing.why == "0 of the last 42 attempts answered (0%), the floor is 18%"
    assert judge.fell_at == 2.0


def test_it_tells_when_it_was_known_from_when_the_attempt_was_made() -> None:
    judge = RateJudge(TESTS)
    for number in range(MISSES_TO_FALL):
        judge.judge(float(number), number + 40.0, answered=False)
    assert (judge.fell_at, judge.standing.since) == (41.0, 81.0)
    for number in range(ANSWERS_TO_RETURN):
        judge.judge(100.0 + number, 140.0 + number, answered=True)
    assert (judge.well_at, judge.standing.since) == (108.0, 148.0)


def test_the_reason_counts_from_where_the_test_that_found_it_began() -> None:
    judge = RateJudge(TESTS)
    misses(judge, 5)
    answers(judge, 1)  # takes the fast score back to zero, and the slow one not
    misses(judge, MISSES_TO_FALL)
    assert judge.standing.why.startswith("0 of the last 42 attempts")


def test_a_trunk_at_one_in_seven_falls_by_the_slow_test() -> None:
    judge = RateJudge(TESTS)
    number = 0
    while not judge.has_fallen:
        number += 1
        judge.judge(0.0, 0.0, answered=number % 7 == 0)
    assert number < 300
    assert "(14%)" in judge.standing.why or "(13%)" in judge.standing.why


def test_a_trunk_at_one_in_four_never_falls() -> None:
    judge = RateJudge(TESTS)
    assert not any(judge.judge(0.0, 0.0, answered=number % 4 == 0) for number in range(10_000))


def test_it_returns_when_it_is_well_again_and_says_why() -> None:
    judge = fallen()
    assert answers(judge, ANSWERS_TO_RETURN, at=7.0) == [False] * (ANSWERS_TO_RETURN - 1) + [True]
    assert judge.standing.state is RateState.GOOD
    assert judge.standing.since == 7.0
    assert judge.standing.why == "well again: 9 of the last 9 attempts answered (100%)"
    assert judge.well_at == 7.0


def test_answers_before_the_fall_do_not_help_it_back() -> None:
    judge = RateJudge(TESTS)
    answers(judge, ANSWERS_TO_RETURN - 1)
    misses(judge, MISSES_TO_FALL)
    assert not any(answers(judge, ANSWERS_TO_RETURN - 1))


def test_misses_before_the_return_do_not_help_it_down() -> None:
    judge = fallen()
    misses(judge, 500)
    answers(judge, 500)
    assert not judge.has_fallen
    assert not any(misses(judge, MISSES_TO_FALL - 1))


def test_a_good_trunk_shows_again_and_again_that_it_is_well() -> None:
    judge = RateJudge(TESTS)
    answers(judge, ANSWERS_TO_RETURN, at=3.0)
    assert judge.well_at == 3.0
    answers(judge, ANSWERS_TO_RETURN - 1, at=5.0)
    assert judge.well_at == 3.0
    answers(judge, 1, at=6.0)
    assert judge.well_at == 6.0
    assert judge.standing.since is None


def test_a_probe_is_due_after_so_many_that_passed_it_over() -> None:
    judge = fallen()
    for _ in range(PROBE_EVERY):
        assert judge.overdue < 0
        judge.passed_over()
    assert judge.overdue == 0
    judge.used(9.0)
    assert judge.overdue < 0
    assert judge.standing.state is RateState.PROBING
    assert judge.standing.since == 9.0
    assert "floor" in judge.standing.why


def test_no_probe_is_due_for_a_good_trunk() -> None:
    judge = RateJudge(TESTS)
    for _ in range(1000):
        judge.passed_over()
    assert judge.overdue < 0
    judge.used(1.0)
    assert judge.standing.state is RateState.GOOD


def probes_every(judge: RateJudge) -> int:
    passed = 0
    while judge.overdue < 0:
        judge.passed_over()
        passed += 1
    return passed


def test_a_trunk_that_falls_again_and_again_is_asked_more_and_more_rarely() -> None:
    judge = fallen()
    asked = [probes_every(judge)]
    for _ in range(5):
        # One answer after its return is no proof yet.
        answers(judge, ANSWERS_TO_RETURN + 1)
        misses(judge, MISSES_TO_FALL)
        asked.append(probes_every(judge))
    assert asked == [20, 40, 80, 160, 160, PROBE_EVERY_MOST]
    answers(judge, ANSWERS_TO_RETURN)  # back
    answers(judge, ANSWERS_TO_RETURN)  # and well under its full load
    misses(judge, MISSES_TO_FALL)
    assert probes_every(judge) == PROBE_EVERY
