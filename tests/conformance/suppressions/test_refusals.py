"""A refusal is in the book from its instant on: one home, whatever becomes of the call."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from dialer.core.gate.rules import RefusalRest, refusal_rest
from dialer.core.values.months import months_after
from dialer.core.values.outcome import Reason
from dialer.core.values.records import AttemptOrder, History
from dialer.core.values.suppression import Suppression, SuppressionKind, strongest
from dialer.core.values.verdict import Allow, Deny, Verdict
from dialer.errors import SuppressionError
from dialer.ports.desks import ComplaintDesk, SuppressionDesk
from dialer.ports.store import Store
from tests.support.orders import NOON, number, order, row
from tests.support.store import allow, begin, call_end, claim_one

DAY = timedelta(days=1)
CALLEE = number(1)
RESTS = refusal_rest(RefusalRest(6))


async def call(store: Store, name: str, at: datetime = NOON, node: str = "node-1") -> AttemptOrder:
    """A live call to the callee, of a campaign of its own."""
    contact = await claim_one(store, await begin(store, [row(2, CALLEE)], name), at)
    placed = replace(order(name, at, contact), node=node)
    await store.authorise(placed, allow)
    return placed


async def verdict(store: Store, name: str, at: datetime, node: str = "node-1") -> Verdict:
    """What the rule says of one more attempt to the callee."""
    contact = await claim_one(store, await begin(store, [row(2, CALLEE)], name), at)
    asked = replace(order(name, at, contact), node=node)
    return await store.authorise(asked, RESTS.judge)


def refused(since: datetime) -> list[Suppression]:
    return [Suppression(SuppressionKind.REFUSAL, since)]


async def test_a_refusal_is_in_the_book_while_its_call_lives(
    store: Store, book: SuppressionDesk
) -> None:
    placed = await call(store, "1")
    assert list(await book.check(CALLEE)) == []
    await store.opt_out(placed.call, NOON + timedelta(seconds=5))
    assert list(await book.check(CALLEE)) == refused(NOON + timedelta(seconds=5))
    (entry,) = await book.entries()
    assert (entry.why, entry.by, entry.reason) == (SuppressionKind.REFUSAL, "node-1", None)


async def test_the_very_next_attempt_of_another_node_is_denied(store: Store) -> None:
    placed = await call(store, "1")
    await store.opt_out(placed.call, NOON)
    at = NOON + timedelta(milliseconds=1)
    assert await verdict(store, "2", at, "node-2") == Deny(
        "refusal_rest", "refused our calls less than 6 months ago", months_after(NOON, 6)
    )
    assert await verdict(store, "3", months_after(NOON, 6), "node-2") == Allow()


@pytest.mark.parametrize(
    "reason, refuses",
    [(Reason.OPTED_OUT, True), (Reason.UNWANTED, True), (Reason.HUNG_UP, False)],
)
async def test_a_refusal_that_only_the_end_tells_counts_from_the_end(
    store: Store, book: SuppressionDesk, reason: Reason, *, refuses: bool
) -> None:
    placed = await call(store, "1")
    end = call_end(placed, reason)
    await store.end_call(end)
    assert list(await book.check(CALLEE)) == (refused(end.last.ended_at) if refuses else [])


@pytest.mark.parametrize("reason", [Reason.OPTED_OUT, Reason.UNWANTED, Reason.HUNG_UP])
async def test_the_end_of_a_call_that_was_refused_in_changes_nothing(
    store: Store, book: SuppressionDesk, reason: Reason
) -> None:
    placed = await call(store, "1")
    await store.opt_out(placed.call, NOON)
    await store.opt_out(placed.call, NOON + timedelta(seconds=3))
    await store.end_call(call_end(placed, reason))
    assert list(await book.check(CALLEE)) == refused(NOON)


@pytest.mark.parametrize("at_its_end", [True, False])
async def test_a_later_refusal_renews_the_months(
    store: Store, book: SuppressionDesk, *, at_its_end: bool
) -> None:
    await store.opt_out((await call(store, "1")).call, NOON)
    again = months_after(NOON, 7)
    placed = await call(store, "2", again - timedelta(seconds=60), "node-2")
    if at_its_end:
        await store.end_call(call_end(placed, Reason.OPTED_OUT, again))
    else:
        await store.opt_out(placed.call, again)
    assert list(await book.check(CALLEE)) == refused(again)
    assert [entry.by for entry in await book.entries()] == ["node-2"]
    until = months_after(NOON, 13)
    assert isinstance(await verdict(store, "3", until - timedelta(seconds=1)), Deny)
    assert await verdict(store, "4", until) == Allow()


async def test_of_two_refusals_the_later_counts_though_the_clock_went_back_between(
    store: Store, book: SuppressionDesk
) -> None:
    first, second = await call(store, "1"), await call(store, "2", NOON - DAY)
    await store.opt_out(first.call, NOON)
    await store.opt_out(second.call, NOON - DAY)
    assert list(await book.check(CALLEE)) == refused(NOON)
    # One that lies in the future forbids as well.
    assert isinstance(await verdict(store, "3", NOON - DAY), Deny)


async def test_who_refuses_and_then_complains_is_in_the_book_for_both(
    store: Store, book: SuppressionDesk, complaints: ComplaintDesk
) -> None:
    placed = await call(store, "1")
    await store.opt_out(placed.call, NOON)
    made = await complaints.open(CALLEE, "They rang again.", "ann", NOON + DAY)
    assert made.evidence == (placed.call,)
    against = await book.check(CALLEE)
    complaint = Suppression(SuppressionKind.COMPLAINT, NOON + DAY)
    assert set(against) == {*refused(NOON), complaint}
    assert strongest(against, NOON + 2 * DAY) == complaint
    shown: list[History] = []
    contact = await claim_one(store, await begin(store, [row(2, CALLEE)], "2"))

    def gate(_order: AttemptOrder, history: History) -> Verdict:
        shown.append(history)
        return Allow()

    await store.authorise(order("2", NOON + 2 * DAY, contact), gate)
    assert [(each.refused_at, each.suppressions) for each in shown] == [(NOON, (complaint,))]


async def test_nobody_lifts_a_refusal(store: Store, book: SuppressionDesk) -> None:
    await store.opt_out((await call(store, "1")).call, NOON)
    with pytest.raises(SuppressionError, match="refused our calls; this is never lifted"):
        await book.remove(CALLEE, "a good reason", "ann", NOON)
    await book.add(CALLEE, "asked at the branch", "ann", NOON)
    await book.remove(CALLEE, "asked to be called after all", "ann", NOON)
    assert list(await book.check(CALLEE)) == refused(NOON)
