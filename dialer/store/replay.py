"""The log replayed against the tables, in a scratch database: the memory does not grow with them.

SQLite's own temporary file takes what does not fit; it is gone with the connection. Nothing of it
is personal: what is bound are keyed hashes and digests.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import Final

from sqlalchemy import Connection

from dialer.core.office import audit_replay as replay
from dialer.core.office.audit_chain import AuditRecord, Chained, ChainFault
from dialer.core.office.audit_kinds.nodes import TAKEN_OVER, taken_over
from dialer.core.office.audit_replay import Emptied, Fact, Gone
from dialer.ports.audit import TableDifference
from dialer.store import audit_rows
from dialer.store.audit_trail import AuditTrail
from dialer.store.held_rows import HeldRows
from dialer.store.people import People

_AGAIN: Final = (
    "takes over what is in the tables, which were held to the log before: rows may have been "
    "brought in by it"
)
_CLOCKS: Final = 3_600_000_000
"""By so many microseconds the clocks of two nodes may differ."""
NAMED: Final = 10_000
"""Differences that are named one by one; the rest are counted."""
_AT_ONCE: Final = 1000
_TAKEN_AT_ONCE: Final = 500
_CACHE: Final = "PRAGMA cache_size = -65536"
_TABLES: Final = """
CREATE TABLE stated (what TEXT, key TEXT, value TEXT, scope TEXT, rank INTEGER,
                     chain TEXT, sequence INTEGER, PRIMARY KEY (what, key)) WITHOUT ROWID;
CREATE TABLE held (what TEXT, key TEXT, value TEXT, scope TEXT, rank INTEGER,
                   PRIMARY KEY (what, key)) WITHOUT ROWID;
CREATE TABLE gone (what TEXT, key TEXT, PRIMARY KEY (what, key)) WITHOUT ROWID;
CREATE TABLE emptied (scope TEXT PRIMARY KEY, done INTEGER) WITHOUT ROWID;
"""
_STATE: Final = """
INSERT INTO stated VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
    value = excluded.value, scope = excluded.scope, rank = excluded.rank,
    chain = excluded.chain, sequence = excluded.sequence
WHERE excluded.rank >= stated.rank
"""
_EMPTY: Final = """
INSERT INTO emptied VALUES (?, ?) ON CONFLICT DO UPDATE SET done = max(done, excluded.done)
"""
_SETTLE: Final = """
INSERT OR IGNORE INTO emptied
    SELECT 'call:' || key, done FROM stated JOIN emptied USING (scope)
    WHERE what IN ('call', 'incoming call');
DELETE FROM stated WHERE scope IN (SELECT scope FROM emptied WHERE done);
DELETE FROM stated WHERE (what, key) IN (SELECT what, key FROM gone);
"""
_DIFFERENCES: Final = """
SELECT stated.what, stated.key, stated.value, held.value, chain, sequence
    FROM stated LEFT JOIN held USING (what, key)
    WHERE held.value IS NOT stated.value
      AND stated.scope NOT IN (SELECT scope FROM emptied)
UNION ALL
SELECT held.what, held.key, NULL, held.value, NULL, NULL
    FROM held LEFT JOIN stated USING (what, key) WHERE stated.key IS NULL
ORDER BY 1, 2
"""


class Replay:
    """One replay. `follow` the whole log first, then `hold` what the tables have."""

    def __init__(self, scratch: sqlite3.Connection) -> None:
        self._scratch = scratch
        self._facts: list[tuple[object, ...]] = []
        self._takings: list[AuditRecord] = []
        self._held_since: dict[str, tuple[int, int]] = {}
        self.faults: list[ChainFault] = []
        """Records that state nothing that can be understood, or take tables over when none may;
        whole once the differences are asked for."""

    def follow(self, chain: Iterable[Chained]) -> Iterator[Chained]:
        """The same records, each taken note of on its way."""
        for each in chain:
            try:
                self._take(each.record)
            except (ValueError, RecursionError) as error:
                self.faults.append(ChainFault(each.record.node, each.record.sequence, str(error)))
            yield each
        self._flush()

    def hold(self, facts: Iterable[Fact]) -> None:
        """What the tables have."""
        rows = ((f.what, f.key, f.value, f.scope, f.rank) for f in facts)
        while some := list(islice(rows, _AT_ONCE)):
            self._scratch.executemany("INSERT OR REPLACE INTO held VALUES (?, ?, ?, ?, ?)", some)

    def differences(self) -> Iterator[TableDifference]:
        """Each, by its kind and its key."""
        self._scratch.executescript(_SETTLE)
        self.faults += self._taken_over_in_vain()
        for what, key, stated, held, chain, sequence in self._scratch.execute(_DIFFERENCES):
            if held is None and stated is not None:
                yield TableDifference(what, key, "is gone", chain, sequence)
            elif stated == replay.ANYTHING:
                pass
            elif stated is None:
                if what not in replay.MAY_ADD and not self._is_older(what, key):
                    yield TableDifference(what, key, "is not in the log", None, None)
            elif stated.startswith("#"):
                if replay.digest_of(held) != stated:
                    told = "is not what an upgrade took over"
                    yield TableDifference(what, key, told, chain, sequence)
            else:
                told = replay.how_they_differ(what, held, stated)
                yield TableDifference(what, key, told, chain, sequence)

    def _is_older(self, what: str, key: str) -> bool:
        """Whether the row is older than the upgrade that took the tables over."""
        if what not in replay.LATER or not self._takings:
            return False
        found = self._scratch.execute(
            "SELECT rank FROM held WHERE (what, key) = (?, ?)", (what, key)
        ).fetchone()
        return bool(found[0] <= self._takings[0].at)

    def to_take_over(self) -> Iterator[tuple[str, str, str, str | None, int]]:
        """What the tables have and the log does not prove; with a null what only the log has."""
        for each in self.differences():
            row = self._scratch.execute(
                "SELECT scope, value, rank FROM held WHERE (what, key) = (?, ?)",
                (each.what, each.key),
            ).fetchone()
            scope, value, rank = ("", None, 0) if row is None else row
            digest = None if value is None else replay.digest_of(value)
            yield each.what, each.key, scope, digest, rank

    @property
    def from_before(self) -> int:
        """Rows' facts that were taken over, and are in force."""
        found = self._scratch.execute("SELECT count(*) FROM stated WHERE value LIKE '#%'")
        return int(found.fetchone()[0])

    def _take(self, record: AuditRecord) -> None:
        if record.kind == TAKEN_OVER:
            self._takings.append(replace(record, body={"schema": record.body.get("schema")}))
        elif record.node not in self._held_since and replay.is_of_tables(record):
            self._held_since[record.node] = record.sequence, record.at
        place = record.node, record.sequence
        for change in replay.changes(record):
            if isinstance(change, Fact):
                self._facts.append(
                    (change.what, change.key, change.value, change.scope, change.rank, *place)
                )
            elif isinstance(change, Gone):
                self._scratch.execute(
                    "INSERT OR IGNORE INTO gone VALUES (?, ?)", (change.what, change.key)
                )
            elif isinstance(change, Emptied):
                self._scratch.execute(_EMPTY, (change.scope, int(change.done)))
        if len(self._facts) >= _AT_ONCE:
            self._flush()

    def _taken_over_in_vain(self) -> Iterator[ChainFault]:
        """Once, and before anything that a version writes which holds the tables to the log."""
        for record in self._takings:
            first = self._takings[0]
            again = (record.node, record.at) != (first.node, first.at) or any(
                sequence < record.sequence if chain == record.node else at + _CLOCKS < record.at
                for chain, (sequence, at) in self._held_since.items()
            )
            if again:
                yield ChainFault(record.node, record.sequence, _AGAIN)

    def _flush(self) -> None:
        self._scratch.executemany(_STATE, self._facts)
        self._facts.clear()


def take_over(connection: Connection, trail: AuditTrail, people: People, schema: int) -> None:
    """Have the log tell of all rows that it cannot prove; in the transaction of an upgrade.

    `schema` is the version of the tables before.
    """
    at = datetime.now(UTC)
    with replaying() as replayed:
        for chain in audit_rows.names(connection, replayed.faults.append):
            asked = audit_rows.of_chain(chain)
            for _ in replayed.follow(audit_rows.chained(connection, asked, replayed.faults.append)):
                pass
        replayed.hold(HeldRows(connection, people).facts())
        facts = replayed.to_take_over()
        some = list(islice(facts, _TAKEN_AT_ONCE))
        while True:
            trail.begin()
            trail.note(TAKEN_OVER, at, taken_over(schema, some))
            trail.finish(connection)
            trail.committed()
            some = list(islice(facts, _TAKEN_AT_ONCE))
            if not some:
                return


@contextmanager
def replaying() -> Iterator[Replay]:
    """A replay whose scratch is gone at the end."""
    with closing(sqlite3.connect("", isolation_level=None)) as scratch:
        scratch.execute(_CACHE)
        scratch.execute("PRAGMA journal_mode = OFF")
        scratch.execute("PRAGMA synchronous = OFF")
        scratch.executescript(_TABLES)
        scratch.execute("BEGIN")
        yield Replay(scratch)
