"""Every test here runs over the shipped fakes, and the real desk on either database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from dialer.ports import ScriptDesk, Store
from dialer.store import SqlStore
from dialer.store.scripts import SqlScripts
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


@pytest.fixture
def desk(store: Store) -> ScriptDesk:
    if isinstance(store, MemoryStore):
        return store.scripts
    assert isinstance(store, SqlStore)
    return SqlScripts(store.channel)
