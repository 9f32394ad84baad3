"""The store's vault: opened with the database, and its keys found when they are needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sqlalchemy import Connection

from dialer.errors import KeyUnknownError, MasterKeyError, StoreError
from dialer.store.following import Afterwards
from dialer.store.shelf import SqlShelf
from dialer.vault import (
    DataKeys,
    MasterFile,
    MasterKey,
    MasterPlace,
    Masters,
    Scope,
    ShelvedKey,
    Vault,
    masters_for,
)
from dialer.vault.shelf import LOOKUP


@dataclass(frozen=True, slots=True)
class StoreKeys:
    """Where a store's keys are: those that seal what is in it, and the one that signs its log."""

    masters: MasterPlace
    audit: Path
    """The file of the Ed25519 key for checkpoints."""

    @classmethod
    def beside(cls, data_dir: Path) -> Self:
        """In files of the data folder, made for a new store."""
        return cls(MasterFile(data_dir / "keys" / "master.key"), data_dir / "keys" / "audit.pem")


class Keyring:
    """The vault of one open store. `read` comes first, then `begin` or `open`."""

    def __init__(self, place: MasterPlace, afterwards: Afterwards) -> None:
        self._place = place
        self._afterwards = afterwards
        self._found: Sequence[MasterKey] = ()
        self._missing: MasterKeyError | None = None
        self._vault: Vault | None = None

    @property
    def vault(self) -> Vault:
        if self._vault is None:
            raise StoreError("the store is not open")
        return self._vault

    def read(self) -> None:
        """Read the master key, outside of any transaction. That there is none is told later."""
        self._missing = None
        try:
            self._found = self._place.read()
        except MasterKeyError as error:
            self._missing = error

    def begin(self, connection: Connection) -> None:
        """Make the vault of a store that has no keys yet, in the transaction that makes its table.

        Raises MasterKeyError, saying what to do.
        """
        if self._missing is not None and self._place.make():
            self._missing = None
            self._found = self._place.read()
        self._vault = Vault.create(self._masters(()), SqlShelf(connection))

    def open(self, connection: Connection) -> None:
        """Open the vault, unless it was begun a moment ago.

        Raises MasterKeyError, SealError or VaultError, saying what to do.
        """
        if self._vault is None:
            shelf = SqlShelf(connection)
            self._vault = Vault.open(self._masters(shelf.everything()), shelf)

    def obtain(self, connection: Connection, scope: Scope) -> DataKeys:
        """The keys of `scope`, made now where it has none; in the writer's transaction."""
        try:
            return self.vault.keys(scope)
        except KeyUnknownError:
            shelf = SqlShelf(connection)
            if shelf.goes_by() != self.vault.primary:
                # Under the old master key a new one would be lost with it.
                self.refresh(connection)
            changes = self.vault.changes(shelf)
            keys = changes.obtain(scope)
            self._afterwards.add(changes.committed)
            return keys

    def load(self, connection: Connection, scope: Scope) -> DataKeys:
        """The keys of `scope`, in a transaction that reads.

        Raises KeyUnknownError where it has none, KeyDestroyedError where they are gone.
        """
        try:
            return self.vault.keys(scope)
        except KeyUnknownError:
            changes = self.vault.changes(SqlShelf(connection))
            keys = changes.load(scope)
            changes.committed()
            return keys

    def destroy(self, connection: Connection, scope: Scope) -> Sequence[ShelvedKey]:
        """Destroy the key of `scope`, in the writer's transaction; what was kept of it before."""
        shelf = SqlShelf(connection)
        kept = [key for key in shelf.get(scope.name) if not key.is_destroyed]
        changes = self.vault.changes(shelf)
        changes.destroy(scope)
        self._afterwards.add(changes.committed)
        return kept

    def master(self, connection: Connection) -> str:
        """The id of the master key that the store's keys are wrapped under."""
        return SqlShelf(connection).get(LOOKUP)[-1].master

    def refresh(self, connection: Connection) -> None:
        """Learn what other processes did to keys; in a transaction that reads, and may be slow."""
        loaded = self.vault.loaded
        shelf = SqlShelf(connection)
        try:
            self.vault.accept(masters_for(self._found, shelf.everything()), shelf)
        except MasterKeyError:
            # The master key was changed: by now the new one is where the old one was.
            self._found = self._place.read()
            self.vault.accept(masters_for(self._found, shelf.everything()), shelf)
        self.vault.refresh(shelf, loaded)

    def close(self) -> None:
        """Drop all keys."""
        if self._vault is not None:
            self._vault.close()
            self._vault = None

    def _masters(self, shelved: Sequence[ShelvedKey]) -> Masters:
        if self._missing is not None:
            raise self._missing
        return masters_for(self._found, shelved)
