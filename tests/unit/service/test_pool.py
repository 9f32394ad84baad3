"""The pool of trunks: what is offered, what is waited for, and what a seizure leaves behind."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from dialer.core.calls.signalling import from_sip
from dialer.core.trunks.connect_rate import PROBE_EVERY
from dialer.core.trunks.failover import Stand
from dialer.core.values.records import AttemptEnd
from dialer.core.values.targets import Extension
from dialer.trunks.pool import Offer, Seizure, SeizureError, Step, TrunkPool
from tests.support.fast_time import in_fast_time
from tests.support.nodes import Node, trunk
from tests.support.orders import CALLER_ID, NOON, number, order

PERSON = Extension("8001", "pbx")


def node(channels: int = 2, cps: float = 1) -> Node:
    return Node(trunks=[trunk("a", channels, cps), replace(trunk("pbx"), own=True)])


def to_callee(pool: TrunkPool) -> Offer:
    return pool.to_callee(number(1), CALLER_ID)


def seized(at: Node) -> Seizure:
    seizure = to_callee(at.service.pool).seize()
    assert seizure is not None
    return seizure


def figures(at: Node, name: str = "a") -> int:
    at.service.rates.refresh()
    return at.service.rates.reports[name].figures.seizures


def test_callees_are_never_called_over_a_trunk_to_our_own_people() -> None:
    pool = node().service.pool
    assert [each.name for each in to_callee(pool).possible] == ["a"]
    assert [each.name for each in pool.to_person(PERSON, CALLER_ID).possible] == ["pbx"]
    assert [each.name for each in pool.to_person(number(2), CALLER_ID).possible] == ["a"]
    assert pool.to_callee(number(1), CALLER_ID, {"a"}).possible == []
    assert pool.to_callee(number(1), number(3)).possible == []


@pytest.mark.parametrize("how", ["given back", "cancelled"])
def test_who_waits_for_an_invite_to_leave_and_is_given_up_holds_up_nobody(how: str) -> None:
    at = node(cps=1)

    async def work() -> None:
        first = seized(at)
        await first.depart(order("1", trunk="a"))
        first.sent(at.clock.monotonic())
        await asyncio.sleep(0.9)
        second = seized(at)
        waiting = asyncio.ensure_future(second.depart(order("2", trunk="a")))
        await asyncio.sleep(0.01)
        assert second.step is Step.DEPARTING
        with pytest.raises(SeizureError):
            await second.depart()
        if how == "cancelled":
            waiting.cancel()
            await asyncio.wait([waiting])
            assert second.step is Step.SEIZED
        second.give_back()
        third = seized(at)
        await third.depart(order("3", trunk="a"))
        third.give_back()
        await asyncio.wait([waiting])
        assert waiting.cancelled() or isinstance(waiting.exception(), SeizureError)
        first.give_back()
        assert at.trunks[0].load.in_use == 0
        await asyncio.sleep(1.0)
        assert at.trunks[0].load.room(at.clock.monotonic()) == 1

    in_fast_time(at.clock, work(), 10)


@pytest.mark.parametrize("answered", [True, False])
def test_an_attempt_of_whose_end_nobody_told_does_not_hold_up_the_count(*, answered: bool) -> None:
    at = node(channels=2, cps=2)

    async def work() -> None:
        for name in ("1", "2"):
            with seized(at) as seizure:
                attempt = order(name, trunk="a")
                await seizure.depart(attempt)
                seizure.sent(at.clock.monotonic())
                if name == "2" or answered:
                    seizure.answered(0.5, at.clock.monotonic())
        assert figures(at) == 1 + answered

    in_fast_time(at.clock, work(), 10)


def test_a_leg_to_our_own_people_says_nothing_of_the_trunk() -> None:
    at = node()

    async def work() -> None:
        seizure = at.service.pool.to_person(number(2), CALLER_ID).seize()
        assert seizure is not None
        await seizure.depart()
        seizure.sent(at.clock.monotonic())
        seizure.answered(0.1, at.clock.monotonic())
        with pytest.raises(SeizureError):
            seizure.answered(0.1, at.clock.monotonic())
        seizure.ended(AttemptEnd("", "", from_sip(480), NOON))
        seizure.give_back()
        assert figures(at) == 0

    in_fast_time(at.clock, work(), 10)


def fallen() -> Node:
    """Trunk `a` has fallen, and is due to be probed."""
    at = Node(trunks=[trunk("a", 9, 9), trunk("b", 9, 9)])
    rates = at.service.rates
    for nth in range(42):
        placed = order(f"fall-{nth}", trunk="a")
        rates.placed(placed, to_callee(at.service.pool).carrying[0], 0.0)
        rates.ended(placed, AttemptEnd(placed.attempt, placed.call, from_sip(480), NOON))
    for nth in range(PROBE_EVERY):
        (only,) = to_callee(at.service.pool).carrying
        assert only.trunk.name == "b"
        rates.placed(order(f"pass-{nth}", trunk="b"), only, 0.0)
    return at


@pytest.mark.parametrize("departs", [True, False])
def test_a_probe_of_which_nothing_comes_is_due_again_at_once(*, departs: bool) -> None:
    at = fallen()

    async def work() -> None:
        with seized(at) as probe:
            assert (probe.trunk.name, "probed" in probe.why) == ("a", True)
            if departs:
                await probe.depart(order("probe", trunk="a"))
            assert [each.trunk.name for each in to_callee(at.service.pool).carrying] == ["b"]
        assert to_callee(at.service.pool).carrying[0].probes

    in_fast_time(at.clock, work(), 10)


def test_a_probe_that_was_sent_takes_no_later_ones_mark_away() -> None:
    at = fallen()

    async def work() -> None:
        probe = seized(at)
        await probe.depart(order("probe", trunk="a"))
        probe.sent(at.clock.monotonic())
        at.service.rates.chosen(replace(to_callee(at.service.pool).carrying[0], probes=True))
        before = at.service.rates.rank(("a", "b"), number(1))
        probe.give_back()
        assert at.service.rates.rank(("a", "b"), number(1)) == before
        assert before.places[0].stand is not Stand.PROBE

    in_fast_time(at.clock, work(), 10)


def test_room_is_waited_for_until_it_comes_or_the_time_is_over() -> None:
    at = node(channels=1, cps=9)
    pool, clock = at.service.pool, at.clock

    async def work() -> None:
        first, began = seized(at), clock.monotonic()
        assert await pool.seize_within(2.0, lambda: [to_callee(pool)]) is None
        assert clock.monotonic() - began == pytest.approx(2.0, abs=0.01)
        asyncio.get_running_loop().call_later(0.5, first.give_back)
        second = await pool.seize_within(2.0, lambda: [to_callee(pool)])
        assert second is not None
        assert clock.monotonic() - began == pytest.approx(2.5, abs=0.01)
        wanted = [True]
        asyncio.get_running_loop().call_later(0.5, wanted.clear)
        asyncio.get_running_loop().call_later(0.5, pool.changed)
        assert await pool.seize_within(2.0, lambda: [to_callee(pool) for _ in wanted]) is None
        assert clock.monotonic() - began == pytest.approx(3.0, abs=0.01)

    in_fast_time(at.clock, work(), 10)
