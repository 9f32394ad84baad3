"""Evidence goes when its term is over, and what protects the callee stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dialer.core.office.complaints import Move
from dialer.core.office.retention import Matter, RetentionTerms
from dialer.core.values.inbound_records import InboundEnd, InboundEnding, InboundOrder
from dialer.core.values.months import months_after
from dialer.core.values.records import Shown
from dialer.core.values.suppression import SuppressionKind
from dialer.errors import ComplaintError
from tests.support.orders import CALLER_ID, NOON, contact, number, order
from tests.support.retention import CONTACTS_DUE, DAY, TERMS, Killed, Lab, MortalDesk


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
    book = await lab.book.entries()
    lab.now = due
    (signed,) = await lab.destroyer().run("node-1")
    counts = dict(signed.certificate.counts)
    assert (counts["calls"], counts["attempts"], counts["recordings"]) == (2, 2, 2)
    assert sorted(lab.removed) == ["call-cards-1", "call-cards-2"]
    assert [*await lab.store.calls(), *await lab.store.attempts()] == []
    assert list(await lab.campaigns.contacts("cards")) == []
    after = await lab.store.history(order("9", lab.now, contact(9, 1, number(1))))
    assert after.refused_at == before.refused_at is not None
    assert after.shown == before.shown == (Shown(CALLER_ID, NOON),)
    assert list(await lab.desk.lives()) == []
    (entry,) = book
    assert (entry.why, entry.since) == (SuppressionKind.REFUSAL, before.refused_at)
    assert list(await lab.book.entries()) == list(book)
    await lab.campaign("loans")
    now = await lab.store.history(order("9", lab.now, contact(9, 1, number(1))))
    assert now.shown == (Shown(CALLER_ID, lab.now),), "the latest counts, kept how it may be"


async def test_evidence_of_a_complaint_is_held_until_it_is_closed(lab: Lab) -> None:
    await lab.campaign()
    await lab.end()
    await lab.at(CONTACTS_DUE)
    await lab.destroyer().run("node-1")
    complaints = lab.complaints
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
    await complaints.act(made.id, Move.REOPEN, "They rang again.", "ann", lab.now)
    assert list(await lab.destroyer().run("node-1")) == []
    await complaints.act(made.id, Move.ANSWER, "Sorry.", "ann", lab.now)
    await complaints.act(made.id, Move.CLOSE, "Settled.", "ann", lab.now)
    assert len(await lab.destroyer().run("node-1")) == 1
    assert list(await lab.store.calls()) == []


async def test_what_changed_since_the_plan_counts_when_a_destruction_begins(lab: Lab) -> None:
    await lab.campaign()
    await lab.end()
    await lab.at(CONTACTS_DUE)
    await lab.destroyer().run("node-1")
    await lab.at(NOON + 300 * DAY)
    (term,) = await lab.destroyer().plan()
    assert term.due is not None
    early = term.due - timedelta(microseconds=1)
    assert await lab.desk.begin(term, TERMS, "node-1", early) is None
    made = await lab.complaints.open(number(1), "They rang at night.", "ann", lab.now)
    assert await lab.desk.begin(term, TERMS, "node-1", lab.now) is None
    assert len(await lab.store.calls()) == 2
    await lab.complaints.act(made.id, Move.ANSWER, "Sorry.", "ann", lab.now)
    await lab.complaints.act(made.id, Move.CLOSE, "Settled.", "ann", lab.now)
    longer = RetentionTerms(evidence=24)
    assert await lab.desk.begin(term, longer, "node-1", lab.now) is None
    begun = await lab.desk.begin(term, TERMS, "node-1", term.due)
    assert begun is not None
    assert (begun.matter, begun.subject) == (Matter.EVIDENCE, "cards")
    assert await lab.desk.begin(term, TERMS, "node-2", lab.now) is None, "it is under way"


async def test_nothing_is_certified_before_it_is_off_the_files(lab: Lab) -> None:
    class Busy(MortalDesk):
        async def scrub(self) -> bool:
            return False

    await lab.campaign()
    await lab.end()
    await lab.at(CONTACTS_DUE)
    assert list(await lab.destroyer(Busy(lab.desk, 99)).run("node-1")) == []  # type: ignore[arg-type]
    assert list(await lab.desk.certificates()) == []
    (begun,) = await lab.desk.under_way()
    (signed,) = await lab.destroyer().run("node-1")
    assert signed.certificate.id == begun.id


async def test_the_words_of_a_complaint_go_with_their_key_six_months_after_its_closing(
    lab: Lab,
) -> None:
    complaints = lab.complaints
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
    assert done.counts["texts"] == 3
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
    complaints = lab.complaints
    made = await complaints.open(number(3), "They rang at night.", "ann", NOON + 36 * DAY)
    assert made.evidence == ("in-3",)
    march = months_after(datetime(2026, 4, 1, tzinfo=UTC), 6)
    await lab.at(march - timedelta(seconds=1))
    assert list(await lab.destroyer().run("node-1")) == []
    lab.now = march
    (signed,) = await lab.destroyer().run("node-1")
    done = signed.certificate
    assert (done.matter, done.subject) == (Matter.INCOMING, "2026-03")
    assert done.counts["incoming calls"] == 2
    assert [each.call for each in await lab.store.inbound_calls()] == ["in-3"]
    await lab.at(NOON + 400 * DAY)
    assert list(await lab.destroyer().run("node-1")) == []
    term, _words = await lab.destroyer().plan()
    assert term.waits_for == "complaints about 1 call that are not closed"
