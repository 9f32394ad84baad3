"""The book of suppressions in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as changed
from datetime import datetime

from dialer.core.values.number import E164
from dialer.core.values.statements import Signature
from dialer.core.values.suppression import (
    LIST_PERIOD,
    LIST_SHRINK,
    Replacement,
    Suppression,
    SuppressionKind,
    fault_of_list,
    fault_of_reason,
    fault_of_replacement,
    lift,
)
from dialer.errors import SuppressionError
from dialer.ports.desks import BookEntry, ListImport
from dialer.testing.hashes import hash_of


@dataclass(slots=True)
class _Imported:
    head: ListImport
    numbers: frozenset[E164] = field(default=frozenset(), repr=False)


class MemorySuppressions:
    """A SuppressionDesk that is gone with the process."""

    def __init__(self) -> None:
        self._own: dict[tuple[E164, SuppressionKind], BookEntry] = {}
        self._lists: list[_Imported] = []
        self._gone: list[tuple[str, datetime, int]] = []

    async def add(self, number: E164, reason: str, by: str, at: datetime) -> bool:
        if (fault := fault_of_reason(reason)) is not None:
            raise SuppressionError(fault.why)
        return self.enter(number, SuppressionKind.OWN_LIST, at, by, reason)

    async def remove(self, number: E164, reason: str, by: str, at: datetime) -> None:  # noqa: ARG002
        against = [each.why for each in self.against(number)]
        refused = lift(
            SuppressionKind.OWN_LIST if SuppressionKind.OWN_LIST in against else _first(against),
            reason,
        )
        if refused is not None:
            raise SuppressionError(refused.why)
        del self._own[number, SuppressionKind.OWN_LIST]

    async def check(self, number: E164) -> Sequence[Suppression]:
        return self.against(number)

    async def entries(self, limit: int | None = None) -> Sequence[BookEntry]:
        latest = sorted(self._own.values(), key=lambda entry: entry.since)
        return latest[::-1][:limit]

    async def import_list(
        self,
        wanted: ListImport,
        numbers: Iterable[E164],
        *,
        replace: bool,
        most_gone: float = LIST_SHRINK,
        signature: Signature | None = None,  # noqa: ARG002
    ) -> ListImport:
        if (fault := fault_of_list(wanted.name, wanted.source)) is not None:
            raise SuppressionError(fault.why)
        once = frozenset(numbers)
        old = [each for each in self._lists if each.head.name == wanted.name]
        weighed = self._weigh(old, once, wanted)
        if replace:
            fault = fault_of_replacement(wanted.name, weighed, most_gone)
            if fault is not None:
                raise SuppressionError(fault.why)
            self._lists = [each for each in self._lists if each not in old]
            self._gone.append((wanted.name, wanted.imported_at, weighed.gone))
        made = changed(wanted, numbers=len(once), gone=weighed.gone if replace else 0)
        self._lists.append(_Imported(made, once))
        return made

    async def lists(self) -> Sequence[ListImport]:
        latest = [each.head for each in self._lists][::-1]
        latest.sort(key=lambda head: head.imported_at, reverse=True)
        return sorted(latest, key=lambda head: head.name)

    def _weigh(
        self, old: Sequence[_Imported], new: frozenset[E164], wanted: ListImport
    ) -> Replacement:
        listed = frozenset[E164]().union(*(each.numbers for each in old))
        since = wanted.imported_at - LIST_PERIOD
        ends = [each.head.until for each in old if each.head.until is not None]
        return Replacement(
            size=len(listed),
            gone=len(listed - new),
            gone_before=sum(g for name, at, g in self._gone if name == wanted.name and at > since),
            ends=max(ends) if ends and len(ends) == len(old) else None,
            until=wanted.until,
        )

    # ----------------------------------------------------------------- for the other fakes

    def enter(
        self,
        number: E164,
        why: SuppressionKind,
        at: datetime,
        by: str,
        reason: str | None = None,
        *,
        unproven: bool = False,
    ) -> bool:
        """Put a number into the book; False where it is there for that reason."""
        known = self._own.get((number, why))
        if known is not None:
            self._own[number, why] = changed(known, unproven=known.unproven and unproven)
            return False
        entry = BookEntry(hash_of(number), why, at, by, reason, unproven=unproven)
        self._own[number, why] = entry
        return True

    def refused(self, number: E164, at: datetime, by: str) -> None:
        """Put a refusal into the book; of several the latest counts."""
        known = self._own.get((number, SuppressionKind.REFUSAL))
        if known is None or known.since < at:
            self._own[number, SuppressionKind.REFUSAL] = BookEntry(
                hash_of(number), SuppressionKind.REFUSAL, at, by, None
            )

    def against(self, number: E164) -> tuple[Suppression, ...]:
        """Everything that the book has against the number."""
        own = [
            Suppression(why, entry.since, unproven=entry.unproven)
            for (whose, why), entry in self._own.items()
            if whose == number
        ]
        listed = [
            Suppression(
                SuppressionKind.IMPORTED, head.imported_at, head.until, head.name, head.source
            )
            for head, numbers in ((each.head, each.numbers) for each in self._lists)
            if number in numbers
        ]
        return (*own, *listed)


def _first(against: Sequence[SuppressionKind]) -> SuppressionKind:
    if not against:
        raise SuppressionError("the number is not in the book")
    return against[0]
