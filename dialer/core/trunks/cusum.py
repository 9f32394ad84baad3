"""CUSUM tests on trials that show a sign or do not, and how long they run (docs/failover.md).

A score rises with every sign, drops with every trial without one, and never falls below zero; at
the limit the test has found its change (E. S. Page, 1954). For a given rate of false alarms no
test is quicker in its worst case (G. V. Moustakides, 1986). Rise and drop are the log-likelihood
ratios of the two chances to be told apart, as whole numbers. So the score is a Markov chain on
0..limit, and the limit follows exactly, with no simulation, from how rare a false alarm has to be.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice
from typing import Final

_TOLERANCE: Final = 0.05
"""How far the ratio of the whole weights may be from the exact one. That costs speed, never the
promise: the limit is found for the weights as they are."""


@dataclass(frozen=True, slots=True)
class Cusum:
    """What a sign adds, what a trial without one takes away, and the score that is an alarm."""

    rise: int
    drop: int
    limit: int

    @classmethod
    def between(cls, calm: float, alarm: float, run: float) -> Cusum:
        """The test that a sign's chance has gone up from `calm` to `alarm`.

        While it is `calm`, the test finds a change where there is none after `run` trials in the
        mean, or more. Raises ValueError unless 0 < calm < alarm < 1 and run is finite.
        """
        if not 0 < calm < alarm < 1:
            raise ValueError("a sign's chance goes up, between 0 and 1")
        if not math.isfinite(run):
            raise ValueError("run: a finite number of trials")
        gain = math.log(alarm / calm)
        loss = math.log((1 - calm) / (1 - alarm))
        rise, drop = _whole(gain, loss)
        limits = enumerate(_mean_runs(rise, drop, calm), start=1)
        return cls(rise, drop, next(limit for limit, mean in limits if mean >= run))

    def mean_run(self, chance: float) -> float:
        """Trials from zero to an alarm, in the mean, where a sign has this chance.

        Raises ValueError unless the chance is above 0, and at most 1.
        """
        if not 0 < chance <= 1:
            raise ValueError("chance: above 0, at most 1")
        return next(islice(_mean_runs(self.rise, self.drop, chance), self.limit - 1, None))


class Score:
    """A test under way. `trials` and `signs` count from where the score was last at zero.

    That is the likeliest place for the change, if there was one.
    """

    __slots__ = ("_value", "signs", "test", "trials")

    def __init__(self, test: Cusum) -> None:
        self.test = test
        self._value = 0
        self.trials = 0
        self.signs = 0

    @property
    def value(self) -> int:
        """From zero up to, but without, the limit; at the limit or above it after an alarm."""
        return self._value

    def add(self, *, sign: bool) -> bool:
        """Count one trial; True where the limit is reached. `clear` before the next one."""
        self.trials += 1
        if sign:
            self.signs += 1
            self._value += self.test.rise
            return self._value >= self.test.limit
        self._value -= self.test.drop
        if self._value <= 0:
            self.clear()
        return False

    def clear(self) -> None:
        """Begin anew at zero."""
        self._value = self.trials = self.signs = 0


def _whole(gain: float, loss: float) -> tuple[int, int]:
    """Small whole numbers in the ratio of the two, nearly."""
    small, great = sorted((gain, loss))
    ratio = great / small
    pairs = ((units, round(units * ratio)) for units in count(1))
    units, steps = next(pair for pair in pairs if abs(pair[1] / pair[0] / ratio - 1) <= _TOLERANCE)
    return (units, steps) if gain <= loss else (steps, units)


def _mean_runs(rise: int, drop: int, chance: float) -> Iterator[float]:
    """Mean trials from zero to a score of at least 1, at least 2, and so on, without end.

    Whoever climbs from zero past a score i may or may not set foot on it. From i, let c[i] be the
    mean trials until the score is first above it, and land[i][k] the chance that it is then at
    i + 1 + k. A trial without a sign drops to j; from there the way back up is made of the same
    steps, known already for all below i; with some chance it meets i again, and all repeats. All
    terms are positive, so nothing cancels and the sums are exact to rounding.
    """
    costs: list[float] = []
    landings: list[list[float]] = []
    feet = [1.0]  # feet[i]: the chance that the climb from zero sets foot on i
    mean = 0.0
    for here in count():
        low = max(here - drop, 0)
        way = [0.0] * (here - low + 1 + rise)  # chances to set foot on low, low + 1, ...
        way[0] = 1 - chance
        cost = 1.0
        for at in range(low, here):
            cost += way[at - low] * costs[at]
            for step, share in enumerate(landings[at], start=at - low + 1):
                way[step] += way[at - low] * share
        above = way[here - low + 1 :]
        above[-1] += chance
        past = sum(above)  # the chance not to meet `here` again
        costs.append(cost / past)
        landings.append([share / past for share in above])
        feet += [0.0] * (here + 1 + rise - len(feet))
        for step, share in enumerate(landings[here], start=here + 1):
            feet[step] += feet[here] * share
        mean += feet[here] * costs[here]
        yield mean
