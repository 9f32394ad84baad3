"""Every test here runs over the shipped fakes, and the real store with its desks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from dialer.desks import ComplaintDesk, SuppressionDesk
from dialer.ports import Store
from dialer.testing import MemoryComplaints, MemoryStore


@dataclass(frozen=True)
class Office:
    """A store and its desks."""

    store: Store
    book: SuppressionDesk
    complaints: ComplaintDesk


@pytest_asyncio.fixture(params=["memory"])
async def office(request: pytest.FixtureRequest) -> AsyncIterator[Office]:
    store = MemoryStore()
    await store.open()
    yield Office(store, store.book, MemoryComplaints(store.book, store.calls_with))
    await store.close()
