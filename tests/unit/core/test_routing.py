from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dialer.core.trunks.routing import Trunk, candidates, showing, with_room
from dialer.core.trunks.trunk import TrunkLimits, TrunkLoad
from tests.support.orders import CALLER_ID, number


def trunk(name: str, priority: int = 1, weight: int = 1, *, channels: int = 5) -> Trunk:
    load = TrunkLoad(TrunkLimits(channels, 100))
    return Trunk(name, priority, weight, frozenset({CALLER_ID}), load)


def names(trunks: list[Trunk], pick: float = 0.0) -> list[str]:
    return [found.trunk.name for found in candidates(trunks, CALLER_ID, 0.0, pick)]


def test_the_lowest_priority_figure_comes_first() -> None:
    assert names([trunk("c", 3), trunk("a", 1), trunk("b", 2)]) == ["a", "b", "c"]


def test_a_trunk_that_does_not_own_the_number_is_no_candidate() -> None:
    assert candidates([trunk("a")], number(), 0.0, 0.0) == ()


def test_a_full_trunk_keeps_its_place_and_the_call_goes_to_one_with_room() -> None:
    full = trunk("full", channels=1)
    full.load.seize(0.0)
    found = candidates([full, trunk("spare", 2)], CALLER_ID, 0.0, 0.0)
    assert [each.trunk.name for each in found] == ["full", "spare"]
    best = with_room(found, 0.0)
    assert best is not None
    assert best.trunk.name == "spare"
    assert with_room(found[:1], 0.0) is None


def test_weights_share_one_priority() -> None:
    trunks = [trunk("a", weight=1), trunk("b", weight=3)]
    first = [names(trunks, pick / 100)[0] for pick in range(100)]
    assert (first.count("a"), first.count("b")) == (25, 75)


def test_those_left_share_the_next_place_by_weight() -> None:
    trunks = [trunk("a", weight=2), trunk("b", weight=1), trunk("c", weight=3)]
    after_a = [found[1] for n in range(600) if (found := names(trunks, n / 600))[0] == "a"]
    assert (after_a.count("b"), after_a.count("c")) == (50, 150)


def test_the_reason_is_told() -> None:
    (first, second) = candidates([trunk("a", weight=3), trunk("b")], CALLER_ID, 0.0, 0.0)
    assert first.why == "priority 1, weight 3 of 4, 5 channels free"
    assert second.why == "priority 1, weight 1 of 1, 5 channels free"


@pytest.mark.parametrize("pick", [-0.1, 1.0, float("nan")])
def test_a_lot_out_of_range_is_refused(pick: float) -> None:
    with pytest.raises(ValueError, match="pick"):
        candidates([], CALLER_ID, 0.0, pick)


def test_a_weight_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="weight"):
        trunk("a", weight=0)


def test_a_number_is_shown_where_its_proof_still_holds() -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    short, long, other = trunk("short"), trunk("long"), trunk("other")
    short = replace(short, proofs={CALLER_ID: now})
    long = replace(long, proofs={CALLER_ID: now + timedelta(days=1)})
    other = replace(other, numbers=frozenset())

    def shown(at: datetime) -> list[str]:
        return [each.name for each in showing([short, long, other], CALLER_ID, at)]

    assert shown(now) == ["short", "long"]
    assert shown(now + timedelta(microseconds=1)) == ["long"]
    # None is left: the gate is to say why.
    assert shown(now + timedelta(days=2)) == ["short", "long"]
    assert showing([other], CALLER_ID, now) == []
