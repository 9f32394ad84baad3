"""No trunk is left: the contact waits, the campaign says why, and the contact is called again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from dialer.campaigns.run import CampaignRun
from dialer.core.trunks.trunk_state import Question, StateReason, TrunkState
from dialer.core.values.outcome import Reason
from dialer.core.values.retry import CARRIER_FAULT, FIRST_WAIT, MOST_CALLS
from dialer.ports.line import Dial
from dialer.testing import Answer, Callee, MemoryStore, Reject, RemoteBye
from tests.support.campaigns import Desk
from tests.support.nodes import Node

CONGESTED = Callee(rings_after=None, final=Reject(503))
TALKS = Callee(final=Answer(0.5), acts=(RemoteBye(1.0),))
DOWN = TrunkState("carrier-a", False, None, StateReason.REFUSED, Question.REGISTER, 503, 0.0)
UP = TrunkState("carrier-a", True, None, StateReason.READY, None, None, 0.0)
WAIT = FIRST_WAIT.total_seconds()


def congested_until(node_: Callable[[], Node], seconds: float) -> Callable[[Dial], Callee]:
    began: list[float] = []

    def callee(_dial: Dial) -> Callee:
        now = node_().clock.monotonic()
        began.append(now)
        return CONGESTED if now < began[0] + seconds else TALKS

    return callee


def congested_node(seconds: float, store: MemoryStore | None = None) -> Node:
    nodes: list[Node] = []
    node = Node(callee_of=congested_until(lambda: nodes[0], seconds), store=store or MemoryStore())
    nodes.append(node)
    return node


def test_who_met_the_carriers_fault_is_called_again_and_reached() -> None:
    node = congested_node(WAIT / 2)
    seen: list[str] = []

    async def look(running: CampaignRun) -> None:
        await asyncio.sleep(WAIT / 2)
        snapshot = running.snapshot()
        assert snapshot is not None
        seen.extend(str(wait) for wait in snapshot.waits)

    summary = Desk(node, contacts=5).run(look)
    assert len(seen) == 1
    assert seen[0].startswith("5 wait: carrier faults, again in ")
    assert summary.progress.done == 5
    assert dict(summary.progress.waiting_later) == {}
    assert summary.snapshot.outcomes == {"carrier.congestion": 5, "callee.hung_up": 5}
    assert WAIT < summary.seconds < WAIT + 20
    assert summary.snapshot.waits == ()
    told = [body for body in node.told.bodies("ended") if body["reason"] == "congestion"]
    assert all(body["again_at"] is not None for body in told)
    progress = [body["waits"] for body in node.told.bodies("progress")]
    assert any("5 wait: carrier faults" in str(waits) for waits in progress)


def test_a_fault_that_does_not_pass_ends_after_a_bounded_number_of_calls() -> None:
    node = Node(callee_of=lambda _dial: CONGESTED)
    summary = Desk(node, contacts=2).run(limit=4 * 3600)
    assert len(node.scripted.dialled) == 2 * MOST_CALLS
    assert summary.progress.done == 2
    assert dict(summary.progress.waiting_later) == {}
    rows = asyncio.run(node.store.calls())
    assert {row.outcome.reason for row in rows if row.outcome} == {Reason.CONGESTION}


def test_while_no_trunk_is_up_the_run_waits_and_says_so_and_a_drain_ends_it() -> None:
    node = Node(callee_of=lambda _dial: TALKS)
    seen: list[str] = []

    async def look_and_drain(running: CampaignRun) -> None:
        await asyncio.sleep(300)
        snapshot = running.snapshot()
        assert snapshot is not None
        seen.extend(str(wait) for wait in snapshot.waits)
        running.drain()

    node.scripted.turn(DOWN)
    summary = Desk(node, contacts=7).run(look_and_drain)
    assert seen == ["7 wait: no trunk up"]
    assert summary.drained
    assert node.scripted.dialled == []
    assert (summary.progress.done, summary.progress.waiting) == (0, 7)


def test_a_drain_while_contacts_wait_ends_the_run_and_the_next_one_goes_on() -> None:
    store = MemoryStore()
    first = congested_node(3600, store)

    async def drain(running: CampaignRun) -> None:
        await asyncio.sleep(10)
        running.drain()

    summary = Desk(first, contacts=4).run(drain)
    assert dict(summary.progress.waiting_later) == {CARRIER_FAULT: 4}
    assert [wait.contacts for wait in summary.snapshot.waits] == [4]

    again = Node(callee_of=lambda _dial: TALKS, store=store)
    again.clock.advance(20)
    seen: list[str] = []

    async def look(running: CampaignRun) -> None:
        await asyncio.sleep(1)
        snapshot = running.snapshot()
        assert snapshot is not None
        seen.extend(str(wait) for wait in snapshot.waits)

    summary = Desk(again, contacts=4).run(look)
    assert seen[0].startswith("4 wait: carrier faults, again in ")
    assert summary.progress.done == 4
    assert len(again.scripted.dialled) == 4


def test_a_trunk_that_goes_down_in_the_middle_keeps_everybody_waiting_until_it_is_up() -> None:
    node = Node(callee_of=lambda _dial: TALKS)

    async def down_and_up(running: CampaignRun) -> None:
        await asyncio.sleep(0.2)
        node.scripted.turn(DOWN)
        await asyncio.sleep(100)
        snapshot = running.snapshot()
        assert snapshot is not None
        assert [wait.why for wait in snapshot.waits] == ["no trunk up"]
        node.scripted.turn(UP)

    summary = Desk(node, contacts=30).run(down_and_up)
    assert summary.progress.done == 30
    assert summary.seconds > 100
