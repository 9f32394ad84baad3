"""Every test here runs over the shipped fake, and the real desk of the store."""

from __future__ import annotations

import pytest

from dialer.desks import SuppressionDesk
from dialer.testing import MemorySuppressions


@pytest.fixture(params=["memory"])
def book(request: pytest.FixtureRequest) -> SuppressionDesk:
    return MemorySuppressions()
