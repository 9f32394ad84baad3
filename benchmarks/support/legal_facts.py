"""What the checker of the simulated year judges, by which law, and what it can find broken.

Instants are whole microseconds since 1970, UTC, as they truly were, whatever a clock showed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Final

from .wall_clocks import HOUR, MINUTE, midnight

_FIRST_OVER: Final = 14 * HOUR
"""Where a day ends first on earth, clocks are so far ahead."""


@dataclass(frozen=True, slots=True)
class Law:
    """What one country's law has in figures. Windows are of the day, by the callee's wall."""

    prefixes: tuple[str, ...]
    """How numbers begin whose callees live under it."""
    workday: tuple[tuple[int, int], ...]
    day_off: tuple[tuple[int, int], ...]
    refusal_months: int | None
    """None: who has refused is called no more."""
    left_alone: float | None = None
    """Which share of those who answer may be left alone, over 30 days a campaign."""


CHINA: Final = Law(
    prefixes=("+86",),
    workday=(
        (9 * HOUR, 11 * HOUR + 30 * MINUTE),
        (14 * HOUR + 30 * MINUTE, 17 * HOUR + 30 * MINUTE),
    ),
    day_off=(),
    refusal_months=6,
)
_UNITED_STATES: Final = (
    *(208, 212, 219, 270, 303, 308, 310, 312, 423, 541, 602, 605, 671, 701, 787, 808),
    *(812, 850, 906, 907, 928),
)
AMERICA: Final = Law(
    prefixes=tuple(f"+1{area}" for area in _UNITED_STATES),
    workday=((8 * HOUR, 21 * HOUR),),
    day_off=((8 * HOUR, 21 * HOUR),),
    refusal_months=None,
    left_alone=0.03,
)


class Breach(Enum):
    """What a call can break."""

    ABROAD = "a callee who lives under another law"
    ENDED = "for a campaign that was ended"
    WORDING = "words that are not approved"
    LICENCE = "no licence in force"
    NOT_OURS = "a number shown that is not ours on that trunk"
    PROOF = "a number shown whose proof has run out"
    UNSIGNED = "no certificate in force on a trunk that signs"
    EVIDENCE = "nobody says who took the consent, or where it lies"
    PURPOSE = "a consent to something else"
    NOT_YET = "a consent that is yet to be given"
    RUN_OUT = "a consent that is over"
    REFUSED = "refused, and the rest is not over"
    NEVER_AGAIN = "asked never to be called again"
    COMPLAINED = "has complained"
    WITHDRAWN = "has withdrawn the consent"
    LISTED = "is on an authority's list"
    ONE_NUMBER = "shown a second number"
    NOWHERE = "a callee who may live nobody knows where"
    DAY_OFF = "at an hour for workdays on a day off, or one that nobody knows"
    HOURS = "outside the hours where the callee may live"
    HOUR = "a second time within an hour"
    DAY = "a fourth time within a day"
    ALONE = "left alone, as too many of the campaign's were"


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of one campaign's list."""

    contact: int
    campaign: int
    number: str
    zone: str | None
    purpose: str
    source: str
    reference: str
    given: int


@dataclass(frozen=True, slots=True)
class Dialled:
    """One INVITE. `rang` is what the callee's telephone did, whatever the carrier told.

    `words` names what would be said; attempts of one call bear its name.
    """

    call: str
    at: int
    contact: int
    trunk: str
    caller_id: str
    rang: bool
    words: str


@dataclass(frozen=True, slots=True)
class Answered:
    """A call that a person answered; `alone`: and nobody spoke to them in time."""

    call: str
    ended: int
    alone: bool


@dataclass(frozen=True, slots=True)
class Unreached:
    """A call that ended because no carrier brought it to the callee's telephone."""

    contact: int
    ended: int


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody, or an authority, has said against calls to a number; `what` it would break.

    `until` is when it is over, if ever; a refusal's rest is the law's.
    """

    at: int
    number: str
    what: Breach
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Certificate:
    """One of a trunk that signs its calls. Both instants are within its span."""

    trunk: str
    begins: int
    ends: int


@dataclass(frozen=True, slots=True)
class Paper:
    """Something proven from one instant on, up to a last day: a licence, or a number on a trunk."""

    begins: int
    last_day: date
    ends: int | None = None
    """When it was taken off the list, if ever."""
    trunk: str = ""
    caller_id: str = ""

    def holds(self, at: int) -> bool:
        """The last day is over where it is over first."""
        over = midnight(self.last_day + timedelta(days=1)) - _FIRST_OVER
        return self.begins <= at < over and (self.ends is None or at < self.ends)

    def is_listed(self, at: int) -> bool:
        """Whether the operator had it on a list, good or run out."""
        return self.begins <= at and (self.ends is None or at < self.ends)


@dataclass(frozen=True, slots=True)
class Approval:
    """Words that were approved, and until when."""

    words: str
    begins: int
    ends: int | None = None


@dataclass(frozen=True, slots=True)
class Campaign:
    """`looked` are the instants at which its node looked for somebody to call and had time left.

    `ended` is when it was ended, if it was.
    """

    purpose: str
    caller_id: str
    looked: Sequence[int]
    approvals: Sequence[Approval]
    ended: int | None = None


@dataclass(frozen=True, slots=True)
class Year:
    """All that happened to one operator."""

    law: Law
    campaigns: Mapping[int, Campaign]
    listed: Sequence[Listed]
    dialled: Sequence[Dialled]
    said: Sequence[Said]
    licences: Sequence[Paper]
    numbers: Sequence[Paper]
    answered: Sequence[Answered] = ()
    certificates: Sequence[Certificate] = ()
    unreached: Sequence[Unreached] = ()
