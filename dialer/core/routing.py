"""Which trunks may carry a call, best first, with the reason for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dialer.core.number import E164
from dialer.core.trunk import TrunkLoad


@dataclass(frozen=True, slots=True)
class Trunk:
    """A trunk as routing sees it: trunks of the lowest `priority` come first.

    Raises ValueError for a weight below 1.
    """

    name: str
    priority: int
    weight: int
    numbers: frozenset[E164]
    load: TrunkLoad

    def __post_init__(self) -> None:
        if self.weight < 1:
            raise ValueError("weight: at least 1")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A trunk that may carry the call now, and why it stands where it stands."""

    trunk: Trunk
    why: str


def candidates(
    trunks: Sequence[Trunk], caller_id: E164, now: float, pick: float
) -> tuple[Candidate, ...]:
    """Trunks that own `caller_id` and have room now, in the order in which to try them.

    By priority; within one priority by lot, weighted as in RFC 2782. `pick` is the lot, from 0
    up to but without 1; the same lot gives the same order. Raises ValueError for another `pick`.
    The gate still has its say: here an expired number is not seen.
    """
    if not 0 <= pick < 1:
        raise ValueError("pick: from 0 up to but without 1")
    able = [trunk for trunk in trunks if caller_id in trunk.numbers and trunk.load.can_seize(now)]
    found: list[Candidate] = []
    for priority in sorted({trunk.priority for trunk in able}):
        level = [trunk for trunk in able if trunk.priority == priority]
        found += _by_lot(level, pick)
    return tuple(found)


def _by_lot(level: list[Trunk], pick: float) -> list[Candidate]:
    """The trunks of one priority; each place is drawn among those left, by weight."""
    found: list[Candidate] = []
    while level:
        total = sum(trunk.weight for trunk in level)
        mark = pick * total
        drawn = 0
        while drawn < len(level) - 1 and mark >= level[drawn].weight:
            mark -= level[drawn].weight
            drawn += 1
        trunk = level.pop(drawn)
        # What is left of the lot within the drawn share is again even in [0, 1).
        pick = min(mark / trunk.weight, 1 - 1e-9)
        why = (
            f"priority {trunk.priority}, weight {trunk.weight} of {total}, "
            f"{trunk.load.free} channels free"
        )
        found.append(Candidate(trunk, why))
    return found
