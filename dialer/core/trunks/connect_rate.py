"""Whether a trunk's connect rate has fallen, and whether it is well again (docs/failover.md).

From the floor follow three other rates, and from those, three tests (`dialer.core.trunks.cusum`):

- `steep`, far below the floor: the fast test finds it within a few dozen attempts;
- `bad`, just below the floor: the slow test takes a few hundred, and never misses it;
- `well`, above the floor: a trunk that stays there is almost never found bad.

A trunk that has fallen comes back when the third test has told `well` from the floor itself. So the
way down and the way up have different thresholds, and each needs evidence of its own: every change
of state begins both anew.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Final

from dialer.core.trunks.cusum import Cusum, Score

STEEP: Final = 1 / 4
BAD: Final = 4 / 5
WELL: Final = 3 / 2
"""The rates, as multiples of the floor's odds. Odds, so that no floor leads out of 0..1."""

FAST_RUN: Final = 125_000
SLOW_RUN: Final = 250_000
"""Attempts, in the mean, until a well trunk is found bad by mistake: by both, one in 83,000."""
BACK_RUN: Final = 1_000
"""Attempts on a trunk that stays at the floor, in the mean, until it is taken for well."""

PROBE_EVERY: Final = 20
"""Attempts that a fallen trunk is passed over for one that it is given: a trickle of 1 in 21."""
PROBE_EVERY_MOST: Final = 160

_NOTHING: Final = Cusum(rise=0, drop=0, limit=1)


class RateState(Enum):
    """Where a trunk stands, by its connect rate."""

    GOOD = "good"
    """Nothing speaks against it."""
    GIVING_WAY = "giving_way"
    """Its rate has fallen: better trunks go first. No attempt was made on it since."""
    PROBING = "probing"
    """It still gives way, and a trickle of attempts shows how it does."""


@dataclass(frozen=True, slots=True)
class RateStanding:
    """A trunk's state, the reason, and since when; None: from the start."""

    state: RateState
    why: str
    since: float | None = None


@dataclass(frozen=True, slots=True)
class RateTests:
    """What follows from a floor: the rates between which the tests decide, and the tests."""

    floor: float
    steep: float
    bad: float
    well: float
    fast: Cusum
    slow: Cusum
    back: Cusum

    @staticmethod
    @cache
    def of(floor: float) -> RateTests:
        """The tests for a connect rate that shall not fall below `floor`.

        Nothing falls below 0: its tests never find anything. Raises ValueError for a floor below
        0, or of 1 and more.
        """
        if not 0 <= floor < 1:
            raise ValueError("connect_rate_floor: from 0 up to but without 1")
        if floor == 0:
            return RateTests(floor, 0.0, 0.0, 0.0, _NOTHING, _NOTHING, _NOTHING)
        steep, bad, well = (_with_odds(floor, times) for times in (STEEP, BAD, WELL))
        return RateTests(
            floor,
            steep,
            bad,
            well,
            fast=Cusum.between(1 - well, 1 - steep, FAST_RUN),
            slow=Cusum.between(1 - well, 1 - bad, SLOW_RUN),
            back=Cusum.between(floor, well, BACK_RUN),
        )


class RateJudge:
    """The connect rate of one trunk, or of one trunk to one destination prefix.

    Give `judge` every attempt that has shown whether it is answered, in the order in which they
    were made; `passed_over` and `used` tell when it is time for a probe. Instants are seconds of a
    clock that only goes forward.
    """

    def __init__(self, tests: RateTests) -> None:
        self._tests = tests
        self._fast = Score(tests.fast)
        self._slow = Score(tests.slow)
        self._back = Score(tests.back)
        self._standing = RateStanding(RateState.GOOD, "nothing speaks against it")
        self._fell_at = -math.inf
        self._well_at = -math.inf
        self._on_trial = False
        self._passed = 0
        self._every = PROBE_EVERY

    @property
    def standing(self) -> RateStanding:
        return self._standing

    @property
    def has_fallen(self) -> bool:
        return self._standing.state is not RateState.GOOD

    @property
    def fell_at(self) -> float:
        """When the attempt was made that showed its latest fall; -inf before the first."""
        return self._fell_at

    @property
    def well_at(self) -> float:
        """When the attempt was made that last showed it to be well; -inf before the first."""
        return self._well_at

    @property
    def overdue(self) -> int:
        """Attempts that it has been passed over beyond its turn; below 0: no probe is due."""
        return self._passed - self._every if self.has_fallen else -1

    def judge(self, at: float, now: float, *, answered: bool) -> bool:
        """Count the attempt made `at`, known by `now`. True where the state has changed."""
        is_well = self._back.add(sign=answered)
        if is_well:
            self._well_at = at
        if self.has_fallen:
            if is_well:
                self._returns(now)
            return is_well
        if is_well:
            self._on_trial = False
            self._back.clear()
        fast = self._fast.add(sign=not answered)
        slow = self._slow.add(sign=not answered)
        if fast or slow:
            self._falls(at, now, self._fast if fast else self._slow)
        return fast or slow

    def passed_over(self) -> None:
        """An attempt that it could have carried was made on another trunk."""
        self._passed += 1

    def used(self, now: float) -> None:
        """An attempt is made on it."""
        self._passed = 0
        if self._standing.state is RateState.GIVING_WAY:
            self._standing = RateStanding(RateState.PROBING, self._standing.why, now)

    def _falls(self, at: float, now: float, found: Score) -> None:
        answers = found.trials - found.signs
        why = (
            f"{answers} of the last {found.trials} attempts answered "
            f"({answers / found.trials:.0%}), the floor is {self._tests.floor:.0%}"
        )
        self._standing = RateStanding(RateState.GIVING_WAY, why, now)
        self._fell_at = at
        # A trunk that is well while it carries a trickle, and falls under the full load, would come
        # and go for ever: each time it is asked half as often.
        again = min(2 * self._every, PROBE_EVERY_MOST)
        self._every = again if self._on_trial else PROBE_EVERY
        self._passed = 0
        self._begin_anew()

    def _returns(self, now: float) -> None:
        why = (
            f"well again: {self._back.signs} of the last {self._back.trials} attempts answered "
            f"({self._back.signs / self._back.trials:.0%})"
        )
        self._standing = RateStanding(RateState.GOOD, why, now)
        self._on_trial = True
        self._begin_anew()

    def _begin_anew(self) -> None:
        for score in (self._fast, self._slow, self._back):
            score.clear()


def _with_odds(rate: float, times: float) -> float:
    """The rate whose odds are so many times those of `rate`."""
    odds = times * rate / (1 - rate)
    return odds / (1 + odds)
