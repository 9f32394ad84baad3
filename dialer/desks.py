"""The Protocols of the store's desks for suppression, complaints and the life of data.

Each has its SQL in `dialer.store`, a fake in `dialer.testing` and one suite in `tests/conformance`.
What is refused raises the error that is named and changes nothing; what is done is in the audit
log, in the same transaction, with the number as its keyed hash only.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from dialer.core.complaints import Complaint, ComplaintFigures, Move
from dialer.core.number import E164
from dialer.core.suppression import Suppression, Why


@dataclass(frozen=True, slots=True)
class BookEntry:
    """One line of the book, for reports: whom it is about shows as a keyed hash, in hex."""

    number: str
    why: Why
    since: datetime
    by: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ListImport:
    """One import of somebody else's list. Several of one name are in force together."""

    name: str
    source: str
    digest: str
    """Hex SHA-256 of the file."""
    imported_at: datetime
    by: str
    numbers: int
    until: datetime | None = None
    """From then on it forbids nothing."""


class SuppressionDesk(Protocol):
    """The book of suppressions."""

    async def add(self, number: E164, reason: str, by: str, at: datetime) -> bool:
        """Put a number on our own list; False where it is there. Raises SuppressionError."""
        ...

    async def remove(self, number: E164, reason: str, by: str, at: datetime) -> None:
        """Take a number from our own list, where `core.suppression.lift` allows.

        Raises SuppressionError, also where the number is not on it.
        """
        ...

    async def check(self, number: E164) -> Sequence[Suppression]:
        """Everything that the book has against a number, refusals and what has ended included."""
        ...

    async def entries(self, limit: int | None = None) -> Sequence[BookEntry]:
        """The book without imported lists, the latest first."""
        ...

    async def import_list(
        self, wanted: ListImport, numbers: Collection[E164], *, replace: bool
    ) -> ListImport:
        """Take a list over, whole or not at all: until its last number is in, none counts.

        `replace` ends all earlier imports of its name at that instant. `wanted.numbers` is counted
        anew. Raises SuppressionError.
        """
        ...

    async def lists(self) -> Sequence[ListImport]:
        """The imports in force, by name, the latest first."""
        ...


@dataclass(frozen=True, slots=True)
class ComplaintFile:
    """All that is kept of one complaint. The texts are personal data.

    `number` is the keyed hash in hex; `texts` are what was complained of, and what was said in each
    step, in their order.
    """

    complaint: Complaint
    number: str
    about: str | None
    """The call that it names, by its id."""
    texts: tuple[str, ...]


class ComplaintDesk(Protocol):
    """Complaints, from their opening on."""

    async def open(
        self, number: E164, text: str, by: str, at: datetime, about: str | None = None
    ) -> Complaint:
        """Take a complaint down: the number is suppressed for good in the same transaction.

        Its evidence is every call with that number, in either direction, and the call `about`.
        Raises ComplaintError, also where `about` is no call to that number.
        """
        ...

    async def act(self, id_: str, move: Move, text: str, by: str, at: datetime) -> Complaint:
        """Answer, close or reopen it, as `core.complaints.act` allows. Raises ComplaintError."""
        ...

    async def complaints(self) -> Sequence[Complaint]:
        """All of them, the latest first."""
        ...

    async def file(self, id_: str) -> ComplaintFile:
        """One with its texts. Raises ComplaintError where there is none of that id."""
        ...

    async def figures(self, now: datetime) -> ComplaintFigures:
        """How many wait for what."""
        ...
