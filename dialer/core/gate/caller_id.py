"""The numbers an operator may show, per trunk. One callee sees one of them, always the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

from dialer.core.values.days import last_instant
from dialer.core.values.number import E164


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
        return last_instant(self.expires)

    def is_good(self, at: datetime) -> bool:
        """Whether the proof still holds at the aware instant `at`."""
        return at <= self.ends


class CallerIds:
    """The verified numbers of every trunk, by the trunk's name."""

    def __init__(self, by_trunk: Mapping[str, Sequence[VerifiedNumber]]) -> None:
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
