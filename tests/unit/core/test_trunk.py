from __future__ import annotations

import pytest

from dialer.core.trunk import TrunkFullError, TrunkLimits, TrunkLoad


def test_channels_are_taken_and_given_back() -> None:
    load = TrunkLoad(TrunkLimits(channels=2, cps=10))
    load.seize(0.0)
    load.seize(0.0)
    assert (load.in_use, load.free, load.room(0.0)) == (2, 0, 0)
    assert not load.can_seize(5.0)
    assert load.next_free(5.0) is None
    with pytest.raises(TrunkFullError):
        load.seize(5.0)
    load.release()
    assert load.can_seize(5.0)


def test_no_more_than_cps_calls_leave_in_any_second() -> None:
    load = TrunkLoad(TrunkLimits(channels=100, cps=2))
    load.seize(0.0)
    load.seize(0.75)
    assert load.next_free(0.875) == 1.0
    assert load.room(0.875) == 0
    with pytest.raises(TrunkFullError):
        load.seize(0.875)
    load.seize(1.0)
    assert load.next_free(1.0) == 1.75
    assert load.room(1.75) == 1


def test_a_refused_seizure_changes_nothing() -> None:
    load = TrunkLoad(TrunkLimits(channels=100, cps=1))
    load.seize(0.0)
    with pytest.raises(TrunkFullError):
        load.seize(0.5)
    assert load.in_use == 1
    assert load.next_free(0.5) == 1.0


def test_a_call_that_ended_still_counts_in_its_second() -> None:
    load = TrunkLoad(TrunkLimits(channels=100, cps=1))
    load.seize(0.0)
    load.release()
    assert not load.can_seize(0.5)


def test_less_than_one_call_a_second_is_a_pause_between_calls() -> None:
    load = TrunkLoad(TrunkLimits(channels=10, cps=0.25))
    load.seize(0.0)
    assert load.next_free(1.0) == 4.0
    assert load.rate == 0.25


def test_a_figure_that_is_not_whole_is_rounded_down() -> None:
    assert TrunkLoad(TrunkLimits(channels=10, cps=2.9)).rate == 2


def test_a_release_without_a_seizure_is_an_error() -> None:
    with pytest.raises(TrunkFullError):
        TrunkLoad(TrunkLimits(channels=1, cps=1)).release()


def test_a_carrier_that_asks_for_rest_gets_it() -> None:
    load = TrunkLoad(TrunkLimits(channels=10, cps=10))
    load.rest(until=30.0)
    load.rest(until=20.0)
    assert load.next_free(5.0) == 30.0
    assert load.room(29.9) == 0
    assert load.can_seize(30.0)


@pytest.mark.parametrize("channels,cps", [(0, 1), (-1, 1), (1, 0), (1, float("nan"))])
def test_limits_that_allow_nothing_are_refused(channels: int, cps: float) -> None:
    with pytest.raises(ValueError, match=r"channels|cps"):
        TrunkLimits(channels, cps)
