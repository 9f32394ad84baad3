"""Every test here runs over the shipped fake, and the real desk of the store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from dialer.ports import AccessDesk
from dialer.store import SqlAccess, SqlStore
from dialer.testing import MemoryAccess


@pytest_asyncio.fixture(params=["memory", "sqlite", "postgres"])
async def access(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AccessDesk]:
    if request.param == "memory":
        yield MemoryAccess()
        return
    if request.param == "sqlite":
        store = SqlStore(tmp_path, "node-1", clerk=True)
    else:
        url = request.getfixturevalue("postgres_url")
        store = request.getfixturevalue("postgres").store(url, "node-1")
    await store.open()
    yield SqlAccess(store.channel)
    await store.close()
