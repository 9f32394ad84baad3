"""Whether people who answer are attended to in time, and how many were not.

A call is abandoned if a person answered it and nobody spoke to them within 2 s: the notice had not
begun, or they were promised a person and none was joined with them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

WITHIN: Final = 2.0
"""Seconds from the answer, or from the promise of a person."""
DAYS: Final = 30
"""Whole days before today's that are counted, today's beside them."""
JUDGED_FROM: Final = 100
"""Live answers from which on the rate is the rate. Of fewer than 34 one call is more than 3 %, so a
campaign could not begin; until there are so many it may have what so many would allow."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What came of one campaign's calls, on all nodes, over the last `DAYS`.

    `live` were answered by people, `abandoned` of these left alone; `at_risk` calls live now.
    """

    live: int = 0
    abandoned: int = 0
    at_risk: int = 0

    def allows(self, rate: float, more: int = 0) -> bool:
        """Whether the bound holds though `more` are launched and every call is abandoned."""
        at_risk = self.at_risk + more
        judged = max(self.live + at_risk, JUDGED_FROM)
        return self.abandoned + at_risk <= math.floor(rate * judged)

    @property
    def share(self) -> float:
        """The share that was abandoned; 0 where nobody answered."""
        return self.abandoned / self.live if self.live else 0.0


@dataclass(slots=True)
class Attention:
    """Whether one answered callee was attended to in time. Instants are monotonic seconds."""

    answered_at: float | None = None
    promised_at: float | None = None
    left_alone: bool = False

    def answered(self, at: float) -> None:
        if self.answered_at is None:
            self.answered_at = at

    def promised(self, at: float) -> None:
        """They were told that a person comes."""
        self.promised_at = at

    def attended(self, at: float) -> None:
        """The person has come."""
        if self.promised_at is not None:
            self.left_alone = self.left_alone or at - self.promised_at > WITHIN
        self.promised_at = None

    def nobody_came(self) -> None:
        """The person cannot be had."""
        if self.promised_at is not None:
            self.left_alone = True
        self.promised_at = None

    def abandoned(self, notice_after: float | None, ended_at: float, *, by_callee: bool) -> bool:
        """Whether the call was abandoned, at its end.

        `notice_after` is how long after the answer the notice began; None: never. A callee who
        hangs up sooner than somebody had to speak was not abandoned.
        """
        if self.answered_at is None:
            return False
        late = notice_after is None or notice_after > WITHIN
        if late and not (by_callee and ended_at - self.answered_at <= WITHIN):
            return True
        waits = self.promised_at is not None
        if waits and not (by_callee and ended_at - (self.promised_at or 0.0) <= WITHIN):
            return True
        return self.left_alone
