"""Leads: whom to follow up, the best grade first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from dialer.core.calls.grading import Grade
from dialer.core.calls.summary import summary
from dialer.core.calls.transcript import unpacked
from dialer.core.values.records import CallRow
from dialer.office.looking import MASKED, Eyes, View, eyes
from dialer.office.request import Request

WORTH_A_CALL = (Grade.A, Grade.B)
"""The grades that are listed where none is named."""


@dataclass(frozen=True, slots=True)
class Lead:
    """One call that came to something."""

    grade: str
    called_at: datetime
    campaign: str
    number: str | None
    talk: float | None
    """Seconds."""
    intents: tuple[str, ...]
    summary: str | None
    """What the callee said, in two sentences at most; None where words are not shown."""
    call: str


async def leads(
    request: Request,
    campaign: str | None = None,
    grades: Collection[Grade] = WORTH_A_CALL,
    limit: int | None = None,
    view: View = MASKED,
) -> Sequence[Lead]:
    """The best grade first, then the newest. Refusals (`F`) are no leads, and never listed."""
    wanted = {grade.value for grade in grades if grade is not Grade.F}
    seen_by = await eyes(request, view)
    async with request.store.reading() as desks:
        rows = await desks.calls.calls(campaign, limit, grades=wanted) if wanted else ()
    asked = {"campaign": campaign, "grades": "".join(sorted(wanted)), "limit": str(limit or "all")}
    await seen_by.put_on_record(request, "leads", len(rows), asked)
    return [_lead(row, seen_by) for row in rows]


def talk_seconds(row: CallRow) -> float | None:
    """From the answer to the end; None where either is missing."""
    if row.answered_at is None or row.ended_at is None:
        return None
    return (row.ended_at - row.answered_at).total_seconds()


def _lead(row: CallRow, seen_by: Eyes) -> Lead:
    return Lead(
        grade=row.grade,
        called_at=row.started_at,
        campaign=row.campaign,
        number=seen_by.number(row.number),
        talk=talk_seconds(row),
        intents=row.intents,
        summary=summary(unpacked(row.transcript)) if seen_by.in_clear else None,
        call=row.call,
    )
