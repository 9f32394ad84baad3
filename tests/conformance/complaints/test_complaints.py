"""Complaints are taken down, answered and closed, in memory as in the store."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dialer.core.office.complaints import ANSWER_WITHIN, ComplaintState, ComplaintStep, Move
from dialer.core.values.inbound_records import InboundOrder
from dialer.core.values.suppression import Suppression, SuppressionKind
from dialer.errors import ComplaintError
from tests.conformance.complaints.conftest import Office
from tests.support.orders import CALLER_ID, NOON, number, order, row
from tests.support.store import Watching, begin, call_through, claim_one

HOUR = timedelta(hours=1)
ONE, TWO = number(1), number(2)
TEXT = "They rang at night and would not stop."


async def called(office: Office, *names: str) -> None:
    """Number ONE was called, once in each campaign of these names; number TWO as well."""
    for name in names:
        campaign = await begin(office.store, [row(2, ONE), row(3, TWO)], name)
        for last in (1, 2):
            contact = await claim_one(office.store, campaign)
            await call_through(office.store, contact, f"{name}-{last}")


async def test_a_complaint_suppresses_for_good_at_once(office: Office) -> None:
    await called(office, "spring")
    campaign = await begin(office.store, [row(2, ONE)], "autumn")
    contact = await claim_one(office.store, campaign)
    await office.complaints.open(ONE, TEXT, "ann", NOON)
    assert list(await office.book.check(ONE)) == [Suppression(SuppressionKind.COMPLAINT, NOON)]
    gate = Watching()
    await office.store.authorise(order("late", NOON + HOUR, contact), gate)
    assert gate.shown[0].suppressions == (Suppression(SuppressionKind.COMPLAINT, NOON),)
    assert list(await office.book.check(TWO)) == []


async def test_the_evidence_is_every_call_with_the_number(office: Office) -> None:
    await called(office, "spring", "autumn")
    visit = InboundOrder("in-1", "node-1", "carrier-a", ONE, CALLER_ID, "1@x", NOON + HOUR)
    await office.store.arrive(visit)
    made = await office.complaints.open(ONE, TEXT, "ann", NOON + 2 * HOUR, "call-autumn-1")
    assert set(made.evidence) == {"call-spring-1", "call-autumn-1", "in-1"}
    file = await office.complaints.file(made.id)
    assert file.about == "call-autumn-1"


async def test_a_number_that_was_never_called_may_complain(office: Office) -> None:
    made = await office.complaints.open(TWO, TEXT, "ann", NOON)
    assert made.evidence == ()


async def test_a_complaint_names_a_call_of_its_own_number(office: Office) -> None:
    await called(office, "spring")
    for about in ("call-spring-2", "call-unknown"):
        with pytest.raises(ComplaintError, match="no call with that number"):
            await office.complaints.open(ONE, TEXT, "ann", NOON, about)
    assert list(await office.complaints.complaints()) == []
    assert list(await office.book.check(ONE)) == []


async def test_from_its_opening_to_its_closing(office: Office) -> None:
    made = await office.complaints.open(ONE, TEXT, "ann", NOON)
    assert made.answer_due == NOON + ANSWER_WITHIN
    await office.complaints.act(made.id, Move.ANSWER, "We have said sorry.", "bob", NOON + HOUR)
    done = await office.complaints.act(made.id, Move.CLOSE, "Settled.", "bob", NOON + 2 * HOUR)
    assert done.state is ComplaintState.CLOSED
    file = await office.complaints.file(made.id)
    assert file.complaint == done
    assert file.texts == (TEXT, "We have said sorry.", "Settled.")
    assert done.steps == (
        ComplaintStep(Move.ANSWER, "bob", NOON + HOUR),
        ComplaintStep(Move.CLOSE, "bob", NOON + 2 * HOUR),
    )
    # It is closed, and the number stays in the book.
    assert list(await office.book.check(ONE)) == [Suppression(SuppressionKind.COMPLAINT, NOON)]


async def test_what_cannot_be_done_changes_nothing(office: Office) -> None:
    made = await office.complaints.open(ONE, TEXT, "ann", NOON)
    for move, text, at in (
        (Move.CLOSE, "Settled.", NOON + HOUR),
        (Move.ANSWER, " ", NOON + HOUR),
        (Move.ANSWER, "Sorry.", NOON - HOUR),
        (Move.REOPEN, "Again.", NOON + HOUR),
    ):
        with pytest.raises(ComplaintError):
            await office.complaints.act(made.id, move, text, "bob", at)
    assert (await office.complaints.file(made.id)).complaint == made
    for unknown in (
        office.complaints.file("ffffffff"),
        office.complaints.act("ffffffff", Move.ANSWER, "Sorry.", "bob", NOON),
    ):
        with pytest.raises(ComplaintError, match="no complaint ffffffff"):
            await unknown


async def test_an_empty_complaint_is_none(office: Office) -> None:
    with pytest.raises(ComplaintError, match="written down"):
        await office.complaints.open(ONE, "\n", "ann", NOON)
    assert list(await office.book.check(ONE)) == []


async def test_the_figures_tell_what_waits(office: Office) -> None:
    nothing = await office.complaints.figures(NOON)
    assert (nothing.open, nothing.unanswered, nothing.overdue, nothing.first_due) == (0, 0, 0, None)
    first = await office.complaints.open(ONE, TEXT, "ann", NOON)
    second = await office.complaints.open(TWO, TEXT, "ann", NOON + HOUR)
    assert [each.id for each in await office.complaints.complaints()] == [second.id, first.id]
    late = await office.complaints.figures(NOON + ANSWER_WITHIN + timedelta(seconds=1))
    assert (late.open, late.unanswered, late.overdue) == (2, 2, 1)
    assert late.first_due == NOON + ANSWER_WITHIN
    await office.complaints.act(first.id, Move.ANSWER, "Sorry.", "bob", NOON + HOUR)
    await office.complaints.act(first.id, Move.CLOSE, "Settled.", "bob", NOON + HOUR)
    after = await office.complaints.figures(NOON + HOUR)
    assert (after.open, after.unanswered, after.overdue) == (1, 1, 0)
    assert after.first_due == NOON + HOUR + ANSWER_WITHIN
