from __future__ import annotations

import pytest

from dialer.core.trunks.pacing import CATCH_UP, Pacer
from dialer.core.trunks.trunk import TrunkLimits, TrunkLoad


def pacer(concurrency: int = 1000, cps: float = 100, channels: int = 1000) -> Pacer:
    return Pacer(concurrency, [TrunkLoad(TrunkLimits(channels, cps))])


def test_the_first_tick_launches_one_call_and_not_a_burst() -> None:
    pace = pacer()
    assert pace.due(50.0, 0) == 1
    pace.launched(50.0)
    assert pace.due(50.0, 1) == 0
    assert pace.next_launch(50.0, 1) == pytest.approx(50.01)


def test_launches_missed_by_a_late_wake_up_are_made_good() -> None:
    pace = pacer()
    pace.launched(50.0)
    assert pace.due(50.035, 1) == 3


def test_who_was_idle_starts_anew_with_one() -> None:
    pace = pacer()
    pace.launched(50.0)
    assert pace.due(50.02 + CATCH_UP, 1) == 1
    pace.launched(99.0)
    assert pace.next_launch(99.0, 2) == pytest.approx(99.01)


def test_live_calls_never_pass_the_concurrency() -> None:
    pace = pacer(concurrency=3)
    assert pace.due(0.0, 3) == 0
    assert pace.due(0.0, 4) == 0
    assert pace.next_launch(0.0, 3) is None


def test_trunks_without_a_channel_launch_nothing() -> None:
    load = TrunkLoad(TrunkLimits(channels=1, cps=10))
    load.seize(0.0)
    pace = Pacer(10, [load])
    assert pace.due(5.0, 1) == 0
    assert pace.next_launch(5.0, 1) is None


def test_a_resting_trunk_says_when_to_come_back() -> None:
    load = TrunkLoad(TrunkLimits(channels=1, cps=10))
    load.rest(0.0, 9.0)
    assert Pacer(10, [load]).next_launch(5.0, 0) == 9.0


def test_the_pace_is_that_of_all_trunks_together() -> None:
    loads = [TrunkLoad(TrunkLimits(10, 30)), TrunkLoad(TrunkLimits(10, 10))]
    pace = Pacer(10, loads)
    pace.launched(0.0)
    assert pace.next_launch(0.0, 1) == pytest.approx(1 / 40)


def test_a_pacer_with_nothing_to_pace_is_refused() -> None:
    with pytest.raises(ValueError, match="concurrency"):
        pacer(concurrency=0)
    with pytest.raises(ValueError, match="no trunk"):
        Pacer(1, [])
