from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.core.trunks.routing import Trunk, candidates, with_room
from dialer.core.trunks.trunk import TrunkLimits, TrunkLoad
from tests.support.orders import CALLER_ID

SHAPES = st.lists(st.tuples(st.integers(1, 3), st.integers(1, 9), st.booleans()), max_size=6)
PICKS = st.floats(0, 1, exclude_max=True)


def build(shapes: list[tuple[int, int, bool]]) -> list[Trunk]:
    trunks = []
    for at, (priority, weight, full) in enumerate(shapes):
        load = TrunkLoad(TrunkLimits(1, 1))
        if full:
            load.seize(0.0)
        trunks.append(Trunk(f"t{at}", priority, weight, frozenset({CALLER_ID}), load))
    return trunks


@settings(max_examples=100, deadline=None)
@given(SHAPES, PICKS)
def test_each_trunk_stands_once_and_by_priority_and_the_first_with_room_is_taken(
    shapes: list[tuple[int, int, bool]], pick: float
) -> None:
    trunks = build(shapes)
    found = candidates(trunks, CALLER_ID, 0.0, pick)
    assert sorted(each.trunk.name for each in found) == sorted(each.name for each in trunks)
    full = {trunk.name for trunk, (_, _, full) in zip(trunks, shapes, strict=True) if full}
    able = [each for each in found if each.trunk.name not in full]
    assert with_room(found, 0.0) == (able[0] if able else None)
    priorities = [each.trunk.priority for each in found]
    assert priorities == sorted(priorities)
    assert candidates(trunks, CALLER_ID, 0.0, pick) == found
