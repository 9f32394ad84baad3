"""Every test here runs over the shipped fake, and the real desk of the store."""

from __future__ import annotations

import pytest

from dialer.ports import ScriptDesk
from dialer.testing import MemoryScripts


@pytest.fixture(params=["memory"])
def desk(request: pytest.FixtureRequest) -> ScriptDesk:
    return MemoryScripts()
