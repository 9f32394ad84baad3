"""Every test here runs over the shipped fake, and the real desk of the store."""

from __future__ import annotations

import pytest

from dialer.ports.desks import AccessDesk
from dialer.store import SqlAccess, SqlStore
from dialer.testing import MemoryAccess


@pytest.fixture
def access(sql_store: SqlStore | None) -> AccessDesk:
    return MemoryAccess() if sql_store is None else SqlAccess(sql_store.channel)
