"""Every test here runs over each place that keeps keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from dialer.store.schema import vault_keys
from dialer.store.shelf import SqlShelf
from dialer.testing import MemoryKeys
from dialer.vault import KeyShelf

Transaction = Callable[[], AbstractContextManager[KeyShelf]]
"""A block with a shelf: committed at its end, rolled back where it raises."""


def on_sqlite(folder: Path) -> Transaction:
    engine = create_engine(f"sqlite:///{folder}/keys.sqlite3")
    vault_keys.create(engine)

    @contextmanager
    def transaction() -> Iterator[KeyShelf]:
        with engine.begin() as connection:
            yield SqlShelf(connection)

    return transaction


@pytest.fixture(params=["memory", "sqlite"])
def transaction(request: pytest.FixtureRequest, tmp_path: Path) -> Transaction:
    places: dict[str, Callable[[], Transaction]] = {
        "memory": lambda: MemoryKeys().transaction,
        "sqlite": lambda: on_sqlite(tmp_path),
    }
    return places[request.param]()
