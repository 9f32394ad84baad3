"""Between one trunk and the next: what is on record first, how long is waited, what comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from unittest.mock import Mock

import pytest

from dialer.campaigns.placement import COMMIT_WITHIN, KEEP_AGAIN, KEEP_WITHIN, MOVE_ON_WITHIN
from dialer.campaigns.run import CampaignRun
from dialer.core.gate.compliance import Gate, Rule
from dialer.core.trunks.routing import Candidate
from dialer.core.values.records import AttemptEnd, AttemptOrder, CallEnd, Decide, History
from dialer.core.values.verdict import Allow, Deny, Verdict
from dialer.errors import StoreInDoubtError
from dialer.ports.line import Dial
from dialer.testing import Answer, Callee, MemoryStore, Reject
from tests.support.campaigns import BUSY, Desk
from tests.support.nodes import Node, trunk

CONGESTED = Callee(rings_after=None, final=Reject(503))


class Noted(MemoryStore):
    """Notes what was asked of it, in order; writing the end of an attempt takes 0.3 s."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    async def authorise(self, order: AttemptOrder, decide: Decide) -> Verdict:
        self.asked.append(f"authorise on {order.trunk}")
        return await super().authorise(order, decide)

    async def end_attempt(self, end: AttemptEnd) -> None:
        self.asked.append("end attempt")
        await asyncio.sleep(0.3)
        await super().end_attempt(end)
        self.asked.append("attempt on record")


def node(
    behaviour: Callable[[Dial], Callee] | None = None,
    store: MemoryStore | None = None,
    gate: Gate | None = None,
    second_channels: int = 20,
    fault_calls: int = 1,
) -> Node:
    """Two trunks: the first is congested, at the second everybody is busy, unless told."""
    more = {} if gate is None else {"gate": gate}
    return Node(
        callee_of=behaviour or (lambda dial: CONGESTED if dial.trunk == "first" else BUSY),
        trunks=[
            replace(trunk("first"), priority=1),
            replace(trunk("second", channels=second_channels), priority=2),
        ],
        store=store or MemoryStore(),
        fault_calls=fault_calls,
        **more,
    )


def dialled(at: Node) -> list[str]:
    return [dial.trunk for dial in at.scripted.dialled]


def test_what_is_promised_of_spans() -> None:
    assert (COMMIT_WITHIN, MOVE_ON_WITHIN, KEEP_WITHIN, KEEP_AGAIN) == (2.0, 2.0, 60.0, 0.5)


def test_the_attempt_before_is_asked_to_be_written_first_and_on_record_before_the_next_invite() -> (
    None
):
    store = Noted()
    at = node(store=store)
    dial = at.scripted.dial

    def noted(order: Dial) -> None:
        store.asked.append(f"invite on {order.trunk}")
        dial(order)

    at.scripted.dial = noted  # type: ignore[method-assign]
    Desk(at, contacts=1).run()
    assert store.asked == [
        "authorise on first",
        "invite on first",
        "end attempt",
        "authorise on second",
        "attempt on record",
        "invite on second",
    ]


@pytest.mark.parametrize(
    "room_after, trunks", [(0.7, ["first", "second"]), (1.9, ["first", "second"]), (2.1, ["first"])]
)
def test_room_on_the_next_trunk_is_waited_for_so_long(room_after: float, trunks: list[str]) -> None:
    at = node(second_channels=1)
    full = at.trunks[1].load
    for step in (full.seize, full.depart, full.sent):
        step(at.clock.monotonic())

    async def make_room(running: CampaignRun) -> None:
        await asyncio.sleep(0.05 + room_after)  # after the 503
        full.release()
        at.service.pool.changed()

    summary = Desk(at, contacts=1).run(make_room)
    assert dialled(at) == trunks
    if len(trunks) == 2:
        # A channel's return is told; its second, which its last INVITE began, is reckoned.
        assert summary.seconds == pytest.approx(max(room_after, 0.05) + 0.1, abs=0.12)


def test_the_second_of_the_next_trunk_is_waited_for_by_the_clock_and_no_longer() -> None:
    slow = replace(trunk("second", cps=1), priority=2)
    at = Node(node().callee_of, trunks=[node().trunks[0], slow], fault_calls=1)
    load = slow.load
    for step in (load.seize, load.depart, load.sent):
        step(at.clock.monotonic())
    load.release()
    summary = Desk(at, contacts=1).run()
    assert dialled(at) == ["first", "second"]
    assert summary.seconds == pytest.approx(1.05, abs=0.06)


@pytest.mark.parametrize("asked, rests", [(30, 30.0), (3600, 3600.0), (10**6, 3600.0)])
def test_a_carrier_that_asks_for_rest_gets_it_for_an_hour_at_most(asked: int, rests: float) -> None:
    congested = Callee(rings_after=None, final=Reject(503, retry_after=asked))
    at = node(lambda dial: congested if dial.trunk == "first" else BUSY)
    Desk(at, contacts=1).run()
    load, since = at.trunks[0].load, 1000.05
    assert not load.is_up(since + rests - 1)
    assert load.is_up(since + rests + 1)


@pytest.mark.parametrize("most", [1, 2, 3])
def test_the_operator_says_how_many_calls_may_come_to_nothing(most: int) -> None:
    at = node(lambda _dial: CONGESTED, fault_calls=most)
    summary = Desk(at, contacts=1).run(limit=4 * 3600)
    assert dialled(at) == ["first", "second"] * most
    assert (summary.progress.done, dict(summary.progress.waiting_later)) == (1, {})


def denying(order: AttemptOrder, _history: History) -> Verdict:
    return Deny("always", "no") if order.trunk == "second" else Allow()


class Late(MemoryStore):
    """The first commit takes longer than its verdict holds."""

    takes = COMMIT_WITHIN + 0.5

    async def authorise(self, order: AttemptOrder, decide: Decide) -> Verdict:
        verdict = await super().authorise(order, decide)
        takes, self.takes = self.takes, 0.0
        await asyncio.sleep(takes)
        return verdict


@pytest.mark.parametrize(
    "store, gate, chosen",
    [
        (MemoryStore, None, ["first", "second"]),
        (MemoryStore, Gate([Rule("always", denying)]), ["first", "second"]),
        (Late, None, ["first", "first", "second"]),
    ],
    ids=["sent", "denied", "never sent"],
)
def test_whatever_comes_of_a_choice_it_is_taken_back_once(
    store: Callable[[], MemoryStore], gate: Gate | None, chosen: list[str]
) -> None:
    at = node(store=store(), gate=gate)
    rates = at.service.rates
    rates.chosen = Mock(wraps=rates.chosen)  # type: ignore[method-assign]
    rates.withdrawn = Mock(wraps=rates.withdrawn)  # type: ignore[method-assign]
    Desk(at, contacts=1).run()
    for told in (rates.chosen, rates.withdrawn):
        assert [call.args[0].trunk.name for call in told.call_args_list] == chosen


def test_what_could_not_be_told_to_be_committed_is_not_asked_for_again() -> None:
    class InDoubt(MemoryStore):
        asked = 0

        async def authorise(self, order: AttemptOrder, decide: Decide) -> Verdict:
            self.asked += 1
            await super().authorise(order, decide)
            raise StoreInDoubtError("the database went away")

    store = InDoubt()
    at = node(store=store)

    async def drain(running: CampaignRun) -> None:
        await asyncio.sleep(30)
        running.drain()

    Desk(at, contacts=1).run(drain)
    assert (store.asked, dialled(at)) == (1, [])


def test_a_drain_in_the_moment_of_the_choice_asks_the_gate_for_nobody() -> None:
    store = Noted()
    at = node(store=store)
    desk = Desk(at, contacts=3)
    chosen = at.service.rates.chosen

    def draining(candidate: Candidate) -> None:
        chosen(candidate)
        desk.running.drain()

    at.service.rates.chosen = draining  # type: ignore[method-assign]
    summary = desk.run()
    assert store.asked == []
    assert (summary.progress.waiting, summary.progress.claimed) == (3, 0)
    assert [each.load.in_use for each in at.trunks] == [0, 0]


LATE = Callee(rings_after=None, final=Answer(8.1), trying=False)
SILENT = Callee(rings_after=None, final=None, trying=False)


def test_who_answers_late_as_the_record_is_written_is_called_no_more() -> None:
    class Slow(MemoryStore):
        async def end_call(self, end: CallEnd) -> None:
            await asyncio.sleep(1.0)
            await super().end_call(end)

    at = node(lambda dial: LATE if dial.trunk == "first" else SILENT, store=Slow(), fault_calls=10)
    summary = Desk(at, contacts=1).run()
    assert dialled(at) == ["first", "second"]
    assert (summary.progress.done, dict(summary.progress.waiting_later)) == (1, {})
    assert summary.snapshot.waits == ()


def test_who_answered_late_before_the_record_is_not_said_to_be_called_again() -> None:
    early = replace(LATE, final=Answer(5.0))
    at = node(lambda _dial: early, second_channels=1, fault_calls=10)
    at.trunks[1].load.seize(at.clock.monotonic())  # full, for ever
    Desk(at, contacts=1).run()
    (ended,) = at.told.bodies("/ended")
    assert ended["again_at"] is None
