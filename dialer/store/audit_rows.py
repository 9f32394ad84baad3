"""The audit log's rows as they lie on the disk, whoever wrote there, read without a fault.

SQLite keeps in a column whatever is put there. What cannot have been written by us is told as a
finding, with its place; it must not end the check that is to find it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final, cast

from sqlalchemy import Connection, Row, Select, Table, select, type_coerce
from sqlalchemy.types import NULLTYPE

from dialer.audit import SignedCheckpoint
from dialer.core.office.audit_chain import AuditRecord, Chained, ChainFault, Checkpoint
from dialer.store.schema import audit_checkpoints, audit_log

_AT_ONCE: Final = 1000


def byte_for_byte(connection: Connection) -> None:
    """Have texts that are no UTF-8 come as they are, with surrogates, for this connection's life.

    PostgreSQL keeps none.
    """
    driver = connection.connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        driver.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")


def names(connection: Connection, tell: Callable[[ChainFault], None]) -> set[str]:
    """The names of all chains; what cannot be one is told."""
    found = set()
    for name in connection.scalars(select(audit_log.c.chain).distinct()):
        if isinstance(name, str) and name == readable(name):
            found.add(name)
        else:
            tell(ChainFault(readable(name), 0, "is no name of a chain, and yet has records"))
    return found


def of_chain(chain: str) -> Select[Any]:
    """Its rows, in their order."""
    return raw(audit_log).where(audit_log.c.chain == chain).order_by(audit_log.c.sequence)


def chained(
    connection: Connection, asked: Select[Any], tell: Callable[[ChainFault], None]
) -> Iterator[Chained]:
    """Records as they are stored; one that cannot be read at all is told, and stands empty."""
    rows = connection.execute(asked, execution_options={"yield_per": _AT_ONCE})
    for row in rows:
        if not isinstance(row.sequence, int):
            tell(ChainFault(row.chain, 0, "has a record whose number is none"))
            continue
        record = _whole_record(row)
        if record is None or not isinstance(row.hash, (bytes, memoryview)):
            tell(ChainFault(row.chain, row.sequence, "cannot be read"))
            record = _empty(row)
        elif record.body.get("call") != row.call:
            tell(ChainFault(row.chain, row.sequence, "is filed under another call than its own"))
        yield Chained(record, _octets(row.hash))
    rows.close()


def record(row: Row[Any]) -> AuditRecord:
    """One row of the log, to be shown; with an empty body where it cannot be read."""
    return _whole_record(row) or _empty(row)


def checkpoints(
    connection: Connection, chain: str | None = None, sequence: int | None = None
) -> Sequence[SignedCheckpoint]:
    """All, by chain and sequence, or those of one record.

    What is not of its type comes as something that no signature holds for.
    """
    mine = audit_checkpoints.c
    asked = raw(audit_checkpoints).order_by(mine.chain, mine.sequence)
    if chain is not None:
        asked = asked.where(mine.chain == chain, mine.sequence == sequence)
    return [
        SignedCheckpoint(
            Checkpoint(
                readable(row.chain), _whole(row.sequence), _octets(row.hash), _whole(row.at)
            ),
            readable(row.signer),
            _octets(row.signature),
        )
        for row in connection.execute(asked)
    ]


def readable(value: object) -> str:
    """A text that can be shown, whatever it was; one of ours is not changed by it."""
    return str(value).encode("utf-8", "backslashreplace").decode()


def raw(table: Table) -> Select[Any]:
    """Its columns as the driver gives them: a value may be of any type."""
    raw: Sequence[Any] = [type_coerce(each, NULLTYPE).label(each.name) for each in table.c]
    return cast("Select[Any]", select(*raw))


def _empty(row: Row[Any]) -> AuditRecord:
    return AuditRecord(readable(row.chain), row.sequence, _whole(row.at), readable(row.kind), {})


def _whole_record(row: Row[Any]) -> AuditRecord | None:
    if not (isinstance(row.at, int) and isinstance(row.kind, str) and isinstance(row.body, str)):
        return None
    try:
        row.body.encode()
        row.kind.encode()
        body = json.loads(row.body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict) or not body:
        return None
    return AuditRecord(row.chain, row.sequence, row.at, row.kind, body, written=row.body)


def _octets(value: object) -> bytes:
    return bytes(value) if isinstance(value, (bytes, memoryview)) else b""


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
