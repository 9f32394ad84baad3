"""After a killed process: no call without an end, no contact stuck."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from dialer.core.values.outcome import Outcome, Reason
from dialer.core.values.records import History, Shown
from dialer.errors import StoreError
from dialer.ports.store import Store
from tests.support.orders import CALLER_ID, NOON, order
from tests.support.store import (
    LATER,
    Watching,
    allow,
    attempt_end,
    begin,
    call_through,
    claim_one,
)

CUT = Outcome.of(Reason.CUT_SHORT)


async def test_live_calls_are_cut_short_and_their_contacts_done_with(store: Store) -> None:
    campaign = await begin(store, 4)
    live, claimed, ended = await store.claim(campaign, 3, NOON)
    await store.authorise(order("live", to=live), allow)
    await call_through(store, ended, "ended")

    assert await store.recover("node-1", LATER) == 1

    cdrs = {cdr.call: cdr for cdr in await store.calls()}
    assert (cdrs["call-live"].outcome, cdrs["call-live"].ended_at) == (CUT, LATER)
    assert cdrs["call-ended"].outcome == Outcome.of(Reason.COMPLETED, 200, 16)
    assert {row.call: row.outcome for row in await store.attempts()} == {
        "call-live": CUT,
        "call-ended": Outcome.of(Reason.COMPLETED, 200, 16),
    }
    progress = await store.progress(campaign)
    assert (progress.waiting, progress.claimed, progress.done) == (2, 0, 2)
    assert dict(progress.outcomes) == {"dialer.cut_short": 1, "dialer.completed": 1}
    assert (await claim_one(store, campaign)).id == claimed.id


async def test_a_call_between_two_attempts_is_cut_short_but_its_attempt_keeps_its_end(
    store: Store,
) -> None:
    campaign = await begin(store, 1)
    placed = order(to=await claim_one(store, campaign))
    await store.authorise(placed, allow)
    await store.end_attempt(attempt_end(placed, Reason.CONGESTION))
    assert await store.recover("node-1", LATER) == 1
    (cdr,) = await store.calls()
    assert (cdr.outcome, cdr.ended_at) == (CUT, LATER)
    assert (cdr.post_dial_delay, cdr.first_packet, cdr.barge_ins) == (0.75, 0.021, 1)
    (attempt,) = await store.attempts()
    assert attempt.outcome == Outcome.of(Reason.CONGESTION, 200, 16)
    assert (await store.progress(campaign)).done == 1


async def test_of_a_call_that_was_cut_short_the_last_attempt_s_figures_are_kept(
    store: Store,
) -> None:
    campaign = await begin(store, 1)
    contact = await claim_one(store, campaign)
    for attempt, delay in ((1, 0.75), (2, 1.5)):
        placed = order(to=contact, number_in_call=attempt)
        await store.authorise(placed, allow)
        ended = attempt_end(placed, Reason.CONGESTION)
        await store.end_attempt(replace(ended, post_dial_delay=delay, barge_ins=attempt))
    assert await store.recover("node-1", LATER) == 1
    (cdr,) = await store.calls()
    assert (cdr.post_dial_delay, cdr.barge_ins, cdr.attempts) == (1.5, 2, 2)


async def test_a_number_that_was_cut_short_has_been_tried(store: Store) -> None:
    contact = await claim_one(store, await begin(store, 1))
    await store.authorise(order("1", to=contact), allow)
    await store.recover("node-1", LATER)
    again = await claim_one(store, await begin(store, [contact.row], "again"))
    gate = Watching()
    await store.authorise(order("2", NOON + timedelta(hours=2), again), gate)
    assert gate.shown == [History((NOON,), shown=(Shown(CALLER_ID, NOON),), newest=NOON)]


async def test_a_second_recovery_finds_nothing(store: Store) -> None:
    await store.authorise(order(to=await claim_one(store, await begin(store, 1))), allow)
    assert [await store.recover("node-1", LATER), await store.recover("node-1", LATER)] == [1, 0]


async def test_calls_of_another_node_are_left_alone(store: Store) -> None:
    await store.authorise(order(to=await claim_one(store, await begin(store, 1))), allow)
    assert await store.recover("node-2", LATER) == 0
    (cdr,) = await store.calls()
    assert cdr.outcome is None


async def test_a_closed_store_says_so(store: Store) -> None:
    campaign = await begin(store, 1)
    await store.close()
    with pytest.raises(StoreError):
        await store.claim(campaign, 1, NOON)
    with pytest.raises(StoreError):
        await store.progress(campaign)
