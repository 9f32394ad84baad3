"""Every test here runs over the shipped fake, and the real desk of the store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from dialer.desks import SuppressionDesk
from dialer.store import SqlStore
from dialer.store.suppressions import SqlSuppressions
from dialer.testing import MemorySuppressions


@pytest_asyncio.fixture(params=["memory", "sqlite"])
async def book(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SuppressionDesk]:
    if request.param == "memory":
        yield MemorySuppressions()
        return
    store = SqlStore(tmp_path, "node-1", clerk=True)
    await store.open()
    yield SqlSuppressions(store.channel)
    await store.close()
