"""Every test here runs over the shipped fake, and the real desk of the store."""

from __future__ import annotations

import pytest

from dialer.ports import AccessDesk
from dialer.testing import MemoryAccess


@pytest.fixture(params=["memory"])
def access(request: pytest.FixtureRequest) -> AccessDesk:
    return MemoryAccess()
