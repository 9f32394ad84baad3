"""Every test here runs over the shipped fake, and the real desk of the store on either database."""

from __future__ import annotations

import pytest

from dialer.ports.desks import ComplaintDesk, SuppressionDesk
from dialer.ports.store import Store
from dialer.store import SqlComplaints, SqlStore, SqlSuppressions
from dialer.testing import MemoryComplaints, MemoryStore


@pytest.fixture
def book(store: Store) -> SuppressionDesk:
    if isinstance(store, MemoryStore):
        return store.book
    assert isinstance(store, SqlStore)
    return SqlSuppressions(store.channel)


@pytest.fixture
def complaints(store: Store) -> ComplaintDesk:
    if isinstance(store, MemoryStore):
        return MemoryComplaints(store.book, store.calls_with)
    assert isinstance(store, SqlStore)
    return SqlComplaints(store.channel)
