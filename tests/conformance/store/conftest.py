"""Every test here runs over all stores: the shipped fake, and the real one on either database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from dialer.ports import Store
from dialer.store import SqlStore
from dialer.testing import MemoryStore


@pytest_asyncio.fixture
async def store(sql_store: SqlStore | None) -> AsyncIterator[Store]:
    if sql_store is not None:
        yield sql_store
        return
    memory = MemoryStore()
    await memory.open()
    yield memory
    await memory.close()
