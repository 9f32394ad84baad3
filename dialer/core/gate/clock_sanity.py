"""The rule of the clock: nobody is called while nobody can tell what time it is.

Hours, rests and caps are counted by the wall clock, which people and machines set. So it is held
against two things that nobody sets: a clock that only grows, since the process began, and the
newest attempt on record, which was committed by some node's clock and cannot lie ahead.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from dialer.core.gate.compliance import Allow, Deny, Rule, Verdict
from dialer.core.values.records import AttemptOrder, History

CLOCK_SANE: Final = "clock_sane"
TOLERANCE: Final = 5.0
"""Seconds by which the wall clock may differ from what it is held against. A leap second is one, a
correction by NTP a fraction of one, and the clocks of two nodes are less than that apart."""
MOST_BEHIND: Final = timedelta(seconds=TOLERANCE)
"""By so much the wall clock may be behind what is on record: nodes of one database have clocks of
their own. More is a clock gone back, for calls, for the destruction of data and for the log."""
FOLLOWED: Final = 0.001
"""Seconds a second by which a wall clock that is put right little by little is followed: the kernel
slews by half of that at most, and a smeared leap second takes a day."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What time it is, in UTC: as it is believed to be, and as the wall clock shows it."""

    at: datetime
    shown: datetime


@dataclass(frozen=True, slots=True)
class ClockWatch:
    """What is known of the wall clock since the process began.

    `ahead` is how far it is ahead of where it should be, in seconds; negative where it is behind.
    """

    offset: float
    """Wall clock less steady clock, as it is believed."""
    seen_at: float
    """The steady instant of the last look."""
    ahead: float = 0.0

    @classmethod
    def begin(cls, utc: datetime, steady: float) -> ClockWatch:
        """At the start the wall clock is believed."""
        return cls(utc.timestamp() - steady, steady)

    @property
    def is_sane(self) -> bool:
        return abs(self.ahead) <= TOLERANCE

    def look(self, utc: datetime, steady: float) -> ClockWatch:
        """After a look at both clocks: `steady` is seconds that only grow, in sleep as well.

        Where the wall clock is off by more than `TOLERANCE`, it is so until it is set right again:
        what was believed before is not forgotten, however long that takes.
        """
        ahead = utc.timestamp() - steady - self.offset
        seen = replace(self, seen_at=steady, ahead=ahead)
        if not seen.is_sane:
            return seen
        most = FOLLOWED * max(0.0, steady - self.seen_at)
        step = max(-most, min(most, ahead))
        return replace(seen, offset=self.offset + step, ahead=ahead - step)

    def believed(self, utc: datetime, steady: float) -> datetime:
        """What time it is while the clocks show these.

        A wall clock that was set is not believed, but the one that only grows: what is put on
        record meanwhile keeps its order.
        """
        ahead = utc.timestamp() - steady - self.offset
        return utc if abs(ahead) <= TOLERANCE else utc - timedelta(seconds=ahead)

    @property
    def doubt(self) -> str:
        """What is wrong with the wall clock, in words; nothing where it is sane."""
        if self.is_sane:
            return ""
        way = "forward" if self.ahead > 0 else "back"
        return f"the clock was set {way} by {_span(abs(self.ahead))} while this node ran"


def is_behind(now: datetime, recorded: datetime) -> bool:
    """Whether a clock that shows `now` has gone back behind what was recorded."""
    return now < recorded - MOST_BEHIND


def clock_sane() -> Rule:
    """The node's clock is where it should be, by its own count and by what is on record.

    A denial says nothing of the contact, which keeps its turn: the node waits.
    """

    def judge(order: AttemptOrder, history: History) -> Verdict:
        if order.clock_doubt:
            return Deny(CLOCK_SANE, order.clock_doubt, order.at, again=True, held=True)
        newest = history.newest
        if newest is not None and is_behind(order.at, newest):
            behind = _span((newest - order.at).total_seconds())
            why = f"the clock is {behind} behind the newest attempt on record"
            return Deny(CLOCK_SANE, why, newest, again=True, held=True)
        return Allow()

    return Rule(CLOCK_SANE, judge)


def _span(seconds: float) -> str:
    """A span as people say it, in its largest units."""
    whole = round(seconds)
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if whole >= length:
            count, rest = divmod(whole, length)
            smaller = {"d": ("h", 3600), "h": ("min", 60), "min": ("s", 1)}[unit]
            left = rest // smaller[1]
            return f"{count} {unit}" + (f" {left} {smaller[0]}" if left else "")
    return f"{whole} s"
