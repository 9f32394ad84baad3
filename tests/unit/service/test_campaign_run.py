"""A whole campaign on scripted callees and a store in memory, in time that jumps."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from dialer.campaigns.plan import Say
from dialer.campaigns.run import TELL_EVERY, CampaignRun
from dialer.core.calls.campaign import CampaignStage
from dialer.core.gate.compliance import Gate, Rule
from dialer.core.gate.rules import PerNumber, per_number_frequency
from dialer.core.values.records import AttemptOrder, Contact, Decide, History, Progress
from dialer.core.values.verdict import Allow, Deny, Verdict
from dialer.testing import Answer, Callee, MemoryStore, Press, Reject, Talk
from tests.support.campaigns import BUSY, RINGING, TALKING, Desk, Watched
from tests.support.nodes import Node, prompt, trunk
from tests.support.orders import CALLER_ID, number, order, row
from tests.support.store import allow, begin, call_through, record, rows

# To the end.


def test_every_contact_is_called_once_and_accounted_for() -> None:
    behaviour = [TALKING, BUSY, RINGING, Callee(final=Answer(0.2), acts=(Press("1", 0.4),))]
    node = Node(callee_of=lambda dial: behaviour[int(dial.callee.clear[-3:]) % 4])
    desk = Desk(node, contacts=40)
    summary = desk.run()
    assert sorted(desk.dialled) == sorted(each.number.clear for each in rows(40))
    assert summary.snapshot.outcomes == {
        "dialer.completed": 10,
        "callee.busy": 10,
        "callee.no_answer": 10,
        "callee.opted_out": 10,
    }
    assert summary.snapshot.stage is CampaignStage.DONE
    assert (summary.snapshot.live, summary.snapshot.answered) == (0, 20)
    assert summary.snapshot.refused == 10
    assert summary.progress == Progress(40, 0, 0, 40, {}, dict(summary.snapshot.outcomes))
    assert (summary.drained, summary.cut_short) == (False, 0)
    assert len(summary.figures.post_dial_delay) == 40
    assert len(summary.figures.first_packet) == 20
    assert desk.outcomes() == summary.snapshot.outcomes


def test_a_campaign_without_contacts_is_done_at_once() -> None:
    desk = Desk(Node(), contacts=0)
    summary = desk.run()
    assert summary.progress.total == 0
    assert desk.node.told.topics("finished") == ["campaigns/card-renewal/finished"]


def test_a_run_again_goes_on_where_the_first_stopped() -> None:
    store = MemoryStore()
    first = Desk(Node(callee_of=lambda _dial: BUSY, store=store, trunks=[trunk(cps=5)]))

    async def stop_soon(running: CampaignRun) -> None:
        await asyncio.sleep(1.5)
        running.drain()

    summary = first.run(stop_soon)
    assert 0 < summary.progress.done < 20
    second = Desk(Node(callee_of=lambda _dial: BUSY, store=store))
    again = second.run()
    assert sorted(first.dialled + second.dialled) == sorted(each.number.clear for each in rows(20))
    assert again.progress.done == 20
    resumed = [node.told.bodies("started")[0]["resumed"] for node in (first.node, second.node)]
    assert resumed == [False, True]


# Limits.


@pytest.mark.parametrize("concurrency", [1, 3, 7])
def test_concurrency_holds_at_every_dial(concurrency: int) -> None:
    line = Watched(lambda _dial: TALKING)
    Desk(Node(line=line), concurrency=concurrency).run()
    assert max(live.total() for live in line.live_then) == concurrency


def test_channels_hold_on_each_trunk_at_every_dial() -> None:
    line = Watched(lambda _dial: TALKING)
    trunks = [trunk("a", channels=2, cps=50), trunk("b", channels=5, cps=50)]
    Desk(Node(line=line, trunks=trunks), contacts=40).run()
    assert max(live["a"] for live in line.live_then) == 2
    assert max(live["b"] for live in line.live_then) == 5
    assert [each.load.in_use for each in trunks] == [0, 0]


@pytest.mark.parametrize("cps", [1, 4, 10, 0.5])
def test_calls_per_second_hold_wherever_the_second_begins(cps: float) -> None:
    line = Watched(lambda _dial: BUSY)
    summary = Desk(Node(line=line, trunks=[trunk(cps=cps)]), contacts=25).run()
    period = max(1.0, 1 / cps)
    assert line.most_in(period, "carrier-a") == max(1, int(cps))
    # And the pace that is allowed is kept.
    assert summary.seconds < 25 / cps + 2


def test_calls_per_second_hold_where_commits_take_their_time() -> None:
    class Uneven(MemoryStore):
        delays = (0.0, 0.9, 0.1, 1.9, 0.05, 0.0, 0.4)

        async def authorise(self, order: AttemptOrder, decide: Decide) -> Verdict:
            verdict = await super().authorise(order, decide)
            await asyncio.sleep(self.delays[order.contact.id % len(self.delays)])
            return verdict

    line = Watched(lambda _dial: BUSY)
    Desk(Node(line=line, store=Uneven(), trunks=[trunk(cps=5)]), contacts=60).run()
    assert 3 <= line.most_in(1.0, "carrier-a") <= 5


def test_a_trunk_that_does_not_own_the_caller_id_carries_nothing() -> None:
    others = trunk("b", numbers=[number(999)])
    desk = Desk(Node(callee_of=lambda _dial: BUSY, trunks=[trunk("a"), others]))
    desk.run()
    assert {dial.trunk for dial in desk.node.scripted.dialled} == {"a"}
    assert {dial.caller_id for dial in desk.node.scripted.dialled} == {CALLER_ID}


# The gate.


def gate(deny: Callable[[AttemptOrder], Deny | None], rule: str = "per_number") -> Gate:
    def judge(order: AttemptOrder, _history: History) -> Verdict:
        return deny(order) or Allow()

    return Gate([Rule(rule, judge)])


def test_who_is_denied_for_now_waits_and_who_is_denied_for_ever_is_done() -> None:
    def deny(order: AttemptOrder) -> Deny | None:
        line = order.contact.row.row
        if line % 3 == 0:
            return Deny("per_number", "twice today", order.at + timedelta(hours=1))
        return Deny("per_number", "never", None) if line % 3 == 1 else None

    loads = [trunk(channels=3, cps=50)]
    desk = Desk(Node(callee_of=lambda _dial: BUSY, gate=gate(deny), trunks=loads), contacts=30)
    summary = desk.run()
    assert len(desk.dialled) == 10
    assert summary.snapshot.denied == {"per_number": 20}
    assert summary.progress.waiting_later == {"per_number": 10}
    assert (summary.progress.done, summary.progress.claimed) == (20, 0)
    assert summary.snapshot.done == 20
    assert desk.node.counted("dialer_refusals_total") == {("per_number",): 20}
    assert loads[0].load.in_use == 0


def test_a_denial_costs_no_call_of_the_second() -> None:
    """Nothing left for the carrier, so nothing is counted against it."""

    def deny(order: AttemptOrder) -> Deny | None:
        return Deny("per_number", "never", None)

    loads = [trunk(cps=2)]
    desk = Desk(Node(gate=gate(deny), trunks=loads), contacts=5)
    desk.run()
    assert loads[0].load.room(desk.node.clock.monotonic()) == 2


def test_a_number_of_two_contacts_is_dialled_once_an_hour() -> None:
    store = MemoryStore()
    rules = Gate([per_number_frequency(PerNumber(hour=1, day=3))])
    desk = Desk(Node(callee_of=lambda _dial: BUSY, gate=rules, store=store))

    async def twice() -> None:
        await store.open()
        await store.open_campaign(record(), [row(2, number(5)), row(3, number(5))])

    asyncio.run(twice())
    summary = desk.run()
    assert desk.dialled == [number(5).clear]
    assert summary.progress.waiting_later == {"per_number": 1}


# Prompts.


def test_each_callee_hears_the_words_made_for_it() -> None:
    async def prepare(contact: Contact) -> Say:
        await asyncio.sleep(0.01)
        return lambda key: prompt(f"{key} of {contact.row.number.clear}")

    desk = Desk(Node(callee_of=lambda _dial: TALKING), prepare=prepare)
    desk.run()
    callee_of = {dial.attempt: dial.callee.clear for dial in desk.node.scripted.dialled}
    assert len(desk.node.scripted.heard) >= 40
    for heard in desk.node.scripted.heard:
        assert {name.rpartition(" of ")[2] for name in heard.prompts} == {callee_of[heard.attempt]}


def test_prompts_that_are_slow_to_make_slow_the_launches_and_no_more() -> None:
    async def prepare(_contact: Contact) -> Say:
        await asyncio.sleep(2.0)
        return prompt

    summary = Desk(Node(callee_of=lambda _dial: BUSY), prepare=prepare).run()
    assert summary.progress.done == 20
    assert summary.seconds == pytest.approx(40, abs=1)


# What is told.


def test_each_call_is_told_of_once_in_events_and_metrics() -> None:
    behaviour = [
        TALKING,
        BUSY,
        Callee(final=Answer(0.2), acts=(Talk(2.1, 0.5),)),
        Callee(rings_after=None, final=Reject(404)),
    ]
    node = Node(callee_of=lambda dial: behaviour[int(dial.callee.clear[-3:]) % 4])
    Desk(node, contacts=40).run()
    told = node.told.of_calls()
    assert len(told) == 40
    kinds = Counter(tuple(kinds) for kinds in told.values())
    assert kinds == {
        ("dialing", "ringing", "answered", "notice", "ended"): 10,
        ("dialing", "ringing", "ended"): 10,
        ("dialing", "ringing", "answered", "notice", "barge_in", "ended"): 10,
        ("dialing", "ended"): 10,
    }
    assert node.told.events[0][0] == "campaigns/card-renewal/started"
    assert node.told.events[-1][0] == "campaigns/card-renewal/finished"
    calls = {
        ("dialer", "completed"): 20,
        ("callee", "busy"): 10,
        ("callee", "unallocated"): 10,
    }
    assert node.counted("dialer_calls_total") == calls
    assert node.counted("dialer_attempts_total") == {
        ("carrier-a", *outcome): count for outcome, count in calls.items()
    }
    assert node.counted("dialer_trunk_seizures_total") == {("carrier-a",): 40}
    assert node.counted("dialer_trunk_answers_total") == {("carrier-a",): 20}
    assert node.counted("dialer_barge_ins_total") == {(): 10}
    assert node.counted("dialer_post_dial_delay_seconds_count") == {("carrier-a",): 30}
    assert node.counted("dialer_answer_to_first_packet_seconds_count") == {(): 20}
    assert node.counted("dialer_calls_live") == {}
    assert node.counted("dialer_trunk_channels_used") == {}


def test_progress_is_told_every_few_seconds() -> None:
    node = Node(callee_of=lambda _dial: BUSY, trunks=[trunk(cps=1)])
    summary = Desk(node).run()
    told = node.told.bodies("progress")
    assert len(told) == int(summary.seconds // TELL_EVERY)
    done = [body["done"] for body in told]
    assert done == sorted(done)  # type: ignore[type-var]
    assert all(body["total"] == 20 for body in told)


def test_accounts_are_to_be_had_at_any_time() -> None:
    desk = Desk(Node(callee_of=lambda _dial: TALKING, trunks=[trunk(cps=2)]))
    seen: list[tuple[int, int]] = []

    async def look(running: CampaignRun) -> None:
        while True:
            snapshot = running.snapshot()
            if snapshot is not None:
                seen.append((snapshot.live, snapshot.done))
            await asyncio.sleep(0.5)

    desk.run(look)
    assert max(live for live, _ in seen) > 10
    assert [done for _, done in seen] == sorted(done for _, done in seen)


def test_what_an_earlier_process_left_is_in_the_summary() -> None:
    store = MemoryStore()

    async def left_behind() -> None:
        await store.open()
        campaign = await begin(store, 20)
        contacts = await store.claim(campaign, 3, Node().clock.utc())
        await call_through(store, contacts[0], "done")
        await store.authorise(order("left", to=contacts[1]), allow)

    asyncio.run(left_behind())
    summary = Desk(Node(callee_of=lambda _dial: BUSY, store=store)).run()
    assert summary.cut_short == 1
    assert summary.progress.done == 20
    assert sum(summary.snapshot.outcomes.values()) == 18
