"""Empty databases of either kind, and what an older version makes of one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from dialer.store import SqlStore, migrations
from dialer.store.database import Database
from dialer.store.following import Afterwards
from dialer.store.keyring import Keyring, StoreKeys


@dataclass
class Place:
    """An empty database, and the keys of its store."""

    database: Database
    keys: StoreKeys

    def store(self, *, clerk: bool = False) -> SqlStore:
        return SqlStore(self.database, "node-1", clerk=clerk, keys=self.keys)

    def by_hand(self, *statements: str) -> None:
        """What somebody does who has the database, and no use for the program."""
        engine = self.database.upgrader()
        with engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))
        engine.dispose()


@contextmanager
def at_schema(place: Place, version: int) -> Iterator[tuple[Connection, Keyring]]:
    """The database as an older version makes it."""
    keys = Keyring(place.keys.masters, Afterwards())
    keys.read()
    engine = place.database.upgrader()
    with engine.begin() as connection:
        config = Config(attributes={"connection": connection, "keys": keys})
        config.set_main_option("script_location", str(Path(migrations.__file__).parent))
        config.set_main_option("path_separator", "os")
        command.upgrade(config, f"{version:04}")
        keys.open(connection)
        yield connection, keys
    engine.dispose()
    keys.close()
