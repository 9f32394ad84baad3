"""The three places over which a port's tests run: the shipped fake, and either database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from dialer.ports.store import Store
from dialer.store import SqlStore
from dialer.testing import MemoryStore


@pytest_asyncio.fixture(params=["memory", "sqlite", "postgres"])
async def sql_store(
    request: pytest.FixtureRequest, new_store: Path
) -> AsyncIterator[SqlStore | None]:
    """A store that is open on one of the databases; None where the fake's turn is."""
    if request.param == "memory":
        yield None
        return
    if request.param == "sqlite":
        store = SqlStore(new_store, "node-1")
    else:
        url = request.getfixturevalue("postgres_url")
        store = request.getfixturevalue("postgres").store(url, "node-1")
    await store.open()
    yield store
    await store.close()


@pytest_asyncio.fixture
async def store(sql_store: SqlStore | None) -> AsyncIterator[Store]:
    """A whole store that is open: the fake, or on one of the databases."""
    if sql_store is not None:
        yield sql_store
        return
    memory = MemoryStore()
    await memory.open()
    yield memory
    await memory.close()
