from __future__ import annotations

from collections.abc import Callable

import pytest

from dialer.core.trunks.shares import NOTHING, Capacity
from dialer.core.trunks.trunk import AHEAD, RELAPSE, TrunkFullError, TrunkLimits, TrunkLoad


def call(load: TrunkLoad, now: float) -> None:
    """All of it at one instant, up to the INVITE on the wire."""
    load.seize(now)
    load.depart(now)
    load.sent(now)


def test_channels_are_taken_and_given_back() -> None:
    load = TrunkLoad(TrunkLimits(channels=2, cps=10))
    call(load, 0.0)
    call(load, 0.0)
    assert (load.in_use, load.free, load.room(0.0)) == (2, 0, 0)
    assert not load.can_seize(5.0)
    assert load.next_free(5.0) is None
    with pytest.raises(TrunkFullError):
        load.seize(5.0)
    load.release()
    assert load.can_seize(5.0)


def test_no_more_than_cps_calls_leave_in_any_second() -> None:
    load = TrunkLoad(TrunkLimits(channels=100, cps=2))
    call(load, 0.0)
    call(load, 0.75)
    assert load.next_departure(0.875) == 1.0
    assert load.room(0.875) == 0
    with pytest.raises(TrunkFullError):
        load.seize(0.875)
    call(load, 1.0)
    assert load.next_departure(1.0) == 1.75
    assert load.room(1.75) == 1


def test_a_call_is_seized_ahead_of_its_token_and_departs_with_it() -> None:
    load = TrunkLoad(TrunkLimits(channels=100, cps=1))
    call(load, 0.0)
    assert load.next_free(0.5) == 1.0 - AHEAD
    load.seize(1.0 - AHEAD)
    assert load.next_departure(1.0 - AHEAD) == 1.0
    with pytest.raises(TrunkFullError):
        load.depart(0.99)
    load.depart(1.0)
    # One is on its way, and nobody knows when it leaves: no other may follow.
    assert (load.next_free(5.0), load.next_departure(5.0)) == (None, None)
    load.sent(5.0)
    assert load.next_free(5.0) == 6.0 - AHEAD


def test_a_refused_seizure_changes_nothing() -> None:
    load = TrunkLoad(TrunkLimits(channels=100, cps=1))
    call(load, 0.0)
    with pytest.raises(TrunkFullError):
        load.seize(0.5)
    assert load.in_use == 1
    assert load.next_departure(0.5) == 1.0


def test_a_call_that_ended_still_counts_in_its_second() -> None:
    load = TrunkLoad(TrunkLimits(channels=100, cps=1))
    call(load, 0.0)
    load.release()
    assert not load.can_seize(0.5)


def test_less_than_one_call_a_second_is_a_pause_between_calls() -> None:
    load = TrunkLoad(TrunkLimits(channels=10, cps=0.25))
    call(load, 0.0)
    assert load.next_departure(1.0) == 4.0
    assert load.rate == 0.25


def test_a_figure_that_is_not_whole_is_rounded_down() -> None:
    assert TrunkLoad(TrunkLimits(channels=10, cps=2.9)).rate == 2


def test_the_second_begins_when_the_invite_leaves() -> None:
    load = TrunkLoad(TrunkLimits(channels=100, cps=2))
    load.seize(0.0)
    call(load, 0.25)
    # One commit is slow: its token is neither back nor does anybody know when it will be.
    assert load.room(1.0) == 0
    assert load.next_free(1.0) == 1.25 - AHEAD
    load.depart(1.0)
    load.sent(1.0)
    call(load, 1.25)
    assert load.next_departure(1.25) == 2.0


def test_a_seizure_withdrawn_has_cost_nothing() -> None:
    load = TrunkLoad(TrunkLimits(channels=1, cps=1))
    load.seize(0.0)
    load.withdraw()
    assert load.in_use == 0
    assert load.room(0.0) == 1


def test_an_invite_that_never_left_has_cost_nothing_either() -> None:
    load = TrunkLoad(TrunkLimits(channels=1, cps=1))
    load.seize(0.0)
    load.depart(0.0)
    load.release(sent=False)
    assert load.in_use == 0
    assert load.room(0.0) == 1


STEPS: dict[str, Callable[[TrunkLoad], None]] = {
    "withdraw": lambda load: load.withdraw(),
    "depart": lambda load: load.depart(0.0),
    "sent": lambda load: load.sent(0.0),
    "release": lambda load: load.release(),
    "release unsent": lambda load: load.release(sent=False),
}


@pytest.mark.parametrize(
    "taken,may_follow",
    [
        ([], []),
        (["seize"], ["withdraw", "depart"]),
        (["seize", "depart"], ["sent", "release unsent"]),
        (["seize", "depart", "sent"], ["release"]),
        (["seize", "depart", "sent", "release"], []),
    ],
)
@pytest.mark.parametrize("step", STEPS)
def test_steps_come_in_their_order(taken: list[str], may_follow: list[str], step: str) -> None:
    load = TrunkLoad(TrunkLimits(channels=2, cps=2))
    for before in taken:
        if before == "seize":
            load.seize(0.0)
        else:
            STEPS[before](load)
    if step in may_follow:
        STEPS[step](load)
        return
    used = load.in_use
    with pytest.raises(TrunkFullError):
        STEPS[step](load)
    assert load.in_use == used


def test_a_carrier_that_asks_for_rest_gets_it() -> None:
    load = TrunkLoad(TrunkLimits(channels=10, cps=10))
    load.rest(0.0, until=30.0)
    load.rest(0.0, until=20.0)
    assert load.next_free(5.0) == 30.0
    assert load.room(29.9) == 0
    assert load.can_seize(30.0)


def test_a_rest_is_over_when_options_find_the_carrier_well_but_once() -> None:
    load = TrunkLoad(TrunkLimits(channels=10, cps=10))
    assert not load.well(1.0, now=1.1)
    load.rest(5.0, until=305.0)
    assert load.rests_until(6.0) == 305.0
    # Asked before the rest, answered after it: that says nothing of now.
    assert not load.well(4.9, now=5.1)
    assert load.well(6.0, now=6.1)
    assert load.rests_until(6.1) is None
    assert load.can_seize(6.1)
    # It means it: it asks again as soon as calls come.
    load.rest(7.0, until=307.0)
    assert not load.well(30.0, now=30.1)
    assert load.next_free(30.1) == 307.0
    # Much later it may start anew.
    load.rest(6.1 + RELAPSE, until=400.0)
    assert load.well(200.0, now=200.1)


@pytest.mark.parametrize("channels,cps", [(0, 1), (-1, 1), (1, 0), (1, float("nan"))])
def test_limits_that_allow_nothing_are_refused(channels: int, cps: float) -> None:
    with pytest.raises(ValueError, match=r"channels|cps"):
        TrunkLimits(channels, cps)


def test_a_trunk_that_is_not_usable_has_no_room_and_says_no_time() -> None:
    load = TrunkLoad(TrunkLimits(channels=2, cps=10))
    load.usable = False
    assert (load.room(5.0), load.can_seize(5.0), load.next_free(5.0)) == (0, False, None)
    with pytest.raises(TrunkFullError):
        load.seize(5.0)
    load.usable = True
    assert load.next_free(5.0) == 5.0


@pytest.mark.parametrize(
    "cps,share,rate,second",
    [
        (4.0, 4.0, 4, 0.0),
        (4.0, 1.0, 1, 1.0),
        (4.0, 0.5, 0.5, 2.0),
        (2.5, 2.5, 2, 0.0),
        (0.5, 0.5, 0.5, 2.0),
        (0.5, 9.0, 0.5, 2.0),
    ],
)
def test_a_share_below_one_a_second_is_a_pause(
    cps: float, share: float, rate: float, second: float
) -> None:
    load = TrunkLoad(TrunkLimits(channels=9, cps=cps))
    load.allow(Capacity(9, share))
    assert load.rate == rate
    call(load, 0.0)
    assert load.next_departure(0.0) == second


def test_a_share_of_nothing_lets_nothing_leave_and_calls_that_live_go_on() -> None:
    load = TrunkLoad(TrunkLimits(channels=9, cps=4))
    call(load, 0.0)
    load.allow(NOTHING)
    assert (load.rate, load.free, load.in_use, load.room(9.0)) == (0, 0, 1, 0)
    assert load.next_departure(9.0) is None
    assert not load.admit()
    load.allow(Capacity(1, 1.0))
    assert (load.free, load.in_use) == (0, 1)
    load.release()
    assert load.can_seize(9.0)


@pytest.mark.parametrize("channels,kept,share,free", [(10, 3, 10, 7), (10, 3, 5, 4), (10, 3, 3, 3)])
def test_of_the_channels_kept_for_callers_a_node_keeps_its_part(
    channels: int, kept: int, share: int, free: int
) -> None:
    load = TrunkLoad(TrunkLimits(channels=channels, cps=9, kept_for_inbound=kept))
    load.allow(Capacity(share, 9.0))
    assert load.free == free
    for taken in range(share):
        assert load.admit()
        assert load.free == min(free, share - taken - 1)
    assert not load.admit()
    for _ in range(share):
        load.dismiss()
    with pytest.raises(TrunkFullError, match="no call that came in"):
        load.dismiss()


def test_a_rest_is_until_its_instant_and_a_shorter_one_does_not_end_it() -> None:
    load = TrunkLoad(TrunkLimits(channels=9, cps=4))
    load.rest(0.0, 20.0)
    load.rest(0.0, 10.0)
    assert (load.is_up(19.999), load.room(19.999), load.next_free(12.0)) == (False, 0, 20.0)
    assert load.is_up(20.0)
    load.seize(20.0)


def test_a_call_is_seized_a_tenth_of_a_second_before_its_token_is_back() -> None:
    load = TrunkLoad(TrunkLimits(channels=9, cps=1))
    call(load, 0.0)
    assert (load.room(0.899), load.can_seize(0.899)) == (0, False)
    assert (load.room(0.9), load.can_seize(0.9)) == (1, True)
    load.seize(0.9)
    with pytest.raises(TrunkFullError, match="no INVITE may leave"):
        load.depart(0.999)
    load.depart(1.0)
