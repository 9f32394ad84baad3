"""Every test here runs over both stores: the shipped fake, and the real one on SQLite."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from dialer.ports import Store
from dialer.store import SqlStore
from dialer.testing import MemoryStore


@pytest_asyncio.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    made: Store = MemoryStore() if request.param == "memory" else SqlStore(tmp_path, "node-1")
    await made.open()
    yield made
    await made.close()
