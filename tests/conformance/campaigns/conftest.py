"""Every test here runs over the shipped fakes, and the real store and desk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from dialer.ports import CampaignDesk, Store
from dialer.store import SqlCampaigns, SqlStore
from dialer.testing import MemoryCampaigns, MemoryStore


@dataclass(frozen=True)
class Both:
    """A store, and the desk over it."""

    store: Store
    desk: CampaignDesk


@pytest_asyncio.fixture(params=["memory", "sqlite", "postgres"])
async def both(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Both]:
    if request.param == "memory":
        memory = MemoryStore()
        made = Both(memory, MemoryCampaigns(memory))
    else:
        if request.param == "sqlite":
            sql = SqlStore(tmp_path, "node-1")
        else:
            url = request.getfixturevalue("postgres_url")
            sql = request.getfixturevalue("postgres").store(url, "node-1")
        made = Both(sql, SqlCampaigns(sql.channel))
    await made.store.open()
    yield made
    await made.store.close()
