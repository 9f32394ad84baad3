"""A campaign that is told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

import pytest

from dialer.campaigns.run import END_GRACE, CampaignRun
from dialer.core.values.records import AttemptOrder, Contact, Decide
from dialer.core.values.verdict import Verdict
from dialer.ports.line import Dial
from dialer.testing import Callee, MemoryStore, OnCancel, Reject
from tests.support.campaigns import BUSY, RINGING, TALKING, Desk, Watched
from tests.support.fast_time import in_fast_time
from tests.support.nodes import Node, trunk


def draining_at(second: float, *, at_once: bool = False) -> Callable[[CampaignRun], Any]:
    async def drain(running: CampaignRun) -> None:
        await asyncio.sleep(second)
        running.drain(at_once=at_once)

    return drain


def test_drained_live_calls_finish_and_the_rest_waits() -> None:
    line = Watched(lambda _dial: TALKING)
    desk = Desk(Node(line=line, trunks=[trunk(cps=2)], drain_limit=60))
    summary = desk.run(draining_at(3.1))
    assert summary.drained
    assert max(time for time, _ in line.times) <= 1003.1
    assert summary.snapshot.outcomes == {"dialer.completed": len(desk.dialled)}
    assert summary.progress.waiting == 20 - len(desk.dialled)
    assert summary.progress.claimed == 0
    (finished,) = desk.node.told.bodies("finished")
    assert finished["why"] == "drained"


def test_a_drain_that_comes_first_dials_nobody() -> None:
    desk = Desk(Node(callee_of=lambda _dial: TALKING))
    summary = desk.run(draining_at(0.0))
    assert desk.dialled == []
    assert (summary.progress.waiting, summary.progress.claimed) == (20, 0)


def test_past_the_limit_live_calls_are_told_to_end() -> None:
    desk = Desk(Node(callee_of=lambda _dial: RINGING, drain_limit=4.0, trunks=[trunk(cps=5)]))
    summary = desk.run(draining_at(1.1))
    assert set(summary.snapshot.outcomes) == {"dialer.drained"}
    assert summary.seconds == pytest.approx(1.1 + 4.0, abs=0.1)


def test_drained_at_once_live_calls_are_told_to_end_now() -> None:
    desk = Desk(Node(callee_of=lambda _dial: RINGING, drain_limit=1000))
    summary = desk.run(draining_at(0.5, at_once=True))
    assert set(summary.snapshot.outcomes) == {"dialer.drained"}
    assert summary.seconds == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("again_after", [1.0, END_GRACE + 1, 15.0])
def test_a_second_word_ends_what_the_first_let_finish(again_after: float) -> None:
    """However long the first drain has lasted, calls get their grace from then on."""
    crossing = Callee(final=None, on_cancel=OnCancel.CROSSES)
    desk = Desk(Node(callee_of=lambda _dial: crossing, drain_limit=1000))

    async def drain(running: CampaignRun) -> None:
        await asyncio.sleep(0.5)
        running.drain()
        await asyncio.sleep(again_after)
        running.drain(at_once=True)

    summary = desk.run(drain)
    assert summary.snapshot.outcomes == {"dialer.drained": len(desk.dialled)}
    assert desk.outcomes() == summary.snapshot.outcomes
    assert summary.seconds == pytest.approx(0.5 + again_after, abs=0.1)


def test_calls_that_never_end_are_given_up_with_a_record(
    caplog: pytest.LogCaptureFixture,
) -> None:
    deaf = Callee(final=None, on_cancel=OnCancel.IGNORES)
    loads = [trunk(cps=5)]
    desk = Desk(Node(callee_of=lambda _dial: deaf, drain_limit=3.0, trunks=loads))
    summary = desk.run(draining_at(1.1))
    assert summary.seconds == pytest.approx(1.1 + 3.0 + END_GRACE, abs=0.1)
    assert summary.snapshot.outcomes == {"dialer.drained": len(desk.dialled)}
    assert summary.snapshot.live == 0
    assert desk.outcomes() == summary.snapshot.outcomes
    assert loads[0].load.in_use == 0
    assert [each.levelname for each in caplog.records] == ["WARNING"]


def test_an_attempt_whose_commit_is_under_way_is_dialled_and_no_other() -> None:
    class Slow(MemoryStore):
        begun: ClassVar[list[float]] = []

        async def authorise(self, order: AttemptOrder, decide: Decide) -> Verdict:
            self.begun.append(desk.node.clock.monotonic())
            verdict = await super().authorise(order, decide)
            await asyncio.sleep(0.3)
            return verdict

    store = Slow()
    desk = Desk(Node(callee_of=lambda _dial: BUSY, store=store, trunks=[trunk(cps=20)]))
    summary = desk.run(draining_at(0.42))
    assert max(store.begun) <= 1000.42
    assert len(desk.dialled) == len(store.begun) > 5
    assert summary.progress.done == len(desk.dialled)
    assert summary.progress.claimed == 0


def test_contacts_claimed_as_the_drain_came_are_given_back() -> None:
    class Slow(MemoryStore):
        async def claim(self, campaign: int, limit: int, now: datetime) -> Sequence[Contact]:
            contacts = await super().claim(campaign, 10, now)
            await asyncio.sleep(1.0)
            return contacts

    desk = Desk(Node(callee_of=lambda _dial: BUSY, store=Slow()), contacts=60)
    # The first ten are out, the next ten are claimed, and the store has not said so yet.
    summary = desk.run(draining_at(1.7))
    assert summary.progress.claimed == 0
    assert summary.progress.waiting == 60 - len(desk.dialled)


def test_a_run_that_is_cancelled_leaves_no_call_without_a_record() -> None:
    node = Node(callee_of=lambda _dial: TALKING)
    desk = Desk(node)

    async def cancelled() -> None:
        task = asyncio.create_task(desk.dial())
        await asyncio.sleep(1.0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    in_fast_time(node.clock, cancelled(), limit=100)
    assert node.scripted.live == ()
    assert desk.outcomes() == {"dialer.drained": len(desk.dialled)}
    progress = desk.progress()
    assert (progress.claimed, progress.done) == (0, len(desk.dialled))


def test_a_call_that_was_moving_on_as_the_others_were_told_to_end_ends_too() -> None:
    class Slow(MemoryStore):
        async def authorise(self, order: AttemptOrder, decide: Decide) -> Verdict:
            verdict = await super().authorise(order, decide)
            await asyncio.sleep(2.0 if order.number_in_call > 1 else 0.0)
            return verdict

    def callee_of(dial: Dial) -> Callee:
        return RINGING if dial.trunk == "second" else Callee(final=Reject(503))

    node = Node(
        callee_of=callee_of,
        store=Slow(),
        trunks=[replace(trunk("first"), priority=0), trunk("second")],
    )
    desk = Desk(node, contacts=1)
    summary = desk.run(draining_at(0.5, at_once=True))
    assert [dial.trunk for dial in node.scripted.dialled] == ["first", "second"]
    assert summary.snapshot.outcomes == {"dialer.drained": 1}
    assert summary.seconds <= 0.5 + END_GRACE + 0.5


def test_a_call_that_moves_on_later_than_any_grace_ends_at_once() -> None:
    class Slow(MemoryStore):
        async def authorise(self, order: AttemptOrder, decide: Decide) -> Verdict:
            verdict = await super().authorise(order, decide)
            await asyncio.sleep(END_GRACE + 3 if order.number_in_call > 1 else 0.0)
            return verdict

    def callee_of(dial: Dial) -> Callee:
        return TALKING if dial.trunk == "second" else Callee(final=Reject(503))

    node = Node(
        callee_of=callee_of,
        store=Slow(),
        trunks=[replace(trunk("first"), priority=0), trunk("second")],
    )
    summary = Desk(node, contacts=1).run(draining_at(0.5, at_once=True))
    assert [dial.trunk for dial in node.scripted.dialled] == ["first"]
    assert summary.snapshot.outcomes == {"dialer.commit_late": 1}
    assert summary.seconds <= END_GRACE + 4
