"""Invariants 4 and 6 through a whole campaign run: any trunks, any callees, any disk, any drain."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.campaigns.placement import COMMIT_WITHIN
from dialer.campaigns.run import END_GRACE, CampaignRun, Summary
from dialer.core.calls.call import CallLimits
from dialer.core.gate.compliance import Gate, Rule
from dialer.core.trunks.trunk import AHEAD
from dialer.core.values.events import LocalFault
from dialer.core.values.outcome import Outcome, Reason, is_carriers_fault
from dialer.core.values.records import AttemptEnd, AttemptOrder, CallEnd, Decide, History
from dialer.core.values.verdict import Allow, Deny, Verdict
from dialer.testing import (
    Answer,
    Callee,
    Fail,
    MemoryStore,
    OnCancel,
    Press,
    Reject,
    RemoteBye,
    Talk,
    Vanish,
)
from tests.support.campaigns import Desk, Watched
from tests.support.nodes import Node, trunk

LIMITS = CallLimits(no_progress=2, ring=5, talk=20, cancel_grace=3, bye_grace=3)

SPAN = st.sampled_from([0.0, 0.001, 0.3, 1.0, 2.5]) | st.floats(0, 6)
CALLEES = st.builds(
    Callee,
    rings_after=st.none() | SPAN,
    early_media=st.booleans(),
    final=st.one_of(
        st.none(),
        st.builds(Answer, SPAN),
        st.builds(Reject, st.sampled_from([404, 408, 486, 503, 603, 607]), SPAN),
        st.builds(Fail, st.sampled_from(LocalFault), SPAN),
    ),
    acts=st.lists(
        st.one_of(
            st.builds(Press, st.sampled_from("0129"), SPAN),
            st.builds(Talk, SPAN, st.floats(0.05, 3)),
            st.builds(RemoteBye, SPAN),
            st.builds(Vanish, SPAN),
        ),
        max_size=2,
    ).map(tuple),
    on_cancel=st.sampled_from(OnCancel),
    trying=st.booleans(),
)
TRUNKS = st.lists(
    st.tuples(st.integers(1, 5), st.integers(1, 12) | st.sampled_from([0.5, 2.5])),
    min_size=1,
    max_size=3,
)
# A commit that takes longer than a verdict holds is another story: test_late_commits.py.
DELAYS = st.lists(st.just(0.0) | st.floats(0, 0.75 * COMMIT_WITHIN), min_size=1, max_size=5)


class Disk(MemoryStore):
    """Takes the next of `delays` for each commit, and keeps who was authorised, and when."""

    def __init__(self, delays: list[float]) -> None:
        super().__init__()
        self._delays = delays
        self._commits = 0
        self.asked_at: list[float] = []
        self.attempt_ends: list[AttemptEnd] = []
        self.call_ends: list[CallEnd] = []

    async def _turn(self) -> None:
        self._commits += 1
        if delay := self._delays[self._commits % len(self._delays)]:
            await asyncio.sleep(delay)

    async def authorise(self, order: AttemptOrder, decide: Decide) -> Verdict:
        self.asked_at.append(asyncio.get_running_loop().time())
        verdict = await super().authorise(order, decide)
        await self._turn()
        return verdict

    async def end_attempt(self, end: AttemptEnd) -> None:
        self.attempt_ends.append(end)
        await super().end_attempt(end)
        await self._turn()

    async def end_call(self, end: CallEnd) -> None:
        self.call_ends.append(end)
        await super().end_call(end)
        await self._turn()


@dataclass
class Ways:
    """What happens in one run."""

    trunks: list[tuple[int, float]]
    callees: list[Callee]
    contacts: int
    concurrency: int
    delays: list[float]
    denied: frozenset[int]
    drain_at: float | None
    drain_limit: float
    again_at: float | None
    fault_calls: int


WAYS = st.builds(
    Ways,
    trunks=TRUNKS,
    callees=st.lists(CALLEES, min_size=1, max_size=4),
    contacts=st.integers(0, 30),
    concurrency=st.integers(1, 12),
    delays=DELAYS,
    denied=st.frozensets(st.integers(2, 32), max_size=4),
    drain_at=st.none() | st.floats(0, 12),
    drain_limit=st.floats(0, 6),
    again_at=st.none() | st.floats(0, 8),
    fault_calls=st.integers(1, 3),
)


class World:
    """One run of those ways."""

    def __init__(self, ways: Ways) -> None:
        self.ways = ways
        self.line = Watched(
            lambda dial: ways.callees[int(dial.callee.clear[-3:]) % len(ways.callees)]
        )
        self.trunks = [
            trunk(f"t{place}", channels, cps) for place, (channels, cps) in enumerate(ways.trunks)
        ]
        self.store = Disk(ways.delays)
        node = Node(
            line=self.line,
            store=self.store,
            trunks=self.trunks,
            gate=Gate([Rule("per_number", self.judge)]),
            limits=LIMITS,
            drain_limit=ways.drain_limit,
            fault_calls=ways.fault_calls,
        )
        self.desk = Desk(node, contacts=ways.contacts, concurrency=ways.concurrency)
        self.drained_at: float | None = None

    def judge(self, order: AttemptOrder, _history: History) -> Verdict:
        denied = order.contact.row.row in self.ways.denied
        return Deny("per_number", "as told", None) if denied else Allow()

    async def meanwhile(self, running: CampaignRun) -> None:
        if self.ways.drain_at is None:
            return
        await asyncio.sleep(self.ways.drain_at)
        self.drained_at = asyncio.get_running_loop().time()
        running.drain()
        if self.ways.again_at is not None:
            await asyncio.sleep(self.ways.again_at)
            running.drain(at_once=True)

    def run(self) -> Summary:
        return self.desk.run(self.meanwhile, limit=100_000)


def ends_by_contact(ends: list[CallEnd]) -> dict[int, list[CallEnd]]:
    found: dict[int, list[CallEnd]] = {}
    for end in sorted(ends, key=lambda end: end.last.ended_at):
        found.setdefault(end.contact, []).append(end)
    return found


def each_call_is_followed_only_after_a_carriers_fault(world: World) -> None:
    """One end a call. Only a carrier's fault is followed by another dial, on a trunk not tried yet,
    or, where none is left, by another call to the contact, after a wait."""
    store = world.store
    placed = {row.attempt: row for row in asyncio.run(store.attempts())}
    dials = [placed[dial.attempt] for dial in world.line.dialled]
    assert all(count == 1 for count in Counter((row.call, row.trunk) for row in dials).values())
    calls = {end.last.call for end in store.call_ends}
    assert len(calls) == len(store.call_ends)
    assert calls == {row.call for row in dials}
    for ends in ends_by_contact(store.call_ends).values():
        assert len(ends) <= world.ways.fault_calls
        assert all(is_carriers_fault(end.last.outcome) for end in ends[:-1])
        assert all(end.last.answered_at is None for end in ends[:-1])
        assert all(end.again_at is not None for end in ends[:-1])
    # Who answered an INVITE that was given up while the next was being committed is not dialled.
    ended = {end.attempt for end in store.attempt_ends}
    ended |= {end.last.attempt for end in store.call_ends}
    dialled = {row.attempt for row in dials}
    assert ended >= dialled
    called_off = [placed[attempt].outcome for attempt in ended - dialled]
    assert all(outcome == Outcome.of(Reason.CANCELLED) for outcome in called_off)


@settings(max_examples=120, deadline=None)
@given(WAYS)
def test_any_campaign_keeps_its_limits_and_its_accounts(ways: Ways) -> None:
    world = World(ways)
    began = world.desk.node.clock.monotonic()
    summary = world.run()
    line, store = world.line, world.store

    # Limits, at every dial. A callee who ignores a CANCEL is off our channels when its grace is
    # over (RFC 3261 9.1), but not off the scripted line.
    if all(callee.on_cancel is not OnCancel.IGNORES for callee in ways.callees):
        # An INVITE that was left behind is no call any more, but keeps its channel.
        none_left_behind = all(callee.trying for callee in ways.callees)
        for live in line.live_then:
            assert live.total() <= ways.concurrency or not none_left_behind
            assert all(live[each.name] <= each.load.limits.channels for each in world.trunks)
    for each in world.trunks:
        cps = each.load.limits.cps
        if any(name == each.name for _, name in line.times):
            assert line.most_in(max(1.0, 1.0 / cps), each.name) <= max(1, int(cps))
        assert each.load.in_use == 0

    each_call_is_followed_only_after_a_carriers_fault(world)
    calls = len(store.call_ends)
    assert all(is_carriers_fault(end.outcome) for end in store.attempt_ends)
    assert len(store.attempt_ends) >= len(line.dialled) - calls
    assert sum(summary.snapshot.outcomes.values()) == calls
    assert summary.snapshot.live == 0
    told = world.desk.node.told.of_calls()
    assert all(kinds[0] == "dialing" and kinds[-1] == "ended" for kinds in told.values())
    assert all(kinds.count("ended") == 1 for kinds in told.values())
    assert len(told) == calls

    # After the drain nothing is begun; what was being committed is dialled when it is.
    if world.drained_at is not None:
        assert all(at <= world.drained_at for at in store.asked_at)
        latest = world.drained_at + max(ways.delays) + AHEAD + 0.01
        assert all(at <= latest for at, _ in line.times)

    # Everyone is done with, or waits; and the run is over in its time.
    progress = summary.progress
    assert progress.claimed == 0
    later = sum(progress.waiting_later.values())
    assert progress.done + progress.waiting + later == progress.total == ways.contacts
    assert later == sum(wait.contacts for wait in summary.snapshot.waits)
    never = sum(1 for row in ways.denied if row < ways.contacts + 2)
    if world.drained_at is None:
        assert progress.done == ways.contacts
        assert len(ends_by_contact(store.call_ends)) == ways.contacts - never
        assert later == 0
    else:
        commits = 3 * max(ways.delays)
        most = ways.drain_limit + END_GRACE + commits + 1.0
        assert summary.seconds <= max(0.0, world.drained_at - began) + most
