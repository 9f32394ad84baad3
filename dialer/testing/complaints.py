"""Complaints in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from dialer.core.office.complaints import (
    Complaint,
    ComplaintFigures,
    ComplaintStep,
    Move,
    act,
    figures,
    opened,
)
from dialer.core.values.number import E164
from dialer.core.values.refused import Refused
from dialer.core.values.statements import Signature
from dialer.core.values.suppression import SuppressionKind
from dialer.errors import ComplaintError
from dialer.ports.desks import ComplaintFile
from dialer.testing.hashes import hash_of
from dialer.testing.suppressions import MemorySuppressions


class MemoryComplaints:
    """A ComplaintDesk that is gone with the process.

    `book` is the book that it suppresses in, `calls_with` gives the ids of all calls with a number.
    """

    def __init__(
        self, book: MemorySuppressions, calls_with: Callable[[E164], Sequence[str]]
    ) -> None:
        self._book = book
        self._calls_with = calls_with
        self._files: dict[str, ComplaintFile] = {}

    async def open(
        self, number: E164, text: str, by: str, at: datetime, about: str | None = None
    ) -> Complaint:
        calls = self._calls_with(number)
        if about is not None and about not in calls:
            raise ComplaintError(f"call {about} is no call with that number")
        made = opened(f"{len(self._files) + 1:08x}", by, at, calls, text)
        if isinstance(made, Refused):
            raise ComplaintError(made.why)
        self._files[made.id] = ComplaintFile(made, hash_of(number), about, (text,))
        self._book.enter(number, SuppressionKind.COMPLAINT, at, by)
        return made

    async def act(
        self,
        id_: str,
        move: Move,
        text: str,
        by: str,
        at: datetime,
        signature: Signature | None = None,
    ) -> Complaint:
        file = await self.file(id_)
        if not any(file.texts):
            raise ComplaintError(f"the words of complaint {id_} were destroyed: open a new one")
        signed = None if signature is None else signature.digest
        done = act(file.complaint, ComplaintStep(move, by, at, signed), text)
        if isinstance(done, Refused):
            raise ComplaintError(done.why)
        self._files[id_] = replace(file, complaint=done, texts=(*file.texts, text))
        return done

    async def complaints(self) -> Sequence[Complaint]:
        return [file.complaint for file in self._files.values()][::-1]

    async def file(self, id_: str) -> ComplaintFile:
        found = self._files.get(id_)
        if found is None:
            raise ComplaintError(f"there is no complaint {id_}")
        return found

    async def figures(self, now: datetime) -> ComplaintFigures:
        return figures((file.complaint for file in self._files.values()), now)

    # ----------------------------------------------------------------- for the other fakes

    def unforgotten(self) -> dict[str, datetime | None]:
        """The complaints whose words are left, and when each was closed, if it was."""
        return {
            id_: None if file.complaint.holds_evidence else file.complaint.steps[-1].when
            for id_, file in self._files.items()
            if any(file.texts)
        }

    def held_calls(self) -> frozenset[str]:
        """The calls that are evidence of a complaint which is not closed."""
        complaints = (file.complaint for file in self._files.values())
        holding = (each.evidence for each in complaints if each.holds_evidence)
        return frozenset(call for evidence in holding for call in evidence)

    def forget(self, id_: str) -> int:
        """Destroy the words of a complaint; how many texts there were."""
        file = self._files[id_]
        self._files[id_] = replace(file, texts=("",) * len(file.texts))
        return len(file.texts)
