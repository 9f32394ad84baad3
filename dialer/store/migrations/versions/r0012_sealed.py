"""Personal data is sealed, and numbers are found by keyed hashes; what was in clear goes.

The audit log begins here: what was before it, is not in it. The calls of before have no salt, for
no digest of their records was ever told.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Connection

from dialer.core.values.number import E164
from dialer.errors import StoreError
from dialer.store.keyring import Keyring
from dialer.vault import Purpose, Scope, SealedColumn

revision = "0012"
down_revision = "0011"

_CHUNK = 1000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COLUMNS: Mapping[str, Sequence[tuple[str, type[sa.LargeBinary | sa.Text]]]] = {
    "contacts": (("number_key", sa.LargeBinary), ("person", sa.LargeBinary)),
    "calls": (
        ("number_key", sa.LargeBinary),
        ("person", sa.LargeBinary),
        ("pressed", sa.LargeBinary),
    ),
    "attempts": (("number_key", sa.LargeBinary), ("prefix", sa.Text)),
    "inbound_calls": (
        ("caller_key", sa.LargeBinary),
        ("person", sa.LargeBinary),
        ("pressed", sa.LargeBinary),
    ),
}
_IN_CLEAR: Mapping[str, Sequence[str]] = {
    "contacts": ("number", "consent_source", "consent_ref", "variables"),
    "calls": ("number", "keys"),
    "attempts": ("number",),
    "inbound_calls": ("caller", "keys"),
}


def upgrade() -> None:
    connection = op.get_bind()
    for table, columns in _COLUMNS.items():
        for name, kind in columns:
            op.add_column(table, sa.Column(name, kind))
    if connection.execute(sa.text("SELECT 1 FROM campaigns")).first() is not None or (
        connection.execute(sa.text("SELECT 1 FROM inbound_calls")).first() is not None
    ):
        _seal(connection)
    for index in ("attempts_history", "attempts_shown"):
        op.drop_index(index, "attempts")
    op.drop_index("calls_refused", "calls")
    for table, names in _IN_CLEAR.items():
        for name in names:
            op.drop_column(table, name)
    op.drop_table("suppressions")
    op.create_index("attempts_history", "attempts", ["number_key", "committed_at"])
    op.create_index("attempts_shown", "attempts", ["number_key", "caller_id", "committed_at"])
    has_refused = sa.text("refused_at IS NOT NULL")
    op.create_index(
        "calls_refused",
        "calls",
        ["number_key", "refused_at"],
        sqlite_where=has_refused,
        postgresql_where=has_refused,
    )


def _seal(connection: Connection) -> None:
    context = op.get_context().config
    keys = None if context is None else context.attributes.get("keys")
    if keys is None:
        raise StoreError("what is in clear cannot be sealed without keys")
    keys.open(connection)
    people = _People(connection, keys)
    _contacts(connection, people)
    _calls(connection, people)
    _attempts(connection, people)
    _visits(connection, people)
    _suppressions(connection, people)


class _People:
    """As `dialer.store.people` sealed when this revision was written."""

    def __init__(self, connection: Connection, keys: Keyring) -> None:
        self._connection = connection
        self._keys = keys
        self._columns: dict[tuple[Scope, str, str], SealedColumn] = {}

    def number(self, clear: str) -> bytes:
        return self._keys.vault.lookup.number(E164(clear))

    def seal(self, scope: Scope, table: str, column: str, row: int | str, plain: str) -> bytes:
        place = scope, table, column
        if place not in self._columns:
            keys = self._keys.obtain(self._connection, scope)
            self._columns[place] = keys.column(table, column)
        return self._columns[place].seal(row, plain.encode())


def _contacts(connection: Connection, people: _People) -> None:
    asked = (
        'SELECT contacts.id, "row", name, number, consent_source, consent_ref, variables '
        "FROM contacts JOIN campaigns ON campaigns.id = contacts.campaign"
    )
    for rows in _chunks(connection, asked, "contacts.id"):
        _set(
            connection,
            "UPDATE contacts SET number_key = :number, person = :person WHERE id = :id",
            [
                {
                    "id": row.id,
                    "number": people.number(row.number),
                    "person": people.seal(
                        Scope(Purpose.CONTACTS, row.name),
                        "contacts",
                        "person",
                        row.row,
                        _pack(
                            [
                                row.number,
                                row.consent_source,
                                row.consent_ref,
                                json.loads(row.variables),
                            ]
                        ),
                    ),
                }
                for row in rows
            ],
        )


def _calls(connection: Connection, people: _People) -> None:
    asked = (
        "SELECT calls.id, call, name, calls.number, keys, "
        "consent_purpose, consent_source, consent_at, consent_ref "
        "FROM calls JOIN campaigns ON campaigns.id = calls.campaign "
        "JOIN contacts ON contacts.id = calls.contact"
    )

    def person(row: sa.Row[Any]) -> str:
        at = (_EPOCH + timedelta(microseconds=row.consent_at)).isoformat()
        consent = [row.consent_purpose, row.consent_source, at, row.consent_ref]
        return _pack([row.number, *consent, ""])

    def sealed(row: sa.Row[Any], column: str, plain: str) -> bytes:
        return people.seal(Scope(Purpose.EVIDENCE, row.name), "calls", column, row.call, plain)

    for rows in _chunks(connection, asked, "calls.id"):
        _set(
            connection,
            "UPDATE calls SET number_key = :number, person = :person, pressed = :pressed "
            "WHERE id = :id",
            [
                {
                    "id": row.id,
                    "number": people.number(row.number),
                    "person": sealed(row, "person", person(row)),
                    "pressed": sealed(row, "pressed", row.keys) if row.keys else None,
                }
                for row in rows
            ],
        )


def _attempts(connection: Connection, people: _People) -> None:
    for rows in _chunks(connection, "SELECT id, number FROM attempts", "id"):
        _set(
            connection,
            "UPDATE attempts SET number_key = :number, prefix = :prefix WHERE id = :id",
            [
                {"id": row.id, "number": people.number(row.number), "prefix": row.number[1:6]}
                for row in rows
            ],
        )


def _visits(connection: Connection, people: _People) -> None:
    def sealed(row: sa.Row[Any], column: str, plain: str | None) -> bytes | None:
        if not plain:
            return None
        month = _EPOCH + timedelta(microseconds=row.arrived_at)
        scope = Scope(Purpose.EVIDENCE, f"incoming/{month:%Y-%m}")
        return people.seal(scope, "inbound_calls", column, row.call, plain)

    asked = "SELECT id, call, caller, keys, arrived_at FROM inbound_calls"
    for rows in _chunks(connection, asked, "id"):
        _set(
            connection,
            "UPDATE inbound_calls SET caller_key = :number, person = :person, pressed = :pressed "
            "WHERE id = :id",
            [
                {
                    "id": row.id,
                    "number": None if row.caller is None else people.number(row.caller),
                    "person": sealed(row, "person", row.caller),
                    "pressed": sealed(row, "pressed", row.keys),
                }
                for row in rows
            ],
        )


def _suppressions(connection: Connection, people: _People) -> None:
    """They join the book, which has them by whom they were taken down: the node of the call."""
    asked = sa.text(
        "SELECT suppressions.number, at, node FROM suppressions "
        "LEFT JOIN inbound_calls ON inbound_calls.call = suppressions.call"
    )
    _set(
        connection,
        'INSERT INTO do_not_call (number, why, since, "by") VALUES (:number, :why, :at, :by)',
        [
            {
                "number": people.number(row.number),
                "why": "asked",
                "at": row.at,
                "by": row.node or "unknown",
            }
            for row in connection.execute(asked)
        ],
    )


def _chunks(connection: Connection, asked: str, by: str) -> Iterator[Sequence[sa.Row[Any]]]:
    """Rows in the order of their id, so many at a time."""
    some = sa.text(f"{asked} WHERE {by} > :last ORDER BY {by} LIMIT {_CHUNK}")
    last = 0
    while rows := connection.execute(some, {"last": last}).all():
        yield rows
        last = rows[-1].id


def _set(connection: Connection, text: str, values: Sequence[Mapping[str, object]]) -> None:
    if values:
        connection.execute(sa.text(text), values)


def _pack(whole: list[object]) -> str:
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
