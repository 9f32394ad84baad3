"""What a desk of the store works through: one writer, one reader, one audit log, one vault."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from sqlalchemy import Connection, Dialect

from dialer.store.audit_trail import AuditTrail
from dialer.store.following import Afterwards
from dialer.store.keyring import Keyring
from dialer.store.people import People
from dialer.store.writer import GroupWriter, Patience
from dialer.vault import DataKeys, Scope, ShelvedKey, Vault

Result = TypeVar("Result")


class Read(Protocol):
    """Has work done in a transaction that reads, on a thread of its own."""

    async def __call__(self, work: Callable[[Connection], Result]) -> Result: ...


class Channel:
    """Handed to the desks of one store; they share its transactions. Made by `SqlStore`."""

    def __init__(
        self,
        dialect: Dialect,
        writer: GroupWriter,
        read: Read,
        audit: AuditTrail,
        keyring: Keyring,
        afterwards: Afterwards,
        scrub: Callable[[], Awaitable[bool]],
    ) -> None:
        self.dialect = dialect
        self.people = People(keyring, keyring.load)
        """What is sealed of people, for works that read."""
        self.audit = audit
        """Where work that is committed notes what it does."""
        self._writer = writer
        self._read = read
        self._keyring = keyring
        self._afterwards = afterwards
        self._scrub = scrub

    @property
    def vault(self) -> Vault:
        """The store's keys, once it is open. Any thread may use it."""
        return self._keyring.vault

    async def submit(
        self, work: Callable[[Connection], Result], *, alone: bool = False, patient: bool = False
    ) -> Result:
        """Have `work` done on the writer's thread, and committed with what else waits.

        What it raises, undoes it and nothing else, and is raised here. `alone` gives it a
        transaction of its own, `patient` work may wait a moment for company. Raises StoreError.
        """
        patience = Patience.SOME if patient else Patience.NONE
        return await self._writer.submit(work, alone=alone, patience=patience)

    async def read(self, work: Callable[[Connection], Result]) -> Result:
        """What `work` finds in what is committed; it must not write. Raises StoreError."""
        return await self._read(work)

    def keys(self, connection: Connection, scope: Scope) -> DataKeys:
        """The keys of `scope` in a work that writes; made where there are none.

        Raises KeyDestroyedError.
        """
        return self._keyring.obtain(connection, scope)

    def known_keys(self, connection: Connection, scope: Scope) -> DataKeys:
        """The keys of `scope` in a work that reads. Raises KeyUnknownError, KeyDestroyedError."""
        return self._keyring.load(connection, scope)

    def destroy_keys(self, connection: Connection, scope: Scope) -> Sequence[ShelvedKey]:
        """Destroy the keys of `scope` for good, in a work that writes; what was kept of them.

        docs/decisions/vault.md says what else has to go before nobody can have them again.
        """
        return self._keyring.destroy(connection, scope)

    def master(self, connection: Connection) -> str:
        """The id of the master key that the store's keys are wrapped under."""
        return self._keyring.master(connection)

    async def scrub(self) -> bool:
        """Take what the database keeps of deleted rows off its files; False: not just now.

        Raises StoreError.
        """
        return await self._scrub()

    def after_commit(self, what: Callable[[], None]) -> None:
        """Do `what`, on the writer's thread, once the work under way is committed."""
        self._afterwards.add(what)
