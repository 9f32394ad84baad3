"""Every test here runs over the shipped fakes, and the real store on either database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from dialer.store import SqlStore
from dialer.testing import MemoryCampaigns, MemoryComplaints, MemoryRetention, MemoryStore
from tests.support.orders import NOON
from tests.support.retention import Desks, Lab, sql_desks


@pytest_asyncio.fixture
async def lab(sql_store: SqlStore | None, tmp_path: Path) -> AsyncIterator[Lab]:
    if sql_store is not None:
        made = Lab(sql_store, sql_desks(sql_store), tmp_path)
        # What the store notes of its keys is of today.
        await made.desk.saw(NOON)
        yield made
        return
    memory = MemoryStore()
    await memory.open()
    complaints = MemoryComplaints(memory.book, memory.calls_with)
    retention = MemoryRetention(memory, complaints)
    desks = Desks(retention, MemoryCampaigns(memory), complaints, memory.book)
    yield Lab(memory, desks, tmp_path)
    await memory.close()
