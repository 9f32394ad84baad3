"""The Protocol of an anchor: a place outside that remembers where the audit log was."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from dialer.audit import SignedCheckpoint


class Anchor(Protocol):
    """It keeps the last checkpoint of each chain, out of reach of whoever writes the database."""

    @property
    def name(self) -> str:
        """`file`, `mqtt` or `witness`: as records and errors call it."""
        ...

    async def remembered(self, chains: Collection[str]) -> Mapping[str, SignedCheckpoint]:
        """What it holds of these chains. Raises AnchorError where it cannot be asked."""
        ...

    async def keep(self, signed: SignedCheckpoint) -> None:
        """From now on it remembers this one. Raises AnchorError where it does not."""
        ...
