"""The Protocol of the store's desk for the keys that seal personal data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from dialer.vault import MasterPlace, ShelvedKey


class KeyDesk(Protocol):
    """Keys as people look after them, beside nodes that go on working."""

    async def shelf(self) -> Sequence[ShelvedKey]:
        """Every key, wrapped or destroyed, by name and generation."""
        ...

    async def rotate(self, campaign: str, by: str, at: datetime) -> Mapping[str, int]:
        """Give a campaign's keys a new generation each; by their names, which one.

        What was sealed opens as before. Raises VaultError for a campaign without keys.
        """
        ...

    async def change_master(self, place: MasterPlace, by: str, at: datetime) -> tuple[str, str]:
        """Wrap every key under the master key that is to follow; the ids of the old and the new.

        Killed at any point, it is done again and goes on. Raises MasterKeyError, saying what to do.
        """
        ...
