"""Contact data goes when its term is over, or at the person's own wish; any doubt keeps it."""

from __future__ import annotations

import pytest

from dialer.audit import SignedCertificate
from dialer.core.office.retention import Matter
from dialer.core.values.suppression import SuppressionKind
from dialer.errors import CampaignConflictError, RetentionError
from tests.support.orders import NOON, number, order, row
from tests.support.retention import ANN, CONTACTS_DUE, DAY, HOUR, Lab
from tests.support.store import begin, claim_one


async def test_a_campaign_all_of_whose_contacts_are_done_has_ended_with_its_last_call(
    lab: Lab,
) -> None:
    await lab.campaign(waiting=0)
    await lab.at(NOON + 5 * DAY)
    assert list(await lab.destroyer().run("node-1")) == []
    (life,) = await lab.desk.lives()
    assert life.ended_at is not None
    assert NOON < life.ended_at < NOON + HOUR
    with pytest.raises(CampaignConflictError, match="a name of its own"):
        await begin(lab.store, [row(2, number(1))], "cards")


async def test_nothing_is_destroyed_while_a_call_is_under_way(lab: Lab) -> None:
    campaign = await lab.campaign(waiting=2)
    held = await claim_one(lab.store, campaign)
    await lab.end()
    await lab.at(CONTACTS_DUE)
    assert list(await lab.destroyer().run("node-1")) == []
    contacts, _evidence = await lab.destroyer().plan()
    assert contacts.waits_for == "the end of 1 call under way"
    await lab.store.release([held.id])
    assert len(await lab.destroyer().run("node-1")) == 1


async def test_a_clock_set_forward_destroys_nothing(lab: Lab) -> None:
    await lab.campaign()
    await lab.end()
    await lab.desk.saw(NOON)
    lab.now = NOON + 400 * DAY
    with pytest.raises(RetentionError, match="set forward"):
        await lab.destroyer().run("node-1")
    assert await lab.filled() == 3
    lab.now = NOON - HOUR
    with pytest.raises(RetentionError, match="gone back"):
        await lab.destroyer().run("node-1")
    # A node stood still for a month, and a person says what day it is.
    lab.now = NOON + 30 * DAY
    assert len(await lab.destroyer().run("ann", lab.now.date())) == 1
    assert await lab.desk.last_seen() == lab.now


async def test_contact_data_goes_a_day_before_it_must_and_the_calls_stay(lab: Lab) -> None:
    await lab.campaign()
    await lab.end()
    await lab.at(CONTACTS_DUE - HOUR)
    assert list(await lab.destroyer().run("node-1")) == []
    assert await lab.filled() == 3
    lab.now = CONTACTS_DUE
    (signed,) = await lab.destroyer().run("node-1")
    done = signed.certificate
    assert signed.is_authentic(lab.key.public)
    assert (done.matter, done.subject, done.by) == (Matter.CONTACTS, "cards", "node-1")
    assert done.counts["contacts"] == 3
    assert await lab.filled() == 0
    # Whom no call points at is gone whole.
    assert len(await lab.campaigns.contacts("cards")) == 2
    assert [each.outcome is not None for each in await lab.store.calls()] == [True, True]
    assert list(await lab.destroyer().run("node-1")) == []
    (kept,) = await lab.desk.certificates()
    assert SignedCertificate.from_json(kept) == signed


async def test_a_person_is_forgotten_in_every_campaign_and_never_called_again(lab: Lab) -> None:
    await lab.campaign("cards", called=1, waiting=2)
    loans = await begin(lab.store, [row(2, number(2)), row(3, number(7))], "loans")
    signed = await lab.destroyer().forget(number(2), "ann")
    assert signed is not None
    done = signed.certificate
    assert (done.matter, done.counts["contacts"], done.by) == (Matter.PERSON, 2, "ann")
    assert len(bytes.fromhex(done.subject)) == 32
    (against,) = await lab.book.check(number(2))
    assert against.why is SuppressionKind.FORGOTTEN
    assert await lab.filled() == 3
    assert (await claim_one(lab.store, loans)).row.number == number(7)
    progress = await lab.store.progress(loans)
    assert (progress.total, progress.done, progress.waiting) == (2, 1, 0)
    # Who was called keeps the record of the call, for as long as the law wants it.
    await lab.destroyer().forget(number(1), "ann")
    assert len(await lab.store.calls("cards")) == 1


async def test_who_is_being_called_is_suppressed_at_once_and_forgotten_later(lab: Lab) -> None:
    campaign = await begin(lab.store, [row(2, number(1))], "cards")
    held = await claim_one(lab.store, campaign)
    assert await lab.destroyer().forget(number(1), ANN.name) is None
    gate = await lab.store.history(order("1", NOON, held))
    assert [each.why for each in gate.suppressions] == [SuppressionKind.FORGOTTEN]
    await lab.store.release([held.id])
    (signed,) = await lab.destroyer().run("node-1")
    assert (signed.certificate.by, signed.certificate.counts["contacts"]) == ("ann", 1)
