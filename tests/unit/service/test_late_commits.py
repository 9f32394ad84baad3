"""A verdict holds for two seconds: what the disk takes longer for, is not dialled any more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import pytest

from dialer.campaigns.placement import COMMIT_WITHIN
from dialer.campaigns.run import CampaignRun
from dialer.core.values.outcome import Reason
from dialer.core.values.records import AttemptOrder, Decide
from dialer.core.values.retry import COMMIT_WAIT, FIRST_WAIT
from dialer.core.values.verdict import Verdict
from dialer.ports.line import Dial
from dialer.testing import Callee, MemoryStore, Reject
from tests.support.campaigns import BUSY, Desk
from tests.support.nodes import Node, trunk

CONGESTED = Callee(rings_after=None, final=Reject(503))


class Stalling(MemoryStore):
    """Each commit of an attempt takes so many seconds, in order; those after them none."""

    def __init__(self, *spans: float) -> None:
        super().__init__()
        self._spans = list(spans)
        self.asked: list[AttemptOrder] = []

    async def authorise(self, order: AttemptOrder, decide: Decide) -> Verdict:
        self.asked.append(order)
        verdict = await super().authorise(order, decide)
        if self._spans:
            await asyncio.sleep(self._spans.pop(0))
        return verdict


def node(
    store: MemoryStore,
    callee_of: Callable[[Dial], Callee] = lambda _dial: BUSY,
    trunks: int = 1,
    fault_calls: int = 1,
) -> Node:
    names: Sequence[str] = ("first", "second")[:trunks]
    return Node(
        callee_of=callee_of,
        store=store,
        trunks=[replace(trunk(name), priority=at) for at, name in enumerate(names, start=1)],
        fault_calls=fault_calls,
    )


def test_what_was_committed_too_late_is_not_dialled_and_asked_again_soon() -> None:
    store = Stalling(COMMIT_WITHIN + 0.1)
    at = node(store)
    summary = Desk(at, contacts=1).run()
    late, asked_again = asyncio.run(store.attempts())
    assert len(at.scripted.dialled) == 1
    assert at.scripted.dialled[0].attempt == asked_again.attempt
    assert str(late.outcome) == "dialer.commit_late"
    assert late.sip_call_id is None
    assert store.asked[1].at - store.asked[0].at >= COMMIT_WAIT
    assert summary.snapshot.outcomes == {"dialer.commit_late": 1, "callee.busy": 1}
    assert summary.progress.done == 1, "one call to a contact, however few the carriers have"
    assert at.trunks[0].load.in_use == 0


def test_it_counts_for_nothing_against_the_callee() -> None:
    store = Stalling(COMMIT_WITHIN + 0.1)
    at = node(store)
    Desk(at, contacts=1).run()
    assert asyncio.run(_history_of(store)) == 0
    assert at.counted("dialer_trunk_seizures_total") == {("first",): 1}


def test_it_counts_for_nothing_against_the_carriers() -> None:
    # One fault of the carriers would be the last: `fault_calls` is 2.
    store = Stalling(*[COMMIT_WITHIN + 0.1] * 4)
    at = node(
        store, lambda _dial: CONGESTED if len(at.scripted.dialled) < 2 else BUSY, fault_calls=2
    )
    summary = Desk(at, contacts=1).run()
    assert summary.snapshot.outcomes == {
        "dialer.commit_late": 4,
        "carrier.congestion": 1,
        "callee.busy": 1,
    }
    failover = at.service.rates
    failover.refresh()
    assert failover.reports["first"].figures.seizures == 2
    assert at.counted("dialer_attempts_total") == {
        ("first", "dialer", "commit_late"): 4,
        ("first", "carrier", "congestion"): 1,
        ("first", "callee", "busy"): 1,
    }
    told = [body for body in at.told.bodies("ended") if body["reason"] == "commit_late"]
    assert [body["who"] for body in told] == ["dialer"] * 4
    assert all(body["again_at"] for body in told)


def test_who_waits_for_it_is_said_apart_and_ever_longer() -> None:
    store = Stalling(*[COMMIT_WITHIN + 0.1] * 3)
    at = node(store)
    seen: list[str] = []

    async def look(running: CampaignRun) -> None:
        await asyncio.sleep(COMMIT_WITHIN + 1)
        snapshot = running.snapshot()
        assert snapshot is not None
        seen.extend(str(wait) for wait in snapshot.waits)

    Desk(at, contacts=1).run(look)
    assert len(seen) == 1
    assert seen[0].startswith("1 wait: late commits, again in ")
    asked = [order.at for order in store.asked]
    waits = [later - sooner for sooner, later in pairwise(asked)]
    assert all(wait >= COMMIT_WAIT * 2**before for before, wait in enumerate(waits)), (
        "each wait is twice the one before"
    )


async def _history_of(store: Stalling) -> int:
    """Attempts that the rules of frequency saw when the contact was asked for again."""
    history = await store.history(store.asked[1])
    return len([when for when in history.attempts if when < store.asked[1].at])


@pytest.mark.parametrize("took", [0.0, COMMIT_WITHIN - 0.1])
def test_what_was_committed_in_time_is_dialled(took: float) -> None:
    at = node(Stalling(took))
    summary = Desk(at, contacts=1).run()
    assert summary.snapshot.outcomes == {"callee.busy": 1}
    assert len(at.scripted.dialled) == 1


def test_the_next_trunk_s_commit_is_bounded_as_well_and_the_first_is_let_die() -> None:
    store = Stalling(0.0, COMMIT_WITHIN + 0.1)
    at = node(store, lambda dial: CONGESTED if dial.trunk == "first" else BUSY, trunks=2)
    Desk(at, contacts=1).run()
    first, late, *again = asyncio.run(store.attempts())
    assert str(first.outcome) == "carrier.congestion"
    assert late.outcome is not None
    assert late.outcome.reason is Reason.COMMIT_LATE
    assert store.asked[2].at - store.asked[1].at >= FIRST_WAIT
    assert [dial.trunk for dial in at.scripted.dialled] == ["first", "first", "second"]
    assert [str(each.outcome) for each in again] == ["carrier.congestion", "callee.busy"]
    assert all(each.load.in_use == 0 for each in at.trunks)
