"""Whose turn it is: claimed in file order, given back, put off, done with."""

from __future__ import annotations

from datetime import timedelta

from dialer.core.records import Progress
from dialer.core.verdict import Deny
from dialer.ports import Store
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
    assert await store.progress(campaign) == Progress(total=1, waiting=0, claimed=0, done=1)
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
