"""The store of a configuration, as commands open it: without SIP, media or MQTT, so in no time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from dialer.audited import sign_desk
from dialer.config import Config
from dialer.ports import ScriptDesk
from dialer.storage import storage
from dialer.store import SqlStore
from dialer.store.scripts import SqlScripts


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
    store = storage(config, clerk=True).store
    await store.open()
    try:
        yield store
        key = config.vault.signing_key(config.data_dir)
        await sign_desk(store, config.node, key, datetime.now(UTC))
    finally:
        await store.close()


def script_desk(store: SqlStore) -> ScriptDesk:
    """Versions of scripts and their approval, in a store that is open."""
    return SqlScripts(store.channel)
