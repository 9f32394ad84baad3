"""Campaigns: imported whole or not at all, found again, counted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dialer.core.values.records import ContactRow, Progress
from dialer.errors import CampaignConflictError, InputError
from dialer.ports.store import Store
from dialer.reading.text import refuse
from tests.support.orders import NOON, row
from tests.support.store import begin, claim_one, record, rows


async def test_a_new_campaign_is_fresh_and_waits_whole(store: Store) -> None:
    opened = await store.open_campaign(record(), rows(3))
    assert opened.fresh
    assert await store.progress(opened.id) == Progress(total=3, waiting=3, claimed=0, done=0)


async def test_the_same_campaign_is_found_again_and_its_contacts_are_not_read(
    store: Store,
) -> None:
    first = await begin(store, 3)

    class Unread:
        def __iter__(self) -> Iterator[ContactRow]:
            pytest.fail("the contacts were read again")

    again = await store.open_campaign(record(), Unread())
    assert (again.id, again.fresh) == (first, False)
    assert (await store.progress(first)).total == 3


async def test_the_name_with_another_contacts_file_is_refused(store: Store) -> None:
    campaign = await begin(store, 3)
    with pytest.raises(CampaignConflictError, match="card-renewal"):
        await store.open_campaign(record(contacts="other"), rows(5))
    assert (await store.progress(campaign)).total == 3


async def test_an_import_that_fails_half_way_keeps_nothing(store: Store) -> None:
    def breaking() -> Iterator[ContactRow]:
        yield from rows(1500)
        raise refuse("contacts.csv", "is not what it was", line=1502)

    with pytest.raises(InputError, match="is not what it was"):
        await store.open_campaign(record(), breaking())
    opened = await store.open_campaign(record(), rows(2))
    assert opened.fresh
    assert (await store.progress(opened.id)).total == 2


async def test_a_campaign_without_contacts_is_over_at_once(store: Store) -> None:
    campaign = await begin(store, 0)
    assert await store.progress(campaign) == Progress(total=0, waiting=0, claimed=0, done=0)
    assert await store.claim(campaign, 5, NOON) == []


async def test_contacts_come_back_as_they_were_given(store: Store) -> None:
    given = ContactRow(
        row=7,
        number=row(7).number,
        consent_purpose="card-renewal",
        consent_source="网页 form",
        consent_at=NOON,
        consent_ref='the "first" one',
        timezone="Asia/Shanghai",
        variables={"name": "Zoë 王", "card": "0417", "empty": ""},
    )
    contact = await claim_one(store, await begin(store, [given]))
    assert contact.row == given
    assert dict(contact.row.variables) == given.variables


async def test_two_campaigns_do_not_mix(store: Store) -> None:
    one = await begin(store, 2, "one")
    two = await begin(store, 3, "two")
    taken = await store.claim(two, 10, NOON)
    assert [contact.campaign for contact in taken] == [two] * 3
    assert (await store.progress(one)).waiting == 2
