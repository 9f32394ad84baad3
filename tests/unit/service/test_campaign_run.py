"""A whole campaign on scripted callees and a store in memory, in time that jumps."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest

from dialer.campaign_run import END_GRACE, TELL_EVERY, CampaignRun, Say, Summary
from dialer.core.campaign import Stage
from dialer.core.compliance import Gate, Rule
from dialer.core.records import (
    AttemptOrder,
    CallEnd,
    Contact,
    Decide,
    History,
    Progress,
)
from dialer.core.rules import PerNumber, per_number_frequency
from dialer.core.verdict import Allow, Deny, Verdict
from dialer.errors import DialerError, PromptError, StoreError
from dialer.ports import Dial
from dialer.testing import Answer, Callee, MemoryStore, OnCancel, Press, Reject, ScriptedLine, Talk
from tests.support.fast_time import in_fast_time
from tests.support.nodes import Node, plan, prompt, trunk
from tests.support.orders import CALLER_ID, number, order, row
from tests.support.store import allow, begin, call_through, record, rows

BUSY = Callee(final=Reject(486))
TALKING = Callee(final=Answer(0.2))
"""Hears all of the script: some seventeen seconds."""
RINGING = Callee(final=None)


@dataclass
class Desk:
    """A node, a campaign of `contacts` people on it, and what a test does while it runs."""

    node: Node
    contacts: int = 20
    concurrency: int = 100
    prepare: Callable[[Contact], Coroutine[Any, Any, Say]] | None = None
    closed: bool = field(default=False, init=False)

    def run(
        self,
        meanwhile: Callable[[CampaignRun], Coroutine[Any, Any, None]] | None = None,
        limit: float = 3600,
    ) -> Summary:
        """Import the campaign, dial it to its end, close the node. Raises what the run raised."""
        return in_fast_time(self.node.clock, self._run(meanwhile), limit)

    async def _run(
        self, meanwhile: Callable[[CampaignRun], Coroutine[Any, Any, None]] | None
    ) -> Summary:
        service = self.node.service
        await service.open()
        try:
            opened = await self.node.store.open_campaign(record(), rows(self.contacts))
            changes = {} if self.prepare is None else {"prepare": self.prepare}
            self.running = CampaignRun(
                service,
                plan(opened.id, concurrency=self.concurrency, fresh=opened.fresh, **changes),
            )
            other = None if meanwhile is None else asyncio.create_task(meanwhile(self.running))
            try:
                return await self.running.run()
            finally:
                if other is not None:
                    other.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await other
        finally:
            await service.close()
            await self.node.store.open()  # to be read

    def progress(self) -> Progress:
        return asyncio.run(self.node.store.progress(1))

    @property
    def dialled(self) -> list[str]:
        return [dial.callee.clear for dial in self.node.scripted.dialled]

    def outcomes(self) -> Counter[str]:
        """How each call of the store ended."""
        return Counter(str(call.outcome) for call in asyncio.run(self.node.store.calls()))


class Watched(ScriptedLine):
    """Keeps, for every dial, when it was and what was live on the line with it."""

    def __init__(self, callee_of: Callable[[Dial], Callee]) -> None:
        super().__init__(callee_of)
        self.times: list[tuple[float, str]] = []
        self.live_then: list[Counter[str]] = []
        self._trunk_of: dict[str, str] = {}

    def dial(self, order: Dial) -> None:
        super().dial(order)
        self._trunk_of[order.attempt] = order.trunk
        self.times.append((self.now(), order.trunk))
        self.live_then.append(Counter(self._trunk_of[attempt] for attempt in self.live))

    def most_in(self, seconds: float, trunk: str) -> int:
        """The most dials on a trunk within any so many seconds."""
        at = [time for time, name in self.times if name == trunk]
        return max(sum(first <= time < first + seconds for time in at) for first in at)


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
    assert summary.snapshot.stage is Stage.DONE
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
        delays = (0.0, 0.9, 0.1, 3.0, 0.05, 0.0, 0.4)

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


# Faults.


class Failing(MemoryStore):
    """Fails the named method from its `after`-th call on."""

    def __init__(self, method: str, after: int = 0, fault: Exception | None = None) -> None:
        super().__init__()
        self._method = method
        self._left = after
        self._fault = fault or StoreError("the disk is full")
        self.released: list[int] = []

    def _perhaps_fail(self, method: str) -> None:
        if method == self._method:
            self._left -= 1
            if self._left < 0:
                raise self._fault

    async def claim(self, campaign: int, limit: int, now: datetime) -> Sequence[Contact]:
        self._perhaps_fail("claim")
        return await super().claim(campaign, min(limit, 10), now)

    async def authorise(self, order: AttemptOrder, decide: Decide) -> Verdict:
        self._perhaps_fail("authorise")
        return await super().authorise(order, decide)

    async def end_call(self, end: CallEnd) -> None:
        self._perhaps_fail("end_call")
        await super().end_call(end)

    async def progress(self, campaign: int) -> Progress:
        self._perhaps_fail("progress")
        return await super().progress(campaign)

    async def release(self, contacts: Sequence[int]) -> None:
        self._perhaps_fail("release")
        await super().release(contacts)
        self.released.extend(contacts)


@pytest.mark.parametrize(
    "method,after",
    [("claim", 0), ("claim", 2), ("authorise", 0), ("authorise", 7), ("end_call", 3)],
)
def test_a_store_that_fails_ends_the_run_in_good_order(
    method: str, after: int, caplog: pytest.LogCaptureFixture
) -> None:
    store = Failing(method, after)
    loads = [trunk(cps=5)]
    # Calls of some two seconds: some are live when the store fails.
    callee = Callee(final=Reject(486, after=2.0))
    desk = Desk(Node(callee_of=lambda _dial: callee, store=store, trunks=loads), contacts=60)
    failed_at: list[float] = []
    fail = desk.node.service.parts.clock.monotonic

    def noting(method: str) -> None:
        try:
            Failing._perhaps_fail(store, method)
        except StoreError:
            failed_at.append(fail())
            raise

    store._perhaps_fail = noting  # type: ignore[method-assign]
    line = desk.node.scripted
    times: list[float] = []
    dial = line.dial

    def noted(order: Dial) -> None:
        times.append(fail())
        dial(order)

    line.dial = noted  # type: ignore[method-assign]
    with pytest.raises(StoreError, match="full"):
        desk.run()
    assert line.live == ()
    assert not [time for time in times if time > failed_at[0]]
    assert len(times) < 60
    assert loads[0].load.in_use == 0
    progress = desk.progress()
    # Nobody is held who was not called; where records were refused, their contacts stay taken.
    unrecorded = len(failed_at) if method == "end_call" else 0
    assert progress.claimed == unrecorded
    assert progress.done == len(times) - unrecorded
    assert progress.waiting == 60 - len(times)
    (finished,) = desk.node.told.bodies("finished")
    assert finished["why"] == "failed"
    assert finished["done"] == progress.done
    assert sum("no more calls" in each.getMessage() for each in caplog.records) == 1


def test_live_calls_end_of_themselves_before_a_failure_is_raised() -> None:
    store = Failing("claim", 1)
    desk = Desk(Node(callee_of=lambda _dial: TALKING, store=store, drain_limit=60))
    with pytest.raises(StoreError):
        desk.run()
    assert desk.outcomes() == {"dialer.completed": len(desk.dialled)}
    assert desk.dialled


def test_a_store_that_fails_to_the_end_is_told_of_once() -> None:
    """Neither giving back nor counting works any more: the first failure is the one raised."""

    class Dead(Failing):
        def _perhaps_fail(self, method: str) -> None:
            if method == "claim":
                self._left = -1
            if self._left < 0:
                raise StoreError(f"dead at {method}")

    desk = Desk(Node(store=Dead("", 0)))
    desk.node.store._left = 1  # type: ignore[attr-defined]
    with pytest.raises(StoreError, match="dead at claim"):
        desk.run()
    (finished,) = desk.node.told.bodies("finished")
    assert (finished["why"], finished["total"]) == ("failed", 20)


def test_accounts_that_fail_at_the_end_fail_the_run() -> None:
    desk = Desk(Node(callee_of=lambda _dial: BUSY, store=Failing("progress", 1)))
    with pytest.raises(StoreError):
        desk.run()
    (finished,) = desk.node.told.bodies("finished")
    assert finished["why"] == "failed"


def test_accounts_that_fail_under_way_end_the_run() -> None:
    store = Failing("progress", 1)
    desk = Desk(Node(callee_of=lambda _dial: BUSY, store=store, trunks=[trunk(cps=1)]))
    with pytest.raises(StoreError):
        desk.run()
    assert 1 <= len(desk.dialled) <= TELL_EVERY + 1


def test_a_record_that_breaks_in_any_other_way_fails_the_run_too() -> None:
    store = Failing("end_call", 2, ValueError("no such thing"))
    desk = Desk(Node(callee_of=lambda _dial: BUSY, store=store, trunks=[trunk(cps=5)]))
    with pytest.raises(DialerError, match="ValueError"):
        desk.run()
    assert len(desk.dialled) < 20


def test_a_contact_whose_prompt_cannot_be_made_ends_the_run() -> None:
    prepared: list[int] = []

    async def prepare(contact: Contact) -> Say:
        if len(prepared) == 5:
            raise PromptError("prompt nodes.offer: espeak-ng has failed")
        prepared.append(contact.id)
        return prompt

    desk = Desk(Node(callee_of=lambda _dial: BUSY), prepare=prepare)
    with pytest.raises(PromptError, match=r"nodes\.offer"):
        desk.run()
    assert len(desk.dialled) <= 5
    progress = desk.progress()
    assert (progress.claimed, progress.done) == (0, len(desk.dialled))


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


# Draining.


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
        task = asyncio.create_task(desk._run(None))
        await asyncio.sleep(1.0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    in_fast_time(node.clock, cancelled(), limit=100)
    assert node.scripted.live == ()
    assert desk.outcomes() == {"dialer.drained": len(desk.dialled)}
    progress = desk.progress()
    assert (progress.claimed, progress.done) == (0, len(desk.dialled))


# What is told.


def test_each_call_is_told_of_once_in_events_and_metrics() -> None:
    behaviour = [
        TALKING,
        BUSY,
        Callee(final=Answer(0.2), acts=(Talk(2.1, 0.5),)),
        Callee(rings_after=None, final=Reject(503)),
    ]
    node = Node(callee_of=lambda dial: behaviour[int(dial.callee.clear[-3:]) % 4])
    Desk(node, contacts=40).run()
    told = node.told.of_calls()
    assert len(told) == 40
    kinds = Counter(tuple(kinds) for kinds in told.values())
    assert kinds == {
        ("dialing", "ringing", "answered", "ended"): 10,
        ("dialing", "ringing", "ended"): 10,
        ("dialing", "ringing", "answered", "barge_in", "ended"): 10,
        ("dialing", "ended"): 10,
    }
    assert node.told.events[0][0] == "campaigns/card-renewal/started"
    assert node.told.events[-1][0] == "campaigns/card-renewal/finished"
    calls = {
        ("dialer", "completed"): 20,
        ("callee", "busy"): 10,
        ("carrier", "congestion"): 10,
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


def test_a_call_that_is_not_on_disk_is_not_told_as_ended() -> None:
    node = Node(callee_of=lambda _dial: BUSY, store=Failing("end_call", 3), trunks=[trunk(cps=5)])
    with pytest.raises(StoreError):
        Desk(node).run()
    assert len(node.told.topics("/ended")) == 3
    assert sum(node.counted("dialer_calls_total").values()) == 3


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


def test_no_number_is_in_any_log_line_or_event(caplog: pytest.LogCaptureFixture) -> None:
    node = Node(callee_of=lambda _dial: TALKING, store=Failing("end_call", 5))
    with caplog.at_level(logging.DEBUG), pytest.raises(StoreError):
        Desk(node).run()
    assert "7700900" not in caplog.text + repr(node.told.events)
