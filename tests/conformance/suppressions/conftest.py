"""Every test here runs over the shipped fake, and the real desk of the store on either database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from dialer.desks import SuppressionDesk
from dialer.store import SqlStore, SqlSuppressions
from dialer.testing import MemorySuppressions


@pytest_asyncio.fixture(params=["memory", "sqlite", "postgres"])
async def book(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SuppressionDesk]:
    if request.param == "memory":
        yield MemorySuppressions()
        return
    if request.param == "sqlite":
        store = SqlStore(tmp_path, "node-1", clerk=True)
    else:
        url = request.getfixturevalue("postgres_url")
        store = request.getfixturevalue("postgres").store(url, "node-1")
    await store.open()
    yield SqlSuppressions(store.channel)
    await store.close()
