"""Every test here runs over the shipped fakes, and the real store and desk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest_asyncio

from dialer.ports.desks import CampaignDesk
from dialer.ports.store import Store
from dialer.store import SqlCampaigns, SqlStore
from dialer.testing import MemoryCampaigns, MemoryStore


@dataclass(frozen=True)
class Both:
    """A store, and the desk over it."""

    store: Store
    desk: CampaignDesk


@pytest_asyncio.fixture
async def both(sql_store: SqlStore | None) -> AsyncIterator[Both]:
    if sql_store is not None:
        yield Both(sql_store, SqlCampaigns(sql_store.channel))
        return
    memory = MemoryStore()
    await memory.open()
    yield Both(memory, MemoryCampaigns(memory))
    await memory.close()
