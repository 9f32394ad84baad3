"""Complaints: taken down, answered within 24 hours, closed."""

from __future__ import annotations

from collections.abc import Sequence

from dialer.core.office.access import Right
from dialer.core.office.complaints import Complaint, Move
from dialer.core.office.looks import Look
from dialer.core.values.number import E164
from dialer.core.values.statements import Act, Signed, Statement, digest_of
from dialer.errors import ComplaintError
from dialer.office.request import Request
from dialer.office.signing import checked, stated
from dialer.ports.desks import ComplaintFile


async def open_(request: Request, number: E164, text: str, about: str | None = None) -> Complaint:
    """Take a complaint down: the number is never called again. Raises ComplaintError."""
    by = await request.acting(Right.ANSWER_COMPLAINTS)
    async with request.store.writing() as desks:
        return await desks.complaints.open(number, text, by.name, request.utc(), about)


async def to_close(request: Request, id_: str, text: str) -> Statement:
    """What one signs to close one. Raises ComplaintError where there is none of that id."""
    by = await request.acting(Right.ANSWER_COMPLAINTS)
    async with request.store.reading() as desks:
        if all(each.id != id_ for each in await desks.complaints.complaints()):
            raise ComplaintError(f"there is no complaint {id_}")
    return _closing(request, id_, text, by.name)


async def move(
    request: Request, id_: str, step: Move, text: str, signed: Signed | None = None
) -> Complaint:
    """Answer, close or reopen one; to close takes one's signature over `to_close`.

    Raises ComplaintError, SignatureError.
    """
    by = await request.acting(Right.ANSWER_COMPLAINTS)
    async with request.store.writing() as desks:
        signature = None
        if step is Move.CLOSE:
            signature = await checked(request, desks, _closing(request, id_, text, by.name), signed)
        return await desks.complaints.act(id_, step, text, by.name, request.utc(), signature)


def _closing(request: Request, id_: str, text: str, by: str) -> Statement:
    """The words are personal data: what is signed has their digest."""
    return stated(request, Act.CLOSE_COMPLAINT, by, complaint=id_, text=digest_of(text))


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
