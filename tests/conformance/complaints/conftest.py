"""Every test here runs over the shipped fakes, and the real store on either database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest_asyncio

from dialer.ports.desks import ComplaintDesk, SuppressionDesk
from dialer.ports.store import Store
from dialer.store import SqlComplaints, SqlStore, SqlSuppressions
from dialer.testing import MemoryComplaints, MemoryStore


@dataclass(frozen=True)
class Office:
    """A store and its desks."""

    store: Store
    book: SuppressionDesk
    complaints: ComplaintDesk


@pytest_asyncio.fixture
async def office(sql_store: SqlStore | None) -> AsyncIterator[Office]:
    if sql_store is not None:
        channel = sql_store.channel
        yield Office(sql_store, SqlSuppressions(channel), SqlComplaints(channel))
        return
    kept = MemoryStore()
    await kept.open()
    yield Office(kept, kept.book, MemoryComplaints(kept.book, kept.calls_with))
    await kept.close()
