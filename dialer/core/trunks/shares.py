"""A trunk's channels and calls a second, divided among the nodes that live.

Every node says in one place what it may use at most, in rounds that never overlap. It takes more
only out of what nobody has said; it says less only when it has done with less for long enough. So
at no instant do all of them together use more than the trunk has, whoever comes or goes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

TURN: Final = 10.0
"""Seconds for which a node has a trunk's calls a second, where there are fewer than nodes."""
_MARGIN: Final = 1.0
"""Seconds beyond a trunk's own period after which no INVITE of a larger share counts any more."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """Channels, and new calls a second, as of `TrunkLimits`; either may be nothing."""

    channels: int = 0
    cps: float = 0.0

    def at_least(self, other: Capacity) -> Capacity:
        return Capacity(max(self.channels, other.channels), max(self.cps, other.cps))


NOTHING: Final = Capacity()


def fair(whole: Capacity, nodes: Sequence[str], node: str, at: float) -> Capacity:
    """The part of `whole` that `node`, one of `nodes`, is due at the shared time `at` (seconds).

    Parts are whole channels and whole calls a second and sum up to no more than `whole`. Where
    there are fewer calls a second than nodes, the nodes take turns.
    """
    order = sorted(nodes)
    rank, count = order.index(node), len(order)
    if count == 1:
        return whole
    channels = _part(whole.channels, rank, count)
    cps = math.floor(whole.cps)
    if cps >= count:
        return Capacity(channels, float(_part(cps, rank, count)))
    turn = (rank + math.floor(at / TURN)) % count
    # Less than one a second is a pause between calls: one node at a time can keep it.
    return Capacity(channels, min(1.0, whole.cps) if turn < max(1, cps) else 0.0)


def _part(whole: int, rank: int, count: int) -> int:
    return whole // count + (rank < whole % count)


class TrunkShare:
    """One node's share of one trunk. `now` is monotonic seconds, and never an earlier one's."""

    def __init__(self, whole: Capacity) -> None:
        self.whole = whole
        """What the carrier gives to all nodes together."""
        self.allowed = NOTHING
        """What this node may use now."""
        self._period = max(1.0, 1.0 / whole.cps) + _MARGIN
        self._used: list[tuple[float, float]] = []
        """Calls a second that were allowed, and until when."""

    def plan(
        self, due: Capacity, others: Sequence[Capacity], in_use: int, now: float
    ) -> tuple[Capacity, Capacity]:
        """What to allow, and what to say, in a round in which `others` say what they do.

        `due` is this node's fair part, `in_use` its channels in use. What is said must be kept
        where the others look before what is allowed is used: `allow` comes after.
        """
        free = Capacity(
            max(0, self.whole.channels - sum(other.channels for other in others)),
            max(0.0, self.whole.cps - sum(other.cps for other in others)),
        )
        cps = due.cps if due.cps <= free.cps else _whole_or_all(free.cps, self.whole.cps)
        allow = Capacity(min(due.channels, free.channels), min(due.cps, cps))
        self._used = [(cps, until) for cps, until in self._used if now < until + self._period]
        lately = Capacity(in_use, max((cps for cps, _ in self._used), default=0.0))
        return allow, allow.at_least(self.allowed).at_least(lately)

    def allow(self, what: Capacity, now: float) -> None:
        """What may be used from now on."""
        if what.cps < self.allowed.cps:
            self._used.append((self.allowed.cps, now))
        self.allowed = what


def _whole_or_all(free: float, whole: float) -> float:
    """What can be kept of `free` calls a second without a pause longer than the trunk's own."""
    return free if free >= whole else float(math.floor(free))
