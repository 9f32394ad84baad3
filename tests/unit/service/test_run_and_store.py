"""A run and its store: what is claimed, given back, told, and waited for no longer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from unittest.mock import AsyncMock, Mock

import pytest

from dialer.campaigns import run as campaign_run
from dialer.campaigns.run import CampaignRun
from dialer.core.gate.clock_sanity import CLOCK_SANE
from dialer.core.gate.compliance import Gate, Rule
from dialer.core.values.events import Arrived
from dialer.core.values.records import AttemptOrder, Contact, Decide, History, Progress
from dialer.core.values.retry import FIRST_WAIT
from dialer.core.values.verdict import Allow, Deny, Verdict
from dialer.errors import StoreAwayError, StoreError, StoreInDoubtError
from dialer.testing import Answer, Callee, MemoryStore, Reject, RemoteBye
from tests.support.campaigns import BUSY, RINGING, Desk
from tests.support.fast_time import in_fast_time
from tests.support.nodes import Node, plan
from tests.support.orders import CALLER_ID, number
from tests.support.store import begin


def test_what_is_promised_of_counts_and_spans() -> None:
    names = ("CLAIMED_AT_ONCE", "READY", "TELL_EVERY", "END_GRACE", "LOOK_EVERY", "HELD_FOR")
    assert [getattr(campaign_run, name) for name in names] == [200, 50, 5.0, 5.0, 0.5, 1.0]


def test_progress_is_told_every_five_seconds_though_the_store_was_away_once() -> None:
    class Away(MemoryStore):
        async def progress(self, campaign: int) -> Progress:
            if asyncio.get_running_loop().time() == pytest.approx(1005, abs=0.01):
                raise StoreAwayError("gone for a moment")
            return await super().progress(campaign)

    node = Node(callee_of=lambda _dial: RINGING, store=Away())  # twenty seconds
    Desk(node, contacts=1).run()
    assert len(node.told.bodies("/progress")) == 3, "at 10, 15 and 20 s"


def test_a_drain_does_not_wait_for_a_store_that_is_away() -> None:
    class Away(MemoryStore):
        async def claim(self, campaign: int, limit: int, now: datetime) -> Sequence[Contact]:
            raise StoreAwayError("gone")

    async def drain(running: CampaignRun) -> None:
        await asyncio.sleep(0.3)
        running.drain()

    summary = Desk(Node(store=Away()), contacts=2).run(drain)
    assert summary.seconds == pytest.approx(0.3, abs=0.05)


def test_who_was_asked_about_as_the_store_went_away_is_given_back_once_and_called() -> None:
    class InDoubt(MemoryStore):
        asked = 0
        released: list[list[int]]

        async def authorise(self, order: AttemptOrder, decide: Decide) -> Verdict:
            self.asked += 1
            if self.asked == 1:
                raise StoreInDoubtError("the database went away")
            return await super().authorise(order, decide)

        async def release(self, contacts: Sequence[int]) -> None:
            self.released = [*getattr(self, "released", []), list(contacts)]
            await super().release(contacts)

    store = InDoubt()
    node = Node(callee_of=lambda _dial: BUSY, store=store)
    summary = Desk(node, contacts=1).run()
    assert summary.progress.done == 1
    assert len(node.scripted.dialled) == 1
    assert [len(contacts) for contacts in store.released] == [1, 0]


@pytest.mark.parametrize("away", [False, True])
def test_a_drain_takes_nobody_back_twice_and_waits_for_no_store(*, away: bool) -> None:
    """Another node may have whom this one gave back."""

    class InDoubt(MemoryStore):
        def __init__(self) -> None:
            super().__init__()
            self.claims = 0
            self.released: list[int] = []

        async def claim(self, campaign: int, limit: int, now: datetime) -> Sequence[Contact]:
            self.claims += 1
            return await super().claim(campaign, limit if self.claims == 1 else 0, now)

        async def authorise(self, order: AttemptOrder, decide: Decide) -> Verdict:
            raise StoreInDoubtError("the database went away")

        async def release(self, contacts: Sequence[int]) -> None:
            self.released.append(len(contacts))
            if away:
                raise StoreAwayError("gone")

    async def drain(running: CampaignRun) -> None:
        await asyncio.sleep(0.3)
        running.drain()

    store = InDoubt()
    summary = Desk(Node(store=store), contacts=1).run(drain)
    assert store.released == [1, int(away)]
    assert summary.seconds < 0.35


def test_a_rule_that_holds_is_told_though_calls_live() -> None:
    def once(_order: AttemptOrder, history: History) -> Verdict:
        del history
        return Deny("always", "not yet", held=True) if node.scripted.dialled else Allow()

    node = Node(callee_of=lambda _dial: RINGING, gate=Gate([Rule("always", once)]))
    seen: list[object] = []

    async def look(running: CampaignRun) -> None:
        await asyncio.sleep(5)
        seen.extend((node.service.live, node.service.pause.why))
        running.drain(at_once=True)

    Desk(node, contacts=2, concurrency=2).run(look)
    assert seen == [1, "always"]


def test_the_clock_s_rule_that_the_gate_found_broken_is_not_over_by_a_look_at_the_clock() -> None:
    node = Node()
    pause = node.service.pause
    pause.begin(Deny(CLOCK_SANE, "the record is ahead", held=True))
    assert pause.clock_doubt() == ""
    assert pause.why == CLOCK_SANE


def test_a_run_that_ends_waits_for_no_database_and_neither_does_the_node() -> None:
    class Noting(MemoryStore):
        stopped = 0

        def stop_waiting(self) -> None:
            self.stopped += 1

    store = Noting()
    node = Node(callee_of=lambda _dial: BUSY, store=store)

    async def work() -> None:
        await node.service.open()
        await node.run_of(plan(await begin(store, 1))).run()
        assert store.stopped == 1
        await node.service.close()
        assert store.stopped == 2

    in_fast_time(node.clock, work(), 100)


def test_an_account_that_cannot_be_had_at_the_end_fails_the_run() -> None:
    class Full(MemoryStore):
        asked = 0

        async def progress(self, campaign: int) -> Progress:
            self.asked += 1
            if self.asked == 3:
                raise StoreError("disk full")
            return await super().progress(campaign)

    node = Node(callee_of=lambda _dial: BUSY, store=Full())
    with pytest.raises(StoreError, match="disk full"):
        Desk(node, contacts=1).run()
    assert [body["why"] for body in node.told.bodies("/finished")] == ["failed"]


def test_who_waits_is_called_again_when_it_is_time() -> None:
    def callee(_dial: object) -> Callee:
        first = len(node.scripted.dialled) == 1
        return Callee(rings_after=None, final=Reject(503)) if first else BUSY

    node = Node(callee_of=callee)
    Desk(node, contacts=1).run()
    first, second = asyncio.run(node.store.attempts())
    waited = (second.committed_at - first.committed_at).total_seconds()
    assert waited == pytest.approx(FIRST_WAIT.total_seconds() + 0.05, abs=0.2)


# The node.


def test_the_node_takes_its_leave_before_the_store_closes_and_recovers_recordings_first() -> None:
    order: list[str] = []

    class Noting(MemoryStore):
        async def close(self) -> None:
            order.append("store closed")
            await super().close()

    node = Node(store=Noting())

    async def leave() -> None:
        order.append("farewell")
        raise StoreError("told, and no more")

    async def recover() -> None:
        order.append("recordings recovered")

    recordings = Mock(recover=AsyncMock(side_effect=recover))
    node.service.recordings = recordings
    node.service.before_the_store_closes(leave)

    async def work() -> None:
        await node.service.open()
        order.append("open")
        await node.service.close()

    in_fast_time(node.clock, work(), 10)
    assert order == ["recordings recovered", "open", "farewell", "store closed"]


def test_where_nobody_listens_a_caller_is_told_that_nobody_is_there() -> None:
    node = Node()

    async def work() -> None:
        await node.service.open()
        node.scripted.arrive("in-1", Arrived("carrier-a", CALLER_ID, number(1), "1@x"))
        await asyncio.sleep(1)
        await node.service.close()

    in_fast_time(node.clock, work(), 10)
    assert node.scripted.turned_away == [("in-1", 480, None)]


def test_calls_alone_are_counted_as_live() -> None:
    talks = Callee(final=Answer(0.1), acts=(RemoteBye(2.0),))
    node = Node(callee_of=lambda _dial: talks)
    seen: list[int] = []

    async def look(_running: CampaignRun) -> None:
        await asyncio.sleep(1)
        node.service.attend("other", Mock(begin=lambda _now: True), AsyncMock())
        seen.append(node.service.live)

    Desk(node, contacts=1).run(look)
    assert [*seen, node.service.live] == [1, 0]
