from __future__ import annotations

import math

import numpy as np
import pytest

from dialer.core.trunks.cusum import Cusum, Score


def mean_run_by_linear_equations(test: Cusum, chance: float) -> float:
    """E[i] = 1 + chance * E[i + rise] + (1 - chance) * E[max(i - drop, 0)], nothing from limit."""
    equations = np.eye(test.limit)
    for score in range(test.limit):
        if score + test.rise < test.limit:
            equations[score, score + test.rise] -= chance
        equations[score, max(score - test.drop, 0)] -= 1 - chance
    return float(np.linalg.solve(equations, np.ones(test.limit))[0])


@pytest.mark.parametrize(
    "test",
    [
        Cusum(1, 7, 42),
        Cusum(1, 4, 77),
        Cusum(11, 3, 91),
        Cusum(3, 2, 20),
        Cusum(5, 1, 3),
        Cusum(1, 1, 1),
    ],
    ids=str,
)
@pytest.mark.parametrize("chance", [0.1, 0.5, 0.75, 0.95, 1.0])
def test_the_mean_run_is_what_the_linear_equations_say(test: Cusum, chance: float) -> None:
    found = test.mean_run(chance)
    if found < 1e9:  # beyond that, the equations lose their digits
        assert found == pytest.approx(mean_run_by_linear_equations(test, chance), rel=1e-6)


def test_a_run_of_ages_keeps_its_digits() -> None:
    """From zero, 50 signs in a row, at one in ten: a sum of powers of ten."""
    assert Cusum(1, 50, 50).mean_run(0.1) == pytest.approx((10**50 - 1) / 9 * 10, rel=1e-9)


def test_misses_alone_reach_the_limit_in_as_many_trials_as_it_takes() -> None:
    assert Cusum(3, 2, 20).mean_run(1.0) == 7


@pytest.mark.parametrize(
    "calm, alarm", [(0.75, 0.95), (0.75, 0.85), (0.18, 0.25), (0.01, 0.02), (0.98, 0.99)]
)
def test_the_limit_is_the_least_that_keeps_the_promise(calm: float, alarm: float) -> None:
    test = Cusum.between(calm, alarm, run=20_000)
    assert test.mean_run(calm) >= 20_000
    assert Cusum(test.rise, test.drop, test.limit - 1).mean_run(calm) < 20_000


@pytest.mark.parametrize("calm, alarm", [(0.75, 0.95), (0.18, 0.25), (0.4, 0.6), (0.97, 0.99)])
def test_the_weights_are_the_log_likelihood_ratios(calm: float, alarm: float) -> None:
    test = Cusum.between(calm, alarm, run=100)
    exact = math.log((1 - calm) / (1 - alarm)) / math.log(alarm / calm)
    assert test.drop / test.rise == pytest.approx(exact, rel=0.06)


@pytest.mark.parametrize(
    "calm, alarm, run",
    [
        (0.0, 0.5, 10.0),
        (0.5, 1.0, 10.0),
        (0.5, 0.5, 10.0),
        (0.6, 0.5, 10.0),
        (0.5, 0.6, math.inf),
        (0.5, 0.6, math.nan),
    ],
)
def test_what_makes_no_test_is_refused(calm: float, alarm: float, run: float) -> None:
    with pytest.raises(ValueError, match=r"chance goes up|finite"):
        Cusum.between(calm, alarm, run)


@pytest.mark.parametrize("chance", [0.0, -0.1, 1.1, math.nan])
def test_a_sign_that_never_comes_has_no_mean_run(chance: float) -> None:
    with pytest.raises(ValueError, match="chance"):
        Cusum(1, 1, 3).mean_run(chance)


def test_a_score_rises_drops_and_stays_at_zero_or_above() -> None:
    score = Score(Cusum(2, 3, 6))
    assert [score.add(sign=sign) for sign in (True, True, False, False)] == [False] * 4
    assert (score.value, score.trials, score.signs) == (0, 0, 0)
    assert [score.add(sign=True) for _ in range(3)] == [False, False, True]


def test_a_score_that_comes_to_zero_exactly_begins_anew() -> None:
    score = Score(Cusum(2, 4, 100))
    for sign in (True, True, False):
        score.add(sign=sign)
    assert (score.value, score.trials, score.signs) == (0, 0, 0)


def test_a_score_counts_from_where_it_was_last_at_zero() -> None:
    score = Score(Cusum(2, 3, 100))
    for sign in (True, False, True, True, False, True):
        score.add(sign=sign)
    assert (score.value, score.trials, score.signs) == (3, 4, 3)
