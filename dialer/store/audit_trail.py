"""The audit log as it is written: in the transaction of what it tells of, before its commit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Dialect, bindparam, func, insert, select

from dialer.core.office.audit_chain import GENESIS, canonical, digest_of, link
from dialer.core.office.audit_kinds import KINDS
from dialer.store.prepared import Prepared
from dialer.store.schema import audit_log
from dialer.store.values import instant, micros

_COLUMNS: Final = ("chain", "sequence", "at", "kind", "call", "body", "hash")


class _Note(NamedTuple):
    at: int
    kind: str
    call: str | None
    body: str


class AuditTrail:
    """One chain of records, called `chain`. A Follower: it belongs to the writer's thread.

    Where the chain ends is read from the table in each transaction: whatever else writes there,
    nothing in memory can be at odds with the disk.
    """

    def __init__(self, dialect: Dialect, chain: str) -> None:
        self.chain = chain
        self.unsigned = 0
        """Records committed since `signed` was called."""
        self._notes: list[_Note] = []
        self._in_transaction = False
        self._end = end_of(dialect)
        self._turn = None if dialect.name == "sqlite" else _turn(dialect)
        self._add = Prepared(
            dialect, insert(audit_log).values({name: bindparam(name) for name in _COLUMNS})
        )

    def note(self, kind: str, at: datetime, body: Mapping[str, Any]) -> None:
        """Have the log tell of something that this transaction does.

        Called in the work that does it; is that rolled back, so is the record. `body` is made by
        `core.office.audit_kinds`; its `call`, where there is one, is what the record is found by.
        Raises ValueError for a kind that is not there, or a body that JSON cannot hold.
        """
        if not self._in_transaction:
            raise RuntimeError("audit records are made within a transaction of the writer")
        if kind not in KINDS:
            raise ValueError(f"{kind} is no kind of audit record")
        self._notes.append(_Note(micros(at), kind, body.get("call"), canonical(body)))

    def last_at(self, connection: Connection) -> datetime | None:
        """The time of the chain's last record, this transaction's too; None where there is none."""
        if self._notes:
            return instant(self._notes[-1].at)
        found = self._end.run(connection, of=self.chain).fetchone()
        return None if found is None else instant(found[2])

    def signed(self, records: int) -> None:
        """A checkpoint of so many of the `unsigned` ones is committed."""
        self.unsigned -= records

    # ------------------------------------------------------------------------------ as a Follower

    def begin(self) -> None:
        self._notes.clear()
        self._in_transaction = True

    def mark(self) -> int:
        return len(self._notes)

    def undo(self, mark: int) -> None:
        del self._notes[mark:]

    def finish(self, connection: Connection) -> None:
        self._in_transaction = False
        if not self._notes:
            return
        if self._turn is not None:
            self._turn.run(connection, of=f"audit {self.chain}")
        found = self._end.run(connection, of=self.chain).fetchone()
        last, at_hash = (0, GENESIS) if found is None else (found[0], bytes(found[1]))
        rows = []
        for sequence, note in enumerate(self._notes, start=last + 1):
            digest = digest_of(self.chain, sequence, note.at, note.kind, note.body)
            at_hash = link(at_hash, digest)
            rows.append(
                {"chain": self.chain, "sequence": sequence, "hash": at_hash, **note._asdict()}
            )
        self._add.run_many(connection, rows)

    def committed(self) -> None:
        self.unsigned += len(self._notes)
        self._notes.clear()


def end_of(dialect: Dialect) -> Prepared:
    """Sequence, hash and time of the last record of a chain (`of`)."""
    return Prepared(
        dialect,
        select(audit_log.c.sequence, audit_log.c.hash, audit_log.c.at)
        .where(audit_log.c.chain == bindparam("of"))
        .order_by(audit_log.c.sequence.desc())
        .limit(1),
    )


def _turn(dialect: Dialect) -> Prepared:
    """PostgreSQL lets two write at once: clerks of one node wait for each other here."""
    return Prepared(dialect, select(func.pg_advisory_xact_lock(func.hashtext(bindparam("of")))))
