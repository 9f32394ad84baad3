"""Whose turn it is: claimed in file order, given back, put off, done with."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from dialer.core.values.outcome import Reason
from dialer.core.values.records import Contact, Progress
from dialer.core.values.retry import ASKED_LATER, CARRIER_FAULT, COMMIT_LATE
from dialer.core.values.verdict import Allow, Deny
from dialer.ports.store import Store
from tests.support.orders import NOON, order
from tests.support.store import LATER, Denying, allow, begin, call_end, claim_one, rows


async def test_contacts_are_claimed_in_file_order_and_only_once(store: Store) -> None:
    campaign = await begin(store, list(reversed(rows(5))))
    first = await store.claim(campaign, 2, NOON)
    rest = await store.claim(campaign, 10, NOON)
    assert [contact.row.row for contact in (*first, *rest)] == [2, 3, 4, 5, 6]
    assert await store.claim(campaign, 10, NOON) == []
    assert await store.progress(campaign) == Progress(total=5, waiting=0, claimed=5, done=0)


async def test_a_claim_of_nothing_takes_nothing(store: Store) -> None:
    campaign = await begin(store)
    assert list(await store.claim(campaign, 0, NOON)) == []
    assert (await store.progress(campaign)).waiting == 3


async def test_what_is_given_back_is_first_again(store: Store) -> None:
    campaign = await begin(store, 3)
    taken = await store.claim(campaign, 2, NOON)
    await store.release([taken[0].id])
    assert (await claim_one(store, campaign)).id == taken[0].id
    assert (await store.progress(campaign)).claimed == 2


async def test_a_contact_in_a_call_cannot_be_given_back(store: Store) -> None:
    campaign = await begin(store, 1)
    contact = await claim_one(store, campaign)
    await store.authorise(order(to=contact), allow)
    await store.release([contact.id])
    assert (await store.progress(campaign)).claimed == 1
    assert await store.claim(campaign, 1, NOON) == []


async def test_a_denied_contact_waits_until_the_rule_allows_it(store: Store) -> None:
    campaign = await begin(store, 2)
    contact = await claim_one(store, campaign)
    verdict = await store.authorise(order(to=contact), Denying(LATER))
    assert verdict == Deny("per_number", "as told", LATER)
    progress = await store.progress(campaign)
    assert (progress.waiting, progress.claimed) == (1, 0)
    assert dict(progress.waiting_later) == {"per_number": 1}
    too_early = await store.claim(campaign, 5, LATER - timedelta(microseconds=1))
    assert contact.id not in [each.id for each in too_early]
    assert (await claim_one(store, campaign, LATER)).id == contact.id
    assert dict((await store.progress(campaign)).waiting_later) == {}


async def test_whose_time_has_come_takes_its_old_place(store: Store) -> None:
    campaign = await begin(store, 4)
    first, second = await store.claim(campaign, 2, NOON)
    await store.authorise(order("a", to=second), Denying(LATER))
    await store.authorise(order("b", to=first), Denying(LATER + timedelta(hours=1), "other"))
    assert (await claim_one(store, campaign, LATER)).id == second.id
    waiting = await store.progress(campaign)
    assert dict(waiting.waiting_later) == {"other": 1}
    taken = await store.claim(campaign, 5, LATER + timedelta(hours=1))
    assert [contact.row.row for contact in taken] == [2, 4, 5]


async def test_one_who_never_may_be_called_is_done_with(store: Store) -> None:
    campaign = await begin(store, 1)
    contact = await claim_one(store, campaign)
    await store.authorise(order(to=contact), Denying(None, "refusal_rest"))
    assert await store.progress(campaign) == Progress(
        total=1, waiting=0, claimed=0, done=1, refused={"refusal_rest": 1}
    )
    assert await store.claim(campaign, 1, NOON + timedelta(days=400)) == []


async def test_a_later_attempt_denied_leaves_the_contact_to_its_call(store: Store) -> None:
    campaign = await begin(store, 1)
    contact = await claim_one(store, campaign)
    first = order(to=contact)
    await store.authorise(first, allow)
    await store.end_attempt(call_end(first).last)
    await store.authorise(order(to=contact, number_in_call=2), Denying(LATER))
    assert (await store.progress(campaign)).claimed == 1
    await store.end_call(call_end(first))
    assert (await store.progress(campaign)).done == 1


async def put_back(
    store: Store, campaign: int, name: str = "1", why: Reason = Reason.CONGESTION
) -> Contact:
    """One call that came to nothing; its contact is due again at LATER."""
    contact = await claim_one(store, campaign)
    placed = order(name, to=contact)
    await store.authorise(placed, allow)
    await store.end_call(replace(call_end(placed, why), again_at=LATER))
    return contact


async def test_who_asked_for_another_time_waits_as_by_a_rule_and_is_no_carriers_fault(
    store: Store,
) -> None:
    campaign = await begin(store, 1)
    contact = await put_back(store, campaign, why=Reason.COMPLETED)
    progress = await store.progress(campaign)
    assert (dict(progress.waiting_later), progress.again_at) == ({ASKED_LATER: 1}, {})
    assert (progress.waiting, progress.done) == (0, 0)
    (again,) = await store.claim(campaign, 5, LATER)
    assert (again.id, again.faults, again.late_commits) == (contact.id, 0, 0)
    assert again.waited_for == ASKED_LATER
    await store.authorise(order("again", LATER, again), allow)
    await store.end_call(call_end(order("again", LATER, again)))
    assert (await store.progress(campaign)).done == 1


async def test_who_met_the_carriers_fault_waits_until_due_and_knows_how_often(store: Store) -> None:
    campaign = await begin(store, 2)
    contact = await put_back(store, campaign)
    assert await store.progress(campaign) == Progress(
        total=2,
        waiting=1,
        claimed=0,
        done=0,
        waiting_later={CARRIER_FAULT: 1},
        outcomes={"carrier.congestion": 1},
        again_at={CARRIER_FAULT: LATER},
    )
    first, again = await store.claim(campaign, 5, LATER)
    assert (first.id, first.faults, again.faults) == (contact.id, 1, 0)
    assert (first.waited_for, again.waited_for) == (CARRIER_FAULT, None)
    assert dict((await store.progress(campaign)).waiting_later) == {}
    placed = order("again", LATER, first)
    await store.authorise(placed, allow)
    assert (await store.progress(campaign)).claimed == 2
    await store.end_call(call_end(placed))
    progress = await store.progress(campaign)
    assert (progress.done, progress.claimed, progress.again_at) == (1, 1, {})
    assert dict(progress.outcomes) == {"carrier.congestion": 1, "dialer.completed": 1}
    assert len(await store.calls()) == 2


async def test_what_our_own_database_was_too_slow_for_is_no_carriers_fault(store: Store) -> None:
    campaign = await begin(store, 2)
    contact = await put_back(store, campaign, why=Reason.COMMIT_LATE)
    await put_back(store, campaign, "2")
    progress = await store.progress(campaign)
    assert (progress.waiting_later, progress.outcomes) == (
        {COMMIT_LATE: 1, CARRIER_FAULT: 1},
        {"dialer.commit_late": 1, "carrier.congestion": 1},
    )
    assert progress.again_at == {COMMIT_LATE: LATER, CARRIER_FAULT: LATER}
    assert (progress.done, progress.claimed) == (0, 0)
    late, faulted = await store.claim(campaign, 5, LATER)
    assert (late.id, late.faults, late.late_commits) == (contact.id, 0, 1)
    assert (faulted.faults, faulted.late_commits) == (1, 0)
    assert late.waited_for == COMMIT_LATE
    assert dict((await store.progress(campaign)).waiting_later) == {}


async def test_who_answers_late_is_reached_though_the_last_commit_was_late(store: Store) -> None:
    campaign = await begin(store, 1)
    contact = await put_back(store, campaign, why=Reason.COMMIT_LATE)
    await store.reached(contact.id)
    await store.reached(contact.id)
    progress = await store.progress(campaign)
    assert (progress.done, progress.claimed, progress.waiting_later) == (1, 0, {})


async def test_who_waits_after_a_fault_still_waits_after_a_kill(store: Store) -> None:
    campaign = await begin(store, 1)
    await put_back(store, campaign)
    assert await store.recover("node-1", NOON) == 0
    progress = await store.progress(campaign)
    assert (progress.waiting_later, progress.again_at) == (
        {CARRIER_FAULT: 1},
        {CARRIER_FAULT: LATER},
    )


async def test_who_was_reached_after_all_waits_no_more(store: Store) -> None:
    campaign = await begin(store, 2)
    contact = await put_back(store, campaign)
    await store.reached(contact.id)
    await store.reached(contact.id)
    other = await claim_one(store, campaign)
    await store.reached(other.id)
    progress = await store.progress(campaign)
    assert (progress.done, progress.claimed, progress.waiting_later) == (1, 1, {})
    assert await store.claim(campaign, 5, LATER) == []


async def test_who_is_held_keeps_its_turn_and_nothing_is_written(store: Store) -> None:
    campaign = await begin(store, 1)
    contact = await claim_one(store, campaign)
    held = Deny("clock_sane", "the clock was set back", NOON, again=True, held=True)
    assert await store.authorise(order(to=contact), lambda _order, _history: held) == held
    progress = await store.progress(campaign)
    assert (progress.claimed, dict(progress.waiting_later)) == (1, {})
    assert await store.authorise(order(to=contact), allow) == Allow()


async def test_the_gate_is_shown_the_newest_attempt_of_all(store: Store) -> None:
    campaign = await begin(store, 2)
    first, second = await store.claim(campaign, 2, NOON)
    assert (await store.history(order(to=first))).newest is None
    await store.authorise(order("1", at=NOON, to=first), allow)
    await store.authorise(order("2", at=LATER, to=second), allow)
    assert (await store.history(order("3", to=first))).newest == LATER


async def test_when_the_first_of_those_is_due_who_are_called_again(store: Store) -> None:
    campaign = await begin(store, 2)
    for name, again_at in (("1", LATER + timedelta(hours=1)), ("2", LATER)):
        placed = order(name, to=await claim_one(store, campaign))
        await store.authorise(placed, allow)
        await store.end_call(replace(call_end(placed, Reason.CONGESTION), again_at=again_at))
    progress = await store.progress(campaign)
    assert (dict(progress.again_at), dict(progress.waiting_later)) == (
        {CARRIER_FAULT: LATER},
        {CARRIER_FAULT: 2},
    )


async def test_who_was_put_off_and_given_back_is_counted_once(store: Store) -> None:
    campaign = await begin(store, 2)
    contact = await claim_one(store, campaign)
    await store.authorise(order(to=contact), Denying(LATER))
    for turn in range(3):
        (again,) = await store.claim(campaign, 1, LATER)
        assert again.id == contact.id
        assert (again.waited_for is None) is (turn > 0)
        await store.release([again.id])
        progress = await store.progress(campaign)
        assert (progress.waiting, progress.claimed, dict(progress.waiting_later)) == (2, 0, {})
