"""The Protocol of the store's desk for recordings; `dialer.testing` ships a fake."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from dialer.core.office.access import Actor
from dialer.core.values.recordings import RecordingEnd, RecordingRow
from dialer.vault import DataKeys


class RecordingDesk(Protocol):
    """What is recorded, under which keys, and what became of it. `call` is a call's id.

    Each change is in the audit log. Raises StoreError where the database cannot be had.
    """

    async def begin(self, call: str, node: str, at: datetime) -> tuple[str, DataKeys]:
        """A call of this node is recorded from now on: its campaign's name and EVIDENCE keys.

        Raises KeyDestroyedError, and StoreError for a call that is not there.
        """
        ...

    async def decline(self, call: str, at: datetime) -> None:
        """The callee does not want to be recorded; what was, if anything, is being erased."""
        ...

    async def end(self, ended: RecordingEnd) -> None:
        """A recording that was begun is over; a second end changes nothing."""
        ...

    async def left(self, node: str) -> Sequence[RecordingRow]:
        """Those that a killed process of this node did not see to their end."""
        ...

    async def cut(self, call: str, at: datetime) -> None:
        """What a killed process left of a recording is all there is."""
        ...

    async def of_call(self, call: str) -> RecordingRow | None:
        """A call's recording; None where it was never begun."""
        ...

    async def rows(
        self, campaign: str | None = None, limit: int | None = None
    ) -> Sequence[RecordingRow]:
        """Recordings, the newest first."""
        ...

    async def keys(self, campaign: str) -> DataKeys:
        """The keys that open a campaign's recordings. Raises KeyUnknownError, KeyDestroyedError."""
        ...

    async def export(self, call: str, by: Actor, at: datetime, why: str | None = None) -> None:
        """Put on record that somebody takes a recording out; before they get it."""
        ...
