"""Every test here runs over the shipped fake, and the real desk of the store on either database."""

from __future__ import annotations

import pytest

from dialer.ports.desks import SuppressionDesk
from dialer.store import SqlStore, SqlSuppressions
from dialer.testing import MemorySuppressions


@pytest.fixture
def book(sql_store: SqlStore | None) -> SuppressionDesk:
    return MemorySuppressions() if sql_store is None else SqlSuppressions(sql_store.channel)
