"""A carrier's call records held against what the audit log says was dialled.

A call of theirs is one of ours where the number is the same and the instant close enough; of
several the closest. Whoever was called from another machine with our number is on their side only;
whoever was never called, and stands in our log, on ours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class CarrierCall:
    """One line of a carrier's file. `number` is the keyed hash in hex, `masked` what may be shown.

    `seconds` is how long it was answered, 0 for a call that was not; None where the file says none.
    """

    line: int
    number: str
    masked: str
    at: datetime
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Dialled:
    """One attempt, or second leg, of the log."""

    call: str
    attempt: str
    trunk: str
    number: str
    at: datetime
    seconds: float | None
    """0 for one that was not answered; None for one whose end is not on record."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """By how much clocks and measures may differ."""

    time: timedelta = timedelta(seconds=30)
    seconds: float = 3.0


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What both sides have, and what only one has."""

    matched: int
    theirs_only: Sequence[CarrierCall]
    ours_only: Sequence[Dialled]
    durations: Sequence[tuple[CarrierCall, Dialled]]
    """Calls that both have, and whose durations differ by more than they may."""

    @property
    def agrees(self) -> bool:
        return not (self.theirs_only or self.ours_only or self.durations)


def reconcile(
    theirs: Iterable[CarrierCall], ours: Iterable[Dialled], tolerance: Tolerance
) -> Reconciled:
    """Each call of either side is part of one pair at most; the closest pairs come first."""
    by_number: defaultdict[str, list[Dialled]] = defaultdict(list)
    for each in ours:
        by_number[each.number].append(each)
    rest = {(each.call, each.attempt): each for some in by_number.values() for each in some}
    left: dict[int, CarrierCall] = {each.line: each for each in theirs}
    pairs = sorted(
        (abs(their.at - our.at), their.line, our.call, our.attempt)
        for their in left.values()
        for our in by_number[their.number]
        if abs(their.at - our.at) <= tolerance.time
    )
    matched, durations = 0, []
    for _apart, line, call, attempt in pairs:
        if line not in left or (call, attempt) not in rest:
            continue
        their, our = left.pop(line), rest.pop((call, attempt))
        matched += 1
        if their.seconds is None or our.seconds is None:
            continue
        if abs(their.seconds - our.seconds) > tolerance.seconds:
            durations.append((their, our))
    return Reconciled(
        matched,
        sorted(left.values(), key=lambda each: each.line),
        sorted(rest.values(), key=lambda each: (each.at, each.attempt)),
        durations,
    )
