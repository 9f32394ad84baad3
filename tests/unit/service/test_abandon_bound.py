"""A campaign under a bound on abandoned calls: it waits for room, loses nobody, and says so."""

from __future__ import annotations

import asyncio

from dialer.core.gate.abandonment import abandon_rate
from dialer.core.gate.compliance import Gate
from dialer.core.values.attention import Answers
from dialer.core.values.records import CampaignRecord
from dialer.ports.line import Dial
from dialer.testing import Callee, RemoteBye, ScriptedLine, Talk
from tests.support.fast_time import in_fast_time
from tests.support.nodes import Node, plan
from tests.support.orders import CALLER_ID, row

RECORD = CampaignRecord("card-renewal", "card-renewal", CALLER_ID, "c", "s")
TALKS = Callee(acts=(Talk(5.0, 1.0), RemoteBye(8.0)))


class Watched(ScriptedLine):
    """Keeps how many calls lived when each was dialled."""

    lived: list[int]

    def dial(self, order: Dial) -> None:
        super().dial(order)
        self.lived = [*getattr(self, "lived", []), len(self.live)]


def test_no_more_live_at_once_than_could_all_be_abandoned() -> None:
    line = Watched(lambda _dial: TALKS)
    node = Node(line=line, gate=Gate([abandon_rate(0.03)]), abandon_bound=True)

    async def work() -> None:
        await node.service.open()
        opened = await node.store.open_campaign(RECORD, [row(line) for line in range(2, 42)])
        running = node.run_of(plan(opened.id))
        task = asyncio.ensure_future(running.run())
        await asyncio.sleep(6)
        snapshot = running.snapshot()
        assert snapshot is not None
        assert [wait.why for wait in snapshot.waits] == ["abandon rate"]
        assert node.counted("dialer_launches_held") == {}, "it is but the pace"
        summary = await task
        assert summary.progress.done == 40
        assert summary.progress.waiting_later == {}
        await node.service.close()

    in_fast_time(node.clock, work(), 3600)
    assert max(line.lived) == 3
    assert node.counted("dialer_live_answers_total") == {(): 40}
    assert node.counted("dialer_abandoned_calls_total") == {}


def test_where_only_time_can_make_room_the_node_says_that_it_is_held() -> None:
    node = Node(gate=Gate([abandon_rate(0.03)]), abandon_bound=True)

    async def work() -> None:
        await node.service.open()
        opened = await node.store.open_campaign(RECORD, [row(line) for line in range(2, 5)])
        node.store._answers = lambda _order: Answers(live=50, abandoned=3)  # type: ignore[method-assign]
        running = node.run_of(plan(opened.id))
        task = asyncio.ensure_future(running.run())
        await asyncio.sleep(60)
        assert node.scripted.dialled == []
        assert node.counted("dialer_launches_held") == {("abandon_rate",): 1}
        running.drain()
        summary = await task
        assert (summary.progress.waiting, summary.progress.done) == (3, 0)
        await node.service.close()

    in_fast_time(node.clock, work(), 3600)
