"""The two tests for a fall as one Markov chain: exact, to hold the simulation against."""

from __future__ import annotations

import numpy as np

from dialer.core.trunks.connect_rate import RateTests
from dialer.core.trunks.cusum import Cusum


class FallChain:
    """Fast and slow score of a trunk, together, at one connect rate.

    `chances[i, j]` is the chance that neither has alarmed and the scores are i and j; attempts are
    taken to be independent. A new trunk starts at zero.
    """

    def __init__(self, tests: RateTests) -> None:
        self._tests = (tests.fast, tests.slow)
        self.chances = np.zeros((tests.fast.limit, tests.slow.limit))
        self.chances[0, 0] = 1.0

    def settle(self, rate: float, attempts: int) -> None:
        """So many attempts at `rate`, given that the trunk stays good over them."""
        self.left(rate, attempts)
        self.chances /= self.chances.sum()

    def left(self, rate: float, attempts: int) -> np.ndarray:
        """Chances, float64 of shape (attempts + 1,), to be still good after 0, 1, ... attempts."""
        found = [float(self.chances.sum())]
        for _ in range(attempts):
            missed = answered = self.chances
            for axis, test in enumerate(self._tests):
                missed = _rise(missed, test, axis)
                answered = _drop(answered, test, axis)
            self.chances = (1 - rate) * missed + rate * answered
            found.append(float(self.chances.sum()))
        return np.array(found)

    def mean_run(self, rate: float, attempts: int = 3000) -> float:
        """Attempts until it gives way, in the mean.

        After `attempts` the chain decays evenly, but for rounding: the rest is a geometric series.
        """
        left = self.left(rate, attempts)
        return float(left[:-1].sum() + left[-1] / (1 - left[-1] / left[-2]))


def first_below(left: np.ndarray, share: float) -> int:
    """Attempts after which no more than `share` are left."""
    return int(np.argmax(left <= share))


def _rise(chances: np.ndarray, test: Cusum, axis: int) -> np.ndarray:
    """One trial with a sign. What reaches the limit is gone."""
    moved = np.zeros_like(chances)
    to, of = np.moveaxis(moved, axis, 0), np.moveaxis(chances, axis, 0)
    to[test.rise :] = of[: -test.rise]
    return moved


def _drop(chances: np.ndarray, test: Cusum, axis: int) -> np.ndarray:
    """One trial without a sign. Nothing drops below zero."""
    moved = np.zeros_like(chances)
    to, of = np.moveaxis(moved, axis, 0), np.moveaxis(chances, axis, 0)
    to[: -test.drop] = of[test.drop :]
    to[0] += of[: test.drop].sum(axis=0)
    return moved
