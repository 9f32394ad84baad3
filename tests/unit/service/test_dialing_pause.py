"""A node whose clock is wrong launches nothing, loses nobody, and goes on by itself."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from dialer.core.gate.clock_sanity import clock_sane
from dialer.core.gate.compliance import Gate, Rule
from dialer.core.values.records import AttemptOrder, CampaignRecord, History
from dialer.core.values.verdict import Allow, Deny, Verdict
from dialer.testing import Answer, Callee, Reject, RemoteBye
from tests.support.fast_time import in_fast_time
from tests.support.nodes import Node, plan
from tests.support.orders import CALLER_ID, order, row

BUSY = Callee(final=Reject(486))
RECORD = CampaignRecord("card-renewal", "card-renewal", CALLER_ID, "c", "s")


@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(days=1)])
def test_calls_stop_and_go_on_when_the_clock_is_right_again(
    jump: timedelta, caplog: pytest.LogCaptureFixture
) -> None:
    node = Node(callee_of=lambda _dial: BUSY, gate=Gate([clock_sane()]))
    caplog.set_level(logging.INFO)

    async def work() -> None:
        await node.service.open()
        opened = await node.store.open_campaign(RECORD, [row(line) for line in range(2, 8)])
        right = node.clock.utc() - timedelta(seconds=node.clock.monotonic())

        def set_right() -> None:
            node.clock.set_utc(right + timedelta(seconds=node.clock.monotonic()))

        node.clock.set_utc(node.clock.utc() + jump)
        running = asyncio.ensure_future(node.run_of(plan(opened.id)).run())
        await asyncio.sleep(90)
        assert node.scripted.dialled == []
        assert node.counted("dialer_launches_held") == {("clock_sane",): 1}
        set_right()
        summary = await running
        assert summary.progress.done == summary.progress.total == 6
        assert summary.progress.waiting_later == {}
        assert node.counted("dialer_launches_held") == {}
        await node.service.close()

    in_fast_time(node.clock, work(), 3600)
    told = [record.getMessage() for record in caplog.records if "launched" in record.getMessage()]
    assert len(told) == 2
    assert "clock was set" in told[0]
    assert "again" in told[1]


def test_a_rule_that_holds_the_node_is_told_once_and_again_when_it_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    asked: list[float] = []

    def closed(_order: AttemptOrder, _history: History) -> Verdict:
        asked.append(node.clock.monotonic() - began)
        return Allow() if asked[-1] >= 20 else Deny("always", "not yet", held=True)

    rings = Callee(final=None)
    node = Node(callee_of=lambda _dial: rings, gate=Gate([Rule("always", closed)]))
    began = node.clock.monotonic()
    told: list[tuple[str, str]] = []
    node.service.pause.when_changed(lambda rule, why: told.append((rule, why)))
    caplog.set_level(logging.INFO)

    async def work() -> None:
        await node.service.open()
        opened = await node.store.open_campaign(RECORD, [row(line) for line in range(2, 5)])
        campaign = node.run_of(plan(opened.id, concurrency=1))
        running = asyncio.ensure_future(campaign.run())
        await asyncio.sleep(10)
        snapshot = campaign.snapshot()
        assert snapshot is not None
        assert [wait.why for wait in snapshot.waits] == ["always"]
        assert node.service.pause.why == "always"
        assert node.counted("dialer_launches_held") == {("other",): 1}
        await asyncio.sleep(15)
        snapshot = campaign.snapshot()
        assert snapshot is not None
        assert (snapshot.live, snapshot.waits) == (1, ())
        assert (await running).progress.done == 3
        await node.service.close()

    in_fast_time(node.clock, work(), 600)
    assert told == [("always", "not yet"), ("always", "")]
    assert node.counted("dialer_launches_held") == {}
    assert node.counted("dialer_refusals_total") == {}, "the campaign waits; nobody was denied"
    assert 20 <= len(asked) <= 20 + 3 + 1, "asked again every second"
    said = [each.getMessage() for each in caplog.records if "launched" in each.getMessage()]
    assert said == [
        "no calls are launched (always): not yet",
        "calls are launched again (always)",
    ]


def test_a_clock_behind_the_record_waits_until_it_has_caught_up() -> None:
    node = Node(callee_of=lambda _dial: BUSY, gate=Gate([clock_sane()]))

    async def work() -> None:
        await node.service.open()
        opened = await node.store.open_campaign(RECORD, [row(line) for line in range(2, 5)])
        other = await node.store.open_campaign(replace(RECORD, name="other"), [row(50)])
        (contact,) = await node.store.claim(other.id, 1, node.clock.utc())
        ahead = order(at=node.clock.utc() + timedelta(minutes=10), to=contact)
        await node.store.authorise(ahead, lambda _order, _history: Allow())
        began = node.clock.monotonic()
        summary = await node.run_of(plan(opened.id)).run()
        assert summary.progress.done == 3
        assert node.clock.monotonic() - began >= 595
        await node.service.close()

    in_fast_time(node.clock, work(), 3600)


@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(days=1)])
def test_a_call_in_which_the_clock_is_set_lasted_as_long_as_it_did(jump: timedelta) -> None:
    node = Node(callee_of=lambda _dial: Callee(final=Answer(0.5), acts=(RemoteBye(12.0),)))

    async def work() -> None:
        await node.service.open()
        opened = await node.store.open_campaign(RECORD, [row(2)])
        running = asyncio.ensure_future(node.run_of(plan(opened.id)).run())
        await asyncio.sleep(6)
        node.clock.set_utc(node.clock.utc() + jump)
        await running
        (call,) = await node.store.calls()
        assert call.outcome is not None
        assert call.answered_at is not None
        assert call.ended_at is not None
        assert (call.ended_at - call.answered_at).total_seconds() == pytest.approx(12, abs=1)
        await node.service.close()

    in_fast_time(node.clock, work(), 3600)
