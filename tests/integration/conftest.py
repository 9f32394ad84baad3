"""An empty database of either kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from dialer.store.keyring import StoreKeys
from dialer.store.postgres import PostgresDatabase
from dialer.store.sqlite import SqliteDatabase
from tests.support.places import Place


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "sqlite":
        yield Place(SqliteDatabase(tmp_path), StoreKeys.beside(tmp_path))
        return
    server = request.getfixturevalue("postgres")
    with server.database(empty=True) as url:
        keys = tmp_path / "keys-of-the-database"
        keys.mkdir()
        yield Place(PostgresDatabase(make_url(url), "node-1"), StoreKeys.beside(keys))
