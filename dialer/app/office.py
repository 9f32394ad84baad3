"""The office's units of work in a configuration's store, opened for each and closed after it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from dialer.app.store import clerk, database_of, reading
from dialer.config import Config
from dialer.store.desks import SqlDesks
from dialer.store.sqlite import FILE


@dataclass(frozen=True, slots=True)
class OpenedForEach:
    """The UnitsOfWork of `dialer.ports` for a process that does one thing and ends."""

    config: Config

    @property
    def exists(self) -> bool:
        return database_of(self.config).exists

    @property
    def files(self) -> Sequence[Path]:
        config = self.config
        keys = config.vault.key_files(config.data_dir)
        database = [config.data_dir / FILE] if config.store is None else []
        return [config.data_dir, *keys, *database]

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[SqlDesks]:
        async with reading(self.config) as store:
            yield SqlDesks(store)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[SqlDesks]:
        async with clerk(self.config) as store:
            yield SqlDesks(store)
