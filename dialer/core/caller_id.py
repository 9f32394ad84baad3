"""The numbers an operator may show, per trunk. One callee sees one of them, always the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from types import MappingProxyType
from typing import Final

from dialer.core.number import E164

_FIRST_ZONE: Final = timezone(timedelta(hours=14))

WARN_AHEAD: Final = timedelta(days=30)
"""How long before a proof ends its operator is told."""


@dataclass(frozen=True, slots=True)
class VerifiedNumber:
    """A number really assigned to the operator on a trunk.

    `proof` says where the evidence lies, `expires` is the last day on which it holds.
    """

    number: E164
    holder: str
    proof: str
    expires: date

    @property
    def ends(self) -> datetime:
        """The last instant at which the proof holds.

        The proof names a day and no zone, so the day ends where it ends first on earth.
        """
        return datetime.combine(self.expires, time.max, _FIRST_ZONE)

    def is_good(self, at: datetime) -> bool:
        """Whether the proof still holds at the aware instant `at`."""
        return at <= self.ends


@dataclass(frozen=True, slots=True)
class Expiry:
    """A proof that ends soon, or has ended. `position` counts from 1 in the trunk's list."""

    trunk: str
    position: int
    ends: datetime
    days_left: int
    """Whole days until then; below 0 since it has ended."""

    def __str__(self) -> str:
        """In words, and without the number."""
        return (
            f"trunk {self.trunk}: the proof of number {self.position} in its list "
            f"{when(self.days_left)}"
        )


def when(days_left: int) -> str:
    """When a proof ends, in words."""
    if days_left < 0:
        return "has expired: calls that would show it are refused"
    if days_left == 0:
        return "ends within a day; then calls that would show it are refused"
    days = "1 day" if days_left == 1 else f"{days_left} days"
    return f"ends in {days}; then calls that would show it are refused"


class CallerIds:
    """The verified numbers of every trunk, by the trunk's name."""

    def __init__(self, by_trunk: Mapping[str, Sequence[VerifiedNumber]]) -> None:
        self._lists = MappingProxyType({trunk: tuple(listed) for trunk, listed in by_trunk.items()})
        self._by_trunk = MappingProxyType(
            {
                trunk: MappingProxyType({known.number: known for known in numbers})
                for trunk, numbers in by_trunk.items()
            }
        )
        self._ours = frozenset(known.number for listed in by_trunk.values() for known in listed)

    def find(self, trunk: str, number: E164) -> VerifiedNumber | None:
        """The proof for `number` on `trunk`, good or expired; None where there is none."""
        known = self._by_trunk.get(trunk)
        return None if known is None else known.get(number)

    def is_verified(self, trunk: str, number: E164, at: datetime) -> bool:
        """Whether `number` may be shown on `trunk` at the aware instant `at`."""
        found = self.find(trunk, number)
        return found is not None and found.is_good(at)

    def is_ours(self, number: E164) -> bool:
        """Whether any trunk lists `number`, be its proof good or expired."""
        return number in self._ours

    def first_end(self, trunk: str) -> datetime | None:
        """When the first proof of the trunk's numbers ends; None for a trunk without numbers."""
        return min((known.ends for known in self._lists.get(trunk, ())), default=None)

    def expiring(self, at: datetime, within: timedelta = WARN_AHEAD) -> tuple[Expiry, ...]:
        """The proofs that have ended, or end `within` a span from the aware instant `at`.

        Those that end first come first.
        """
        found = [
            Expiry(trunk, position, known.ends, (known.ends - at) // timedelta(days=1))
            for trunk, listed in self._lists.items()
            for position, known in enumerate(listed, start=1)
            if known.ends - at <= within
        ]
        return tuple(sorted(found, key=lambda expiry: (expiry.ends, expiry.trunk)))
