"""Every test here runs over the shipped fake, and the real desk on either database."""

from __future__ import annotations

import pytest

from dialer.ports.desks import ConfigurationDesk
from dialer.store import SqlStore
from dialer.store.configurations import SqlConfigurations
from dialer.testing import MemoryConfigurations


@pytest.fixture
def configurations(sql_store: SqlStore | None) -> ConfigurationDesk:
    return MemoryConfigurations() if sql_store is None else SqlConfigurations(sql_store.channel)
