"""Personal data as the tables hold it: sealed under a campaign's keys, found by a keyed hash.

What belongs to a contact is sealed under the campaign's CONTACTS key, what belongs to a call under
its EVIDENCE key, so that the contacts can be destroyed while the evidence lives. Calls that come in
belong to no campaign: their callers are sealed under a key of the month.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from dialer.core.office.evidence import Callee
from dialer.core.values.number import E164
from dialer.core.values.older_spellings import older_spellings
from dialer.core.values.records import ContactRow
from dialer.errors import KeyDestroyedError, KeyUnknownError
from dialer.store.keyring import Keyring
from dialer.store.schema import campaigns
from dialer.vault import DataKeys, Purpose, Scope

_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

Find = Callable[[Connection, Scope], DataKeys]


class People:
    """Seals and opens. One for work that writes (`Keyring.obtain`), one for work that reads."""

    def __init__(self, keyring: Keyring, find: Find) -> None:
        self._keyring = keyring
        self._find = find
        self._names: dict[int, str] = {}

    def number(self, number: E164) -> bytes:
        """The keyed hash, 32 bytes, by which all that is about `number` is found."""
        return self._keyring.vault.lookup.number(number)

    def older(self, number: E164) -> tuple[bytes, ...]:
        """The hashes of the spellings in which versions before took `number` for another."""
        return tuple(map(self.number, older_spellings(number)))

    def campaign(self, connection: Connection, campaign: int) -> str:
        """The name of a campaign, which never changes."""
        name = self._names.get(campaign)
        if name is None:
            found = connection.execute(
                select(campaigns.c.name).where(campaigns.c.id == campaign)
            ).scalar_one()
            name = self._names[campaign] = str(found)
        return name

    # ------------------------------------------------------------------------------- contacts

    def seal_contacts(
        self, connection: Connection, campaign: str, rows: Sequence[ContactRow]
    ) -> list[bytes]:
        """Number, consent and variables of each, in the order given."""
        keys = self._find(connection, contacts_of(campaign))
        return keys.column("contacts", "person").seal_many(
            (
                row.row,
                _encode(
                    [row.number.clear, row.consent_source, row.consent_ref, dict(row.variables)]
                ).encode(),
            )
            for row in rows
        )

    def contact(
        self, connection: Connection, campaign: str, row: int, sealed: bytes | None
    ) -> tuple[E164, str, str, dict[str, str]] | None:
        """Number, consent's source and reference, and variables; None where they were destroyed."""
        plain = self._open(connection, contacts_of(campaign), "contacts", "person", row, sealed)
        if plain is None:
            return None
        number, source, ref, variables = json.loads(plain)
        return E164(number), source, ref, variables

    # ---------------------------------------------------------------------------------- calls

    def seal_callee(
        self, connection: Connection, campaign: str, call: str, callee: Callee
    ) -> bytes:
        return self._seal(
            connection, evidence_of(campaign), "calls", "person", call, callee.packed()
        )

    def callee(
        self, connection: Connection, campaign: str, call: str, sealed: bytes | None
    ) -> Callee | None:
        """Whom a call went to; None where that was destroyed."""
        plain = self._open(connection, evidence_of(campaign), "calls", "person", call, sealed)
        return None if plain is None else Callee.unpacked(plain)

    def seal_said(
        self, connection: Connection, campaign: str, call: str, column: str, text: str
    ) -> bytes | None:
        """The keys that a callee `pressed`, or the `transcript`; None for none."""
        if not text:
            return None
        return self._seal(connection, evidence_of(campaign), "calls", column, call, text.encode())

    def said(
        self, connection: Connection, campaign: str, call: str, column: str, sealed: bytes | None
    ) -> str:
        plain = self._open(connection, evidence_of(campaign), "calls", column, call, sealed)
        return "" if plain is None else plain.decode()

    # ------------------------------------------------------------------------- calls that come in

    def seal_visit(
        self, connection: Connection, month: datetime, call: str, column: str, text: str
    ) -> bytes | None:
        """The caller's number, or the keys pressed, of a call that came in during `month`."""
        if not text:
            return None
        scope = visits_of(month)
        return self._seal(connection, scope, "inbound_calls", column, call, text.encode())

    def visit(
        self, connection: Connection, month: datetime, call: str, column: str, sealed: bytes | None
    ) -> str:
        plain = self._open(connection, visits_of(month), "inbound_calls", column, call, sealed)
        return "" if plain is None else plain.decode()

    # ------------------------------------------------------------------------------------- both

    def _seal(
        self, connection: Connection, scope: Scope, table: str, column: str, row: str, plain: bytes
    ) -> bytes:
        return self._find(connection, scope).column(table, column).seal(row, plain)

    def _open(
        self,
        connection: Connection,
        scope: Scope,
        table: str,
        column: str,
        row: int | str,
        sealed: bytes | None,
    ) -> bytes | None:
        """None where there is nothing, or no key any more."""
        if sealed is None:
            return None
        try:
            keys = self._find(connection, scope).column(table, column)
            try:
                return keys.open(row, sealed)
            except KeyUnknownError:
                # Another process gave it a new generation a moment ago.
                self._keyring.refresh(connection)
                return keys.open(row, sealed)
        except KeyDestroyedError:
            return None


def contacts_of(campaign: str) -> Scope:
    """The key of a campaign's contacts: destroyed soon after its end."""
    return Scope(Purpose.CONTACTS, campaign)


def evidence_of(campaign: str) -> Scope:
    """The key of what a campaign's calls leave: kept for months."""
    return Scope(Purpose.EVIDENCE, campaign)


def visits_of(month: datetime) -> Scope:
    """The key of the calls that came in during a month of UTC. No campaign's name holds a slash."""
    return Scope(Purpose.EVIDENCE, f"incoming/{month:%Y-%m}")
