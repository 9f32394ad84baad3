"""Every test here runs over the shipped fakes, and the real desk on either database."""

from __future__ import annotations

import pytest

from dialer.ports.desks import ScriptDesk
from dialer.ports.store import Store
from dialer.store import SqlStore
from dialer.store.scripts import SqlScripts
from dialer.testing import MemoryStore


@pytest.fixture
def desk(store: Store) -> ScriptDesk:
    if isinstance(store, MemoryStore):
        return store.scripts
    assert isinstance(store, SqlStore)
    return SqlScripts(store.channel)
