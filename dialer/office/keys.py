"""The keys that seal personal data, changed without a stop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dialer.core.office.access import Right
from dialer.office.request import Request
from dialer.vault import ShelvedKey


@dataclass(frozen=True, slots=True)
class MasterChange:
    """The ids of the master key that was, and of the one that is."""

    old: str
    new: str


async def shelf(request: Request) -> Sequence[ShelvedKey]:
    """Every key, by name and generation; what is shown of one is no secret."""
    async with request.store.reading() as desks:
        return await desks.keys.shelf()


async def rotate(request: Request, campaign: str) -> Mapping[str, int]:
    """Seal what a campaign keeps from now on under new keys: their generations by their names."""
    by = await request.acting(Right.MANAGE_KEYS)
    async with request.store.writing() as desks:
        return await desks.keys.rotate(campaign, by.name, request.utc())


async def change_master(request: Request) -> MasterChange:
    """Wrap every key under the master key that is to follow. Raises MasterKeyError."""
    by = await request.acting(Right.MANAGE_KEYS)
    place = request.config.vault.masters(request.config.data_dir)
    async with request.store.writing() as desks:
        return MasterChange(*await desks.keys.change_master(place, by.name, request.utc()))
