"""How a campaign's answered calls went: counted as they end, over days, nodes and kills."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from dialer.core.values.attention import Answers
from dialer.core.values.records import AttemptEnd
from dialer.ports.store import Store
from tests.support.orders import NOON, order
from tests.support.store import allow, begin, call_end


async def answers(store: Store, campaign: int, days_on: int = 0) -> Answers | None:
    (contact,) = await store.claim(campaign, 1, NOON)
    at = NOON + timedelta(days=days_on)
    asked = replace(order("asked", at=at, to=contact), counts_abandoned=True)
    history = await store.history(asked)
    await store.release([contact.id])
    return history.answers


async def placed(store: Store, campaign: int, name: str) -> AttemptEnd:
    """A call that lives; how it would have ended well."""
    (contact,) = await store.claim(campaign, 1, NOON)
    asked = order(name, to=contact)
    await store.authorise(asked, allow)
    end = call_end(asked).last
    return replace(end, answered_at=NOON, ended_at=NOON, speech=True)


async def test_nothing_is_counted_unless_it_is_asked_for(store: Store) -> None:
    campaign = await begin(store, 1)
    (contact,) = await store.claim(campaign, 1, NOON)
    assert (await store.history(order(to=contact))).answers is None


async def test_calls_are_counted_as_they_end(store: Store) -> None:
    campaign = await begin(store, 5)
    assert await answers(store, campaign) == Answers(0, 0, 0)
    ends = [await placed(store, campaign, name) for name in ("1", "2", "3", "4")]
    assert await answers(store, campaign) == Answers(0, 0, at_risk=4)
    ends[1] = replace(ends[1], abandoned=True)
    ends[2] = replace(ends[2], speech=False)
    for position, end in enumerate(ends[:3], start=1):
        await store.end_call(replace(call_end(order(str(position))), last=end, contact=position))
    assert await answers(store, campaign) == Answers(live=2, abandoned=1, at_risk=1)


async def test_they_count_for_thirty_days(store: Store) -> None:
    campaign = await begin(store, 2)
    end = replace(await placed(store, campaign, "1"), abandoned=True)
    await store.end_call(replace(call_end(order("1")), last=end, contact=1))
    assert await answers(store, campaign, days_on=30) == Answers(live=1, abandoned=1)
    assert await answers(store, campaign, days_on=31) == Answers()


async def test_campaigns_are_counted_apart(store: Store) -> None:
    first, second = await begin(store, 2), await begin(store, 2, "other")
    await placed(store, first, "1")
    assert await answers(store, second) == Answers()


async def test_what_a_killed_process_left_counts_as_abandoned(store: Store) -> None:
    campaign = await begin(store, 3)
    await placed(store, campaign, "1")
    await placed(store, campaign, "2")
    await store.recover("node-1", NOON)
    assert await answers(store, campaign) == Answers(live=2, abandoned=2, at_risk=0)
