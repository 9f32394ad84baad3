"""The store of a configuration, as commands open it: without SIP, media or MQTT, so in no time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dialer.config import Config
from dialer.ports.clock import Clock
from dialer.store import SqlStore
from dialer.store.database import Database
from dialer.store.keyring import StoreKeys
from dialer.store.sqlite import SqliteDatabase
from dialer.store.writer import OnCommit

if TYPE_CHECKING:
    from dialer.core.trunks.routing import Trunk


@dataclass(frozen=True, slots=True)
class Storage:
    """A database and its store, which is not opened yet."""

    database: Database
    store: SqlStore
    is_shared: bool
    """Whether other nodes may work on it beside this one."""

    @asynccontextmanager
    async def trunks_shared(
        self, trunks: Sequence[Trunk], clock: Clock, changed: Callable[[], None]
    ) -> AsyncIterator[None]:
        """The trunks are divided among the nodes on one PostgreSQL; on SQLite there is one node.

        `changed` hears when a trunk may have room that it had not. Raises StoreError.
        """
        if not self.is_shared:
            yield
            return
        # Whoever has SQLite needs neither PostgreSQL's driver nor the time to import it.
        from dialer.store.capacity import SharedCapacity  # noqa: PLC0415
        from dialer.store.postgres import PostgresDatabase  # noqa: PLC0415

        assert isinstance(self.database, PostgresDatabase)  # noqa: S101 -- no other is shared

        async def bury(node: str) -> None:
            await self.store.bury(node, clock.utc())

        loads = {trunk.name: trunk.load for trunk in trunks}
        capacity = SharedCapacity(self.database, loads, bury, changed)
        try:
            await capacity.start()
            yield
        finally:
            await capacity.stop()


def storage(
    config: Config,
    *,
    reader: bool = False,
    clerk: bool = False,
    on_commit: OnCommit | None = None,
) -> Storage:
    """Where a configuration keeps its records; `reader` and `clerk` as for `SqlStore`."""
    database = database_of(config)
    store = SqlStore(
        database,
        config.node,
        reader=reader,
        clerk=clerk,
        keys=keys_of(config),
        on_commit=on_commit,
    )
    return Storage(database, store, is_shared=config.store is not None)


def keys_of(config: Config) -> StoreKeys:
    """Where a configuration keeps the keys of its store."""
    return StoreKeys(
        config.vault.masters(config.data_dir), config.vault.signing_key(config.data_dir)
    )


def database_of(config: Config) -> Database:
    at, password = config.store, config.store_password
    if at is None:
        return SqliteDatabase(config.data_dir)
    from sqlalchemy import URL  # noqa: PLC0415 - as above

    from dialer.store.postgres import PostgresDatabase  # noqa: PLC0415 - as above

    url = URL.create(
        "postgresql",
        username=at.user,
        password=None if password is None else password.get_secret_value(),
        host=at.host,
        port=at.port,
        database=at.database,
        query=dict(at.options),
    )
    return PostgresDatabase(url, config.node)


def open_reader(config: Config) -> SqlStore:
    """The store of a configuration, for reports; not opened yet. Runs beside a dialling process."""
    return storage(config, reader=True).store


@asynccontextmanager
async def reading(config: Config) -> AsyncIterator[SqlStore]:
    """The same, opened. Raises StoreError or VaultError."""
    store = open_reader(config)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def clerk(config: Config) -> AsyncIterator[SqlStore]:
    """The store of a configuration, to write in beside a dialling node: approvals, complaints.

    What is done there is in an audit chain of its own; the node finds it in its next transaction.
    Raises StoreError or VaultError.
    """
    # Who only reads does not wait for what signs.
    from dialer.upkeep.checkpoints import sign_desk  # noqa: PLC0415

    store = storage(config, clerk=True).store
    await store.open()
    try:
        yield store
        key = config.vault.signing_key(config.data_dir)
        await sign_desk(store, config.node, key, datetime.now(UTC))
    finally:
        await store.close()
