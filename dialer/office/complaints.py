"""Complaints: taken down, answered within 24 hours, closed."""

from __future__ import annotations

from collections.abc import Sequence

from dialer.core.office.access import Right
from dialer.core.office.complaints import Complaint, Move
from dialer.core.office.looks import Look
from dialer.core.values.number import E164
from dialer.office.request import Request
from dialer.ports.desks import ComplaintFile


async def open_(request: Request, number: E164, text: str, about: str | None = None) -> Complaint:
    """Take a complaint down: the number is never called again. Raises ComplaintError."""
    by = await request.acting(Right.ANSWER_COMPLAINTS)
    async with request.store.writing() as desks:
        return await desks.complaints.open(number, text, by.name, request.utc(), about)


async def move(request: Request, id_: str, step: Move, text: str) -> Complaint:
    """Answer, close or reopen one. Raises ComplaintError."""
    by = await request.acting(Right.ANSWER_COMPLAINTS)
    async with request.store.writing() as desks:
        return await desks.complaints.act(id_, step, text, by.name, request.utc())


async def complaints(request: Request, *, closed: bool = False) -> Sequence[Complaint]:
    """Those that are not closed, or all, the latest first: without a number and without words."""
    found = await request.rows(lambda desks: desks.complaints.complaints())
    return [each for each in found if closed or each.holds_evidence]


async def file(request: Request, id_: str) -> ComplaintFile:
    """One with what was said, once it is on record who looks at it. Raises ComplaintError."""
    by = await request.acting(Right.ANSWER_COMPLAINTS)
    async with request.store.writing() as desks:
        await desks.access.looked(Look(by.name, request.utc(), f"complaint {id_}", 1))
        return await desks.complaints.file(id_)
