"""Every test here runs over the shipped fakes, and the real desk on either database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from dialer.ports import ScriptDesk, Store
from dialer.store import SqlStore
from dialer.store.scripts import SqlScripts
from dialer.testing import MemoryStore


@pytest_asyncio.fixture(params=["memory", "sqlite", "postgres"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    made: Store
    if request.param == "memory":
        made = MemoryStore()
    elif request.param == "sqlite":
        made = SqlStore(tmp_path, "node-1")
    else:
        url = request.getfixturevalue("postgres_url")
        made = request.getfixturevalue("postgres").store(url, "node-1")
    await made.open()
    yield made
    await made.close()


@pytest.fixture
def desk(store: Store) -> ScriptDesk:
    if isinstance(store, MemoryStore):
        return store.scripts
    assert isinstance(store, SqlStore)
    return SqlScripts(store.channel)
