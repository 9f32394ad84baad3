"""`SqlKeys`: the KeyDesk of `dialer.ports` on SQL, beside nodes that go on working."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from dialer.core.office.audit_kinds import keys as kinds
from dialer.errors import KeyUnknownError, MasterKeyError, VaultError
from dialer.store.channel import Channel
from dialer.store.people import contacts_of, evidence_of
from dialer.store.shelf import SqlShelf
from dialer.vault import MasterFile, MasterPlace, Masters, ShelvedKey
from dialer.vault.shelf import LOOKUP


class SqlKeys:
    """Through a clerk's channel. Running nodes learn of what is done here within seconds."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    async def shelf(self) -> Sequence[ShelvedKey]:
        return await self._channel.read(lambda connection: SqlShelf(connection).everything())

    async def rotate(self, campaign: str, by: str, at: datetime) -> dict[str, int]:
        def work(connection: Connection) -> dict[str, int]:
            changes = self._channel.vault.changes(SqlShelf(connection))
            made: dict[str, int] = {}
            for scope in (contacts_of(campaign), evidence_of(campaign)):
                try:
                    made[scope.name] = changes.rotate(scope).generation
                except KeyUnknownError:
                    continue
                body = kinds.of_scope(scope.name, made[scope.name], by)
                self._channel.audit.note(kinds.KEY_ROTATED, at, body)
            if not made:
                raise VaultError(f"there is no campaign {campaign} with keys")
            self._channel.after_commit(changes.committed)
            return made

        return await self._channel.submit(work, alone=True)

    async def change_master(self, place: MasterPlace, by: str, at: datetime) -> tuple[str, str]:
        if isinstance(place, MasterFile):
            place.make_next()
        found = {key.id: key for key in place.read()}

        def work(connection: Connection) -> tuple[str, str]:
            shelf = SqlShelf(connection)
            (lookup,) = shelf.get(LOOKUP)
            others = [key for id_, key in found.items() if id_ != lookup.master]
            if len(found) == 1 or not others:
                raise MasterKeyError(
                    "there is one master key only: name the one that is to follow under vault.next"
                )
            if isinstance(place, MasterFile) and lookup.master == place.read()[-1].id:
                return others[0].id, lookup.master
            self._channel.vault.accept(Masters(others[0], *found.values()), shelf)
            changes = self._channel.vault.changes(shelf)
            # Twice: in the first pass it may have waited for a node that was just making a key.
            for _ in range(2):
                while changes.rewrap():
                    pass
            body = kinds.master_changed(lookup.master, others[0].id, len(shelf.everything()), by)
            self._channel.audit.note(kinds.MASTER_CHANGED, at, body)
            return lookup.master, others[0].id

        old_and_new = await self._channel.submit(work, alone=True)
        if isinstance(place, MasterFile):
            place.take_next()
        return old_and_new
