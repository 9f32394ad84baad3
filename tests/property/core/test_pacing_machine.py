"""A campaign launched by its pacer: no burst, no trunk over its limits, and none left idle."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.core.trunks.pacing import CATCH_UP, Pacer
from dialer.core.trunks.trunk import TrunkLimits, TrunkLoad

LIMITS = st.builds(TrunkLimits, st.integers(1, 20), st.integers(1, 50))


def run(
    pacer: Pacer, loads: list[TrunkLoad], calls: int, talk: float, late: list[float]
) -> tuple[list[float], list[float]]:
    """When each of `calls` calls of `talk` seconds was seized, and when it left.

    Each wake-up is late by the next of `late`.
    """
    now, seized, launches, ends = 0.0, [], [], []
    turns = 0
    while len(launches) < calls:
        turns += 1
        assert turns < 50 * calls, "the pacer stands still"
        for end, load in [each for each in ends if each[0] <= now]:
            ends.remove((end, load))
            load.release()
        live = len(ends)
        due = pacer.due(now, live)
        at = pacer.next_launch(now, live)
        assert (due > 0) is (at is not None and at <= now)
        for _ in range(min(due, calls - len(launches))):
            load = next(each for each in loads if each.can_seize(now))
            load.seize(now)
            seized.append(now)
            pacer.launched(now)
            leaves = load.next_departure(now)
            assert leaves is not None
            load.depart(leaves)
            load.sent(leaves)
            launches.append(leaves)
            ends.append((leaves + talk, load))
        if not due:
            wake = min([each[0] for each in ends], default=math.inf) if at is None else at
            now = max(now, wake) + late[turns % len(late)]
    return seized, launches


@settings(max_examples=60, deadline=None)
@given(
    limits=st.lists(LIMITS, min_size=1, max_size=3),
    concurrency=st.integers(1, 40),
    talk=st.floats(0.01, 5),
    late=st.lists(st.floats(0, 0.1), min_size=1, max_size=5),
)
def test_any_campaign_keeps_its_pace(
    limits: list[TrunkLimits], concurrency: int, talk: float, late: list[float]
) -> None:
    loads = [TrunkLoad(each) for each in limits]
    seized, launches = run(Pacer(concurrency, loads), loads, 60, talk, late)
    cps = sum(each.cps for each in limits)
    # The pacer spreads the seizures; each trunk then lets an INVITE leave with its own token.
    assert all(count <= 1 + CATCH_UP * cps for count in Counter(seized).values())
    for at in launches:
        assert sum(1 for other in launches if at <= other < at + 1.0) <= cps


@settings(max_examples=30, deadline=None)
@given(cps=st.integers(1, 100))
def test_with_room_and_no_delay_the_pace_is_the_trunks_and_even(cps: int) -> None:
    loads = [TrunkLoad(TrunkLimits(10_000, cps))]
    _, launches = run(Pacer(10_000, loads), loads, 150, 1000.0, [0.0])
    gaps = [after - before for before, after in pairwise(launches)]
    assert max(gaps) < 1.001 / cps
    assert min(gaps) > 0.999 / cps


@given(
    first=st.lists(LIMITS, min_size=1, max_size=3),
    later=st.lists(LIMITS, min_size=1, max_size=3),
    launched=st.lists(st.floats(0, 10), min_size=1, max_size=5),
    waits=st.floats(0, 2),
)
def test_before_the_next_slot_nothing_is_due_on_any_trunk(
    first: list[TrunkLimits], later: list[TrunkLimits], launched: list[float], waits: float
) -> None:
    pacer = Pacer(10, [TrunkLoad(each) for each in first])
    for at in sorted(launched):
        pacer.launched(at)
    now = max(launched) + waits
    pacer.use([TrunkLoad(each) for each in later])
    due = pacer.due(now, 0)
    assert (due > 0) is (now >= pacer.next_slot)
