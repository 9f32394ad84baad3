"""Which trunks may carry a call, best first, with the reason for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dialer.core.trunks.failover import Place, Ranking, Stand
from dialer.core.trunks.trunk import TrunkLoad
from dialer.core.values.number import E164


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
    own: bool = False
    """Whether it leads to the operator's own people: no callee is called over it."""
    proofs: Mapping[E164, datetime] = field(default_factory=dict, compare=False)
    """The last instant at which each of `numbers` may be shown; without one, ever."""
    lab: bool = False
    """Whether it leads to a lab, and cannot lead anywhere else."""
    lab_shift: timedelta | None = None
    """How far the lab's clock, where a lab's trunk was given one, is ahead of ours."""

    def __post_init__(self) -> None:
        if self.weight < 1:
            raise ValueError("weight: at least 1")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A trunk that may carry the call, and why it stands where it stands."""

    trunk: Trunk
    why: str
    rivals: tuple[str, ...] = ()
    """All that were ranked for the call, itself among them."""
    probes: bool = False
    """Whether the call is to show how a trunk that gives way does."""


def showing(trunks: Sequence[Trunk], caller_id: E164, at: datetime) -> list[Trunk]:
    """Those of `trunks` on which `caller_id` may be shown at the aware instant `at`.

    Where its proofs have run out on all that own it, all of these: the gate is to say so.
    """
    own = [trunk for trunk in trunks if caller_id in trunk.numbers]
    return [trunk for trunk in own if trunk.proofs.get(caller_id, at) >= at] or own


def candidates(
    trunks: Sequence[Trunk], caller_id: E164, now: float, pick: float
) -> tuple[Candidate, ...]:
    """Trunks that own `caller_id` and are up, full or not, in the order in which to try them.

    By priority; within one priority by lot, weighted as in RFC 2782. `pick` is the lot, from 0
    up to but without 1; the same lot gives the same order. Raises ValueError for another `pick`.
    The gate still has its say.
    """
    if not 0 <= pick < 1:
        raise ValueError("pick: from 0 up to but without 1")
    able = [trunk for trunk in trunks if caller_id in trunk.numbers and trunk.load.is_up(now)]
    found: list[Candidate] = []
    for priority in sorted({trunk.priority for trunk in able}):
        level = [trunk for trunk in able if trunk.priority == priority]
        found += _by_lot(level, pick)
    return tuple(found)


def carrying(found: Sequence[Candidate], ranking: Ranking) -> tuple[Candidate, ...]:
    """Of `found` those that carry, best first: who gives way by its connect rate is left out.

    Also where all others are full: a call rather waits than goes to a trunk that gives way.
    """
    by_name = {candidate.trunk.name: candidate for candidate in found}
    rivals = tuple(place.trunk for place in ranking.places)
    aside = [place.trunk for place in ranking.places if place.stand is Stand.ASIDE]
    return tuple(
        Candidate(
            by_name[place.trunk].trunk,
            f"{by_name[place.trunk].why}{_standing(place, ranking, aside)}",
            rivals,
            probes=place.stand is Stand.PROBE,
        )
        for place in ranking.places
        if place.stand is not Stand.ASIDE
    )


def with_room(found: Sequence[Candidate], now: float) -> Candidate | None:
    """The best that can take one more call at this instant."""
    return next((candidate for candidate in found if candidate.trunk.load.can_seize(now)), None)


def _standing(place: Place, ranking: Ranking, aside: Sequence[str]) -> str:
    """What the connect rates say of the choice; nothing where all are well."""
    if place.stand is Stand.PROBE:
        return f"; probed: {place.why}"
    if place.why:
        return f"; carries all the same ({ranking.verdict.value}): {place.why}"
    return f"; {', '.join(aside)} gives way" if aside else ""


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
