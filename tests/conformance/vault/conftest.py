"""Every test here runs over each place that keeps keys. The store's own joins as a parameter."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from dialer.testing import MemoryKeys
from dialer.vault import KeyShelf

Transaction = Callable[[], AbstractContextManager[KeyShelf]]
"""A block with a shelf: committed at its end, rolled back where it raises."""


@pytest.fixture(params=["memory"])
def transaction(request: pytest.FixtureRequest) -> Transaction:
    places: dict[str, Callable[[], Transaction]] = {"memory": lambda: MemoryKeys().transaction}
    return places[request.param]()
