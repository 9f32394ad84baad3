"""The shelf of wrapped keys in the store's tables, within whichever transaction is under way."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

from sqlalchemy import ColumnElement, Connection, select, update

from dialer.store.schema import vault_keys
from dialer.store.upsert import upsert
from dialer.vault import ShelvedKey
from dialer.vault.shelf import LOOKUP


class SqlShelf:
    """A KeyShelf of `dialer.vault`. Made for one transaction and dropped with it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def everything(self) -> Sequence[ShelvedKey]:
        # In order once more: collations of databases differ.
        return sorted(_keys(self._connection), key=attrgetter("name", "generation"))

    def get(self, name: str) -> Sequence[ShelvedKey]:
        return _keys(self._connection, vault_keys.c.name == name)

    def goes_by(self) -> str | None:
        """The id of the master key that keys are wrapped under now; it stays until the commit."""
        return self._connection.scalar(
            select(vault_keys.c.master)
            .where(vault_keys.c.name == LOOKUP)
            .with_for_update(read=True)
        )

    def put(self, key: ShelvedKey) -> bool:
        # Where another node is just putting it, this waits for that node's commit.
        made = upsert(self._connection.dialect, vault_keys).values(
            name=key.name, generation=key.generation, master=key.master, wrapped=key.wrapped
        )
        put = made.on_conflict_do_nothing().returning(vault_keys.c.name)
        return self._connection.execute(put).first() is not None

    def replace(self, old: ShelvedKey, new: ShelvedKey) -> bool:
        changed = self._connection.execute(
            update(vault_keys)
            .where(
                vault_keys.c.name == old.name,
                vault_keys.c.generation == old.generation,
                vault_keys.c.master == old.master,
                vault_keys.c.wrapped == old.wrapped,
            )
            .values(master=new.master, wrapped=new.wrapped)
        )
        return changed.rowcount == 1

    def destroy(self, name: str) -> int:
        return self._connection.execute(
            update(vault_keys)
            .where(vault_keys.c.name == name, vault_keys.c.wrapped.is_not(None))
            .values(wrapped=None)
        ).rowcount


def _keys(connection: Connection, *which: ColumnElement[bool]) -> list[ShelvedKey]:
    asked = select(vault_keys).where(*which).order_by(vault_keys.c.name, vault_keys.c.generation)
    return [
        ShelvedKey(row.name, row.generation, row.master, row.wrapped)
        for row in connection.execute(asked)
    ]
