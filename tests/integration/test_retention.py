"""Data is destroyed when its term is over, wholly, with a certificate; killed, it goes on."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import Connection, func, select

from dialer.audit import SignedCertificate
from dialer.core.complaints import Move
from dialer.core.inbound_records import InboundEnd, InboundEnding, InboundOrder
from dialer.core.months import months_after
from dialer.core.records import Shown
from dialer.core.retention import Matter
from dialer.core.suppression import Why
from dialer.errors import CampaignConflictError, ComplaintError, RetentionError
from dialer.store import SqlComplaints, SqlStore, SqlSuppressions
from dialer.store.schema import (
    audit_log,
    contacts,
    metadata,
)
from tests.support.orders import CALLER_ID, NOON, contact, number, order, row
from tests.support.retention import ANN, DAY, HOUR, Killed, Lab, MortalDesk
from tests.support.store import begin, claim_one

CONTACTS_DUE = NOON + 29 * DAY


@pytest_asyncio.fixture(params=["sqlite", "postgres"])
async def lab(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Lab]:
    if request.param == "sqlite":
        store = SqlStore(tmp_path / "var", "node-1")
    else:
        url = request.getfixturevalue("postgres_url")
        store = request.getfixturevalue("postgres").store(url, "node-1")
    await store.open()
    made = Lab(store, tmp_path)
    # What the store notes of its keys is of today.
    await made.desk.saw(NOON)
    yield made
    await store.close()


async def count(lab: Lab, table: str) -> int:
    def work(connection: Connection) -> int:
        return connection.scalar(select(func.count()).select_from(metadata.tables[table])) or 0

    return await lab.store.channel.read(work)


async def filled(lab: Lab) -> int:
    """Contacts of which anything is left."""

    def work(connection: Connection) -> int:
        return sum(each is not None for each in connection.scalars(select(contacts.c.person)))

    return await lab.store.channel.read(work)


async def test_contact_data_goes_a_day_before_it_must_and_the_calls_stay(lab: Lab) -> None:
    await lab.campaign()
    await lab.end()
    await lab.at(CONTACTS_DUE - HOUR)
    assert list(await lab.destroyer().run("node-1")) == []
    assert await filled(lab) == 3
    lab.now = CONTACTS_DUE
    (signed,) = await lab.destroyer().run("node-1")
    done = signed.certificate
    assert signed.is_authentic(lab.key.public)
    assert (done.matter, done.subject, done.by) == (Matter.CONTACTS, "cards", "node-1")
    assert done.counts["contacts"] == 3
    assert await filled(lab) == 0
    # Whom no call points at is gone whole.
    assert await count(lab, "contacts") == 2
    assert await count(lab, "calls") == 2
    assert [each.outcome is not None for each in await lab.store.calls()] == [True, True]
    assert list(await lab.destroyer().run("node-1")) == []
    (kept,) = await lab.desk.certificates()
    assert SignedCertificate.from_json(kept) == signed

    def chained(connection: Connection) -> list[str]:
        asked = select(audit_log.c.body).where(audit_log.c.kind == "destroyed")
        return [json.loads(body)["digest"] for body in connection.scalars(asked)]

    assert await lab.store.channel.read(chained) == [done.digest()]


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


async def test_evidence_goes_after_six_months_and_what_protects_the_callee_stays(lab: Lab) -> None:
    await lab.campaign()
    await lab.end()
    await lab.at(CONTACTS_DUE)
    await lab.destroyer().run("node-1")
    (life,) = await lab.desk.lives()
    assert life.last_call_at is not None
    due = months_after(life.last_call_at, 6)
    await lab.at(due - timedelta(seconds=1))
    assert list(await lab.destroyer().run("node-1")) == []
    before = await lab.store.history(order("9", lab.now, contact(9, 1, number(1))))
    lab.now = due
    (signed,) = await lab.destroyer().run("node-1")
    counts = dict(signed.certificate.counts)
    assert (counts["calls"], counts["attempts"], counts["recordings"]) == (2, 2, 2)
    assert sorted(lab.removed) == ["call-cards-1", "call-cards-2"]
    for table in ("calls", "attempts", "contacts"):
        assert await count(lab, table) == 0
    after = await lab.store.history(order("9", lab.now, contact(9, 1, number(1))))
    assert after.refused_at == before.refused_at is not None
    assert after.shown == before.shown == (Shown(CALLER_ID, NOON),)
    assert list(await lab.desk.lives()) == []
    (entry,) = await SqlSuppressions(lab.store.channel).entries()
    assert entry.why is Why.REFUSAL


async def test_evidence_of_a_complaint_is_held_until_it_is_closed(lab: Lab) -> None:
    await lab.campaign()
    await lab.end()
    await lab.at(CONTACTS_DUE)
    await lab.destroyer().run("node-1")
    complaints = SqlComplaints(lab.store.channel)
    made = await complaints.open(number(1), "They rang at night.", "ann", lab.now)
    assert made.evidence == ("call-cards-1",)
    await lab.at(NOON + 300 * DAY)
    assert list(await lab.destroyer().run("node-1")) == []
    term, words = await lab.destroyer().plan()
    assert term.waits_for == "complaints about 1 call that are not closed"
    assert (words.name, words.waits_for) == (made.id, "the complaint's closing")
    await complaints.act(made.id, Move.ANSWER, "Sorry.", "ann", lab.now)
    assert list(await lab.destroyer().run("node-1")) == []
    await complaints.act(made.id, Move.CLOSE, "Settled.", "ann", lab.now)
    assert len(await lab.destroyer().run("node-1")) == 1
    assert await count(lab, "calls") == 0


async def test_the_words_of_a_complaint_go_with_their_key_six_months_after_its_closing(
    lab: Lab,
) -> None:
    complaints = SqlComplaints(lab.store.channel)
    closed, still_open = [
        await complaints.open(number(each), "They rang at night.", "ann", NOON) for each in (1, 2)
    ]
    await complaints.act(closed.id, Move.ANSWER, "Sorry.", "ann", NOON)
    await complaints.act(closed.id, Move.CLOSE, "Settled.", "ann", NOON + DAY)
    due = months_after(NOON + DAY, 6)
    await lab.at(due - timedelta(seconds=1))
    assert list(await lab.destroyer().run("node-1")) == []
    assert (await complaints.file(closed.id)).texts[2] == "Settled."
    lab.now = due
    with pytest.raises(Killed):
        await lab.destroyer(MortalDesk(lab.desk, 9)).run("node-1")
    (signed,) = await lab.destroyer().run("node-1")
    done = signed.certificate
    assert (done.matter, done.subject) == (Matter.COMPLAINT, closed.id)
    assert done.keys == (f"evidence/complaint:{closed.id}",)
    assert dict(done.counts) == {"keys": 1, "texts": 3}
    assert list(await lab.destroyer().run("node-1")) == []
    file = await complaints.file(closed.id)
    assert set(file.texts) == {""}
    assert file.complaint.answered_at == NOON, "that it was answered in time stays on record"
    with pytest.raises(ComplaintError, match="open a new one"):
        await complaints.act(closed.id, Move.REOPEN, "Again.", "ann", lab.now)
    assert (await complaints.file(still_open.id)).texts == ("They rang at night.",)


async def test_records_of_calls_that_came_in_go_by_the_month(lab: Lab) -> None:
    for name, caller, at in (
        ("in-1", number(1), NOON),
        ("in-2", number(2), NOON + 20 * DAY),
        ("in-3", number(3), NOON + 35 * DAY),
    ):
        await lab.store.arrive(
            InboundOrder(name, "node-1", "carrier-a", caller, CALLER_ID, f"{name}@x", at)
        )
        await lab.store.end_inbound(InboundEnd(name, InboundEnding.HUNG_UP, at))
    complaints = SqlComplaints(lab.store.channel)
    made = await complaints.open(number(3), "They rang at night.", "ann", NOON + 36 * DAY)
    assert made.evidence == ("in-3",)
    march = months_after(datetime(2026, 4, 1, tzinfo=UTC), 6)
    await lab.at(march - timedelta(seconds=1))
    assert list(await lab.destroyer().run("node-1")) == []
    lab.now = march
    (signed,) = await lab.destroyer().run("node-1")
    done = signed.certificate
    assert (done.matter, done.subject) == (Matter.INCOMING, "2026-03")
    assert (done.counts["incoming calls"], done.keys) == (2, ("evidence/incoming/2026-03",))
    assert [each.call for each in await lab.store.inbound_calls()] == ["in-3"]
    await lab.at(NOON + 400 * DAY)
    assert list(await lab.destroyer().run("node-1")) == []
    term, _words = await lab.destroyer().plan()
    assert term.waits_for == "complaints about 1 call that are not closed"


async def test_nothing_is_destroyed_while_a_call_is_under_way(lab: Lab) -> None:
    campaign = await lab.campaign(waiting=2)
    held = await claim_one(lab.store, campaign)
    await lab.end()
    await lab.at(CONTACTS_DUE)
    assert list(await lab.destroyer().run("node-1")) == []
    await lab.store.release([held.id])
    assert len(await lab.destroyer().run("node-1")) == 1


async def test_a_clock_set_forward_destroys_nothing(lab: Lab) -> None:
    await lab.campaign()
    await lab.end()
    await lab.desk.saw(NOON)
    lab.now = NOON + 400 * DAY
    with pytest.raises(RetentionError, match="set forward"):
        await lab.destroyer().run("node-1")
    assert await filled(lab) == 3
    lab.now = NOON - HOUR
    with pytest.raises(RetentionError, match="gone back"):
        await lab.destroyer().run("node-1")
    # A node stood still for a month, and a person says what day it is.
    lab.now = NOON + 30 * DAY
    assert len(await lab.destroyer().run("ann", lab.now.date())) == 1
    assert await lab.desk.last_seen() == lab.now


async def test_killed_at_any_point_it_goes_on_where_it_was(tmp_path: Path) -> None:
    lives = 0
    finished = False
    while not finished:
        folder = tmp_path / str(lives)
        folder.mkdir()
        store = SqlStore(folder / "var", "node-1")
        await store.open()
        lab = Lab(store, folder)
        await lab.desk.saw(NOON)
        await lab.campaign()
        await lab.end()
        await lab.at(CONTACTS_DUE)
        try:
            await lab.destroyer(MortalDesk(lab.desk, lives)).run("node-1")  # type: ignore[arg-type]
            finished = True
        except Killed:
            lab.now += HOUR
            await lab.destroyer().run("node-1")
        (text,) = await lab.desk.certificates()
        assert SignedCertificate.from_json(text).certificate.counts["contacts"] == 3
        assert await filled(lab) == 0
        assert list(await lab.desk.under_way()) == []
        await store.close()
        lives += 1
    assert lives > 6


async def test_a_person_is_forgotten_in_every_campaign_and_never_called_again(lab: Lab) -> None:
    await lab.campaign("cards", called=1, waiting=2)
    loans = await begin(lab.store, [row(2, number(2)), row(3, number(7))], "loans")
    signed = await lab.destroyer().forget(number(2), "ann")
    assert signed is not None
    done = signed.certificate
    assert (done.matter, done.counts["contacts"], done.by) == (Matter.PERSON, 2, "ann")
    assert done.subject == lab.store.channel.vault.lookup.number(number(2)).hex()
    (against,) = await SqlSuppressions(lab.store.channel).check(number(2))
    assert against.why is Why.FORGOTTEN
    assert await filled(lab) == 3
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
    assert [each.why for each in gate.suppressions] == [Why.FORGOTTEN]
    await lab.store.release([held.id])
    (signed,) = await lab.destroyer().run("node-1")
    assert (signed.certificate.by, signed.certificate.counts["contacts"]) == ("ann", 1)


async def test_no_file_of_the_database_holds_what_was_destroyed(lab: Lab, tmp_path: Path) -> None:
    rows = [row(line + 1, number(line)) for line in range(1, 400)]
    await begin(lab.store, rows, "cards")
    await lab.end()
    await lab.at(CONTACTS_DUE)
    assert len(await lab.destroyer().run("node-1")) == 1
    for file in sorted((tmp_path / "var").glob("dialer.sqlite3*")):
        assert b"form-" not in file.read_bytes()
        assert b"branch form" not in file.read_bytes()
