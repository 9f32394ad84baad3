"""Empty databases of both kinds, each with keys for its store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import make_url

from dialer.store import SqlStore
from dialer.store.database import Database
from dialer.store.keyring import StoreKeys
from dialer.store.postgres import PostgresDatabase
from dialer.store.sqlite import SqliteDatabase

KINDS = ("sqlite", "postgres")


@dataclass
class Place:
    """An empty database, and the keys of its store."""

    database: Database
    keys: StoreKeys

    def store(self) -> SqlStore:
        return SqlStore(self.database, "node-1", keys=self.keys)


def place_for(request: pytest.FixtureRequest, folder: Path) -> Iterator[Place]:
    """The place of the kind that a fixture is asked for by its parameter."""
    if request.param == "sqlite":
        yield Place(SqliteDatabase(folder), StoreKeys.beside(folder))
        return
    server = request.getfixturevalue("postgres")
    with server.database(empty=True) as url:
        keys = folder / "keys-of-the-database"
        keys.mkdir()
        yield Place(PostgresDatabase(make_url(url), "node-1"), StoreKeys.beside(keys))
