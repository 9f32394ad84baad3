"""Where campaigns and contacts stand, and a campaign's end, in memory as in the store."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dialer.core.gate.campaign_end import CAMPAIGN_ENDED, campaign_ended
from dialer.core.gate.compliance import Gate
from dialer.core.office.access import Actor, Role
from dialer.core.values.campaign_standing import CampaignState, ContactState
from dialer.core.values.outcome import Reason
from dialer.core.values.verdict import Deny
from dialer.errors import CampaignConflictError, CampaignUnknownError
from tests.conformance.campaigns.conftest import Both
from tests.support.orders import NOON, number, order
from tests.support.store import (
    LATER,
    Denying,
    allow,
    begin,
    call_end,
    call_through,
    claim_one,
    record,
    rows,
)

WU = Actor("wu", frozenset({Role.OPERATOR}))
HOUR = timedelta(hours=1)


async def deny(both: Both, campaign: int, gate: Denying) -> None:
    contact = await claim_one(both.store, campaign)
    await both.store.authorise(order(str(contact.id), NOON, contact), gate)


async def test_a_campaign_stands_where_its_contacts_stand(both: Both) -> None:
    campaign = await begin(both.store, 7)
    await deny(both, campaign, Denying(LATER + HOUR))
    await deny(both, campaign, Denying(LATER))
    await deny(both, campaign, Denying(LATER + HOUR, "calling_hours"))
    await deny(both, campaign, Denying(None, "consent"))
    await call_through(both.store, await claim_one(both.store, campaign), "5", Reason.BUSY)
    await claim_one(both.store, campaign)
    (found,) = await both.desk.campaigns()
    assert (found.name, found.purpose, found.ended_at) == ("card-renewal", "card-renewal", None)
    assert found.progress.waiting_later == {"per_number": 2, "calling_hours": 1}
    assert found.first_due == {"per_number": LATER, "calling_hours": LATER + HOUR}
    assert found.progress.refused == {"consent": 1}
    assert found.progress.outcomes == {"callee.busy": 1}
    assert (found.progress.total, found.progress.done, found.progress.claimed) == (7, 2, 1)
    assert found.state(NOON) is CampaignState.IN_HAND


async def test_a_campaign_goes_from_due_to_done(both: Both) -> None:
    campaign = await begin(both.store, 1)

    async def state() -> CampaignState:
        (found,) = await both.desk.campaigns("card-renewal")
        return found.state(NOON)

    assert await state() is CampaignState.DUE
    await deny(both, campaign, Denying(LATER))
    assert await state() is CampaignState.WAITING
    # The time has come, for somebody else's clock: it may be called.
    (contact,) = await both.store.claim(campaign, 1, LATER)
    await both.store.release([contact.id])
    assert await state() is CampaignState.DUE
    await call_through(both.store, await claim_one(both.store, campaign), "1")
    assert await state() is CampaignState.DONE


async def test_campaigns_are_listed_oldest_first_and_found_by_name(both: Both) -> None:
    await begin(both.store, 1, "b")
    await begin(both.store, 1, "a")
    assert [each.name for each in await both.desk.campaigns()] == ["b", "a"]
    assert [each.name for each in await both.desk.campaigns("a")] == ["a"]
    assert list(await both.desk.campaigns("c")) == []


async def test_contacts_come_in_file_order_page_by_page(both: Both) -> None:
    campaign = await begin(both.store, 5)
    await deny(both, campaign, Denying(LATER))
    await deny(both, campaign, Denying(None, "consent"))
    await claim_one(both.store, campaign)
    first = await both.desk.contacts("card-renewal", limit=2)
    assert [(each.row, each.number, each.state) for each in first] == [
        (2, number(2), ContactState.WAITING),
        (3, number(3), ContactState.DONE),
    ]
    assert [(each.rule, each.due) for each in first] == [("per_number", LATER), ("consent", None)]
    rest = await both.desk.contacts("card-renewal", after=first[-1].id)
    assert [(each.row, each.state) for each in rest] == [
        (4, ContactState.CLAIMED),
        (5, ContactState.WAITING),
        (6, ContactState.WAITING),
    ]
    assert list(await both.desk.contacts("card-renewal", after=rest[-1].id)) == []


async def test_a_campaign_that_is_not_there_is_said_not_to_be(both: Both) -> None:
    for asked in (both.desk.contacts("card-renewal"), both.desk.end("card-renewal", WU, NOON)):
        with pytest.raises(CampaignUnknownError, match="no campaign named card-renewal"):
            await asked


async def test_a_campaign_that_was_ended_calls_nobody(both: Both) -> None:
    campaign = await begin(both.store, 3)
    claimed = await claim_one(both.store, campaign)
    ended = await both.desk.end("card-renewal", WU, NOON)
    assert (ended.ended_at, ended.ended_by) == (NOON, "wu")
    assert ended.state(NOON) is CampaignState.ENDED
    assert list(await both.store.claim(campaign, 10, NOON + HOUR)) == []
    gate = Gate([campaign_ended()])
    said = await both.store.authorise(order("1", NOON, claimed), gate.decide)
    assert said == Deny(CAMPAIGN_ENDED, "the campaign was ended on 2026-03-02")
    (found,) = await both.desk.campaigns()
    assert found.progress.refused == {CAMPAIGN_ENDED: 1}
    with pytest.raises(CampaignConflictError, match="was ended"):
        await both.store.open_campaign(record(), rows(3))


async def test_a_campaign_ends_once_and_its_live_calls_by_themselves(both: Both) -> None:
    campaign = await begin(both.store, 2)
    contact = await claim_one(both.store, campaign)
    live = order("1", NOON, contact)
    await both.store.authorise(live, allow)
    await both.desk.end("card-renewal", WU, NOON)
    again = await both.desk.end("card-renewal", Actor("li", WU.roles), NOON + HOUR)
    assert (again.ended_at, again.ended_by) == (NOON, "wu")
    await both.store.end_call(call_end(live))
    (found,) = await both.desk.campaigns()
    assert found.progress.outcomes == {"dialer.completed": 1}
