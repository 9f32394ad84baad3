"""Every test here runs over the shipped fakes, and the real store on either database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from dialer.desks import ComplaintDesk, SuppressionDesk
from dialer.ports import Store
from dialer.store import SqlComplaints, SqlStore, SqlSuppressions
from dialer.testing import MemoryComplaints, MemoryStore


@dataclass(frozen=True)
class Office:
    """A store and its desks."""

    store: Store
    book: SuppressionDesk
    complaints: ComplaintDesk


@pytest_asyncio.fixture(params=["memory", "sqlite", "postgres"])
async def office(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Office]:
    if request.param == "memory":
        kept = MemoryStore()
        await kept.open()
        yield Office(kept, kept.book, MemoryComplaints(kept.book, kept.calls_with))
        await kept.close()
        return
    if request.param == "sqlite":
        store = SqlStore(tmp_path, "node-1")
    else:
        url = request.getfixturevalue("postgres_url")
        store = request.getfixturevalue("postgres").store(url, "node-1")
    await store.open()
    yield Office(store, SqlSuppressions(store.channel), SqlComplaints(store.channel))
    await store.close()
