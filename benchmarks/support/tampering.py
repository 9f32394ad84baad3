"""Ways to tamper with an audit log, by somebody who may write its database as they like.

They cannot sign with the node's key, nor reach the checkpoints that outsiders hold. What comes
after a chain's last checkpoint they could cut off or write anew, and nobody could tell: that is not
done here, and docs/audit.md says so.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

from dialer.audit import AuditKey
from dialer.core.office.audit_chain import GENESIS, Checkpoint, digest_of, link
from dialer.ports.audit import AuditReport
from dialer.store.sqlite import FILE

from .audit_log import Written, checking

Place = tuple[str, int]

_COLUMNS: Final = "chain, sequence, at, kind, call, body, hash"
_INSERTED: Final = '{"call":null,"number":"' + "00" * 32 + '","why":"asked"}'
_TEXTS: Final = ("kind", "call", "body")
_CHECKPOINT_COLUMNS: Final = ("chain", "sequence", "hash", "at", "signer", "signature")
_LONGEST: Final = 20


@dataclass(frozen=True, slots=True)
class Tampered:
    """What was done, and by which places it must be known.

    Each of `places` is the first wrong one of its chain. `is_exact`: they are what was touched
    first; else who did it has mended the chain after it, and only checkpoints can tell.
    """

    places: frozenset[Place]
    is_exact: bool = True


class Tamperer:
    """Does one thing at a time to the log in `folder`; all of it is undone before the next."""

    def __init__(self, driver: sqlite3.Connection, random: Random, stranger: AuditKey) -> None:
        self._driver = driver
        self._random = random
        self._stranger = stranger
        self._ends: Mapping[str, int] = dict(
            driver.execute("SELECT chain, max(sequence) FROM audit_log GROUP BY chain")
        )
        self._signed: Mapping[str, int] = dict(
            driver.execute("SELECT chain, max(sequence) FROM audit_checkpoints GROUP BY chain")
        )
        self.ways: Mapping[str, Callable[[], Tampered]] = {
            "byte of a body, kind or call changed": self._byte,
            "time changed": self._time,
            "hash changed": self._hash,
            "number changed": self._number,
            "moved to a chain that is not there": self._chain,
            "value of another type": self._type,
            "record removed": lambda: self._remove(1),
            "run removed": lambda: self._remove(self._random.randrange(2, _LONGEST)),
            "neighbours swapped": lambda: self._swap(1),
            "records swapped": lambda: self._swap(self._random.randrange(2, _LONGEST)),
            "record doubled": self._double,
            "record inserted, chained to the one before": self._insert,
            "end cut off before the last checkpoint": lambda: self._cut(with_checkpoints=False),
            "end cut off, checkpoints and all": lambda: self._cut(with_checkpoints=True),
            "changed, and all after it chained anew": lambda: self._rewrite(from_first=False),
            "whole chain written anew": lambda: self._rewrite(from_first=True),
            "removed, and all after it chained anew": self._close_gap,
            "written anew, checkpoints signed by another key": self._sign_anew,
            "written anew, checkpoints removed": self._rewrite_unsigned,
            "checkpoint changed": self._change_checkpoint,
            "checkpoint removed": self._remove_checkpoint,
            "checkpoint signed by another key": self._resign,
            "records of two chains exchanged": self._exchange,
            "chains exchanged": self._rename,
        }

    @contextmanager
    def tampered(self, way: str) -> Iterator[Tampered]:
        """The log as it is after it; whole again at the end."""
        with self._driver:
            self._driver.execute("BEGIN IMMEDIATE")
            done = self.ways[way]()
        try:
            yield done
        finally:
            with self._driver:
                self._driver.execute("BEGIN IMMEDIATE")
                for table in ("audit_log", "audit_checkpoints"):
                    self._driver.execute(f"DELETE FROM main.{table}")
                    self._driver.execute(f"INSERT INTO main.{table} SELECT * FROM kept_{table}")

    # --------------------------------------------------------------------- one record's columns

    def _byte(self) -> Tampered:
        chain, sequence = self._place()
        column = self._random.choice(_TEXTS)
        value = self._value(chain, sequence, column) or self._value(chain, sequence, "kind")
        column = column if self._value(chain, sequence, column) else "kind"
        changed = bytearray(value.encode())
        changed[self._random.randrange(len(changed))] ^= self._random.randrange(1, 256)
        self._set(chain, sequence, column, bytes(changed), "CAST(? AS TEXT)")
        return _at(chain, sequence)

    def _time(self) -> Tampered:
        chain, sequence = self._place()
        at = self._value(chain, sequence, "at")
        self._set(chain, sequence, "at", at ^ 1 << self._random.randrange(63))
        return _at(chain, sequence)

    def _hash(self) -> Tampered:
        chain, sequence = self._place()
        changed = bytearray(self._value(chain, sequence, "hash"))
        changed[self._random.randrange(len(changed))] ^= self._random.randrange(1, 256)
        self._set(chain, sequence, "hash", bytes(changed))
        return _at(chain, sequence)

    def _number(self) -> Tampered:
        # The last one's place must be known to somebody.
        chain, sequence = self._place(signed=True)
        other = self._random.choice([0, -sequence, self._ends[chain] + sequence, 1 << 62])
        self._set(chain, sequence, "sequence", other)
        return _at(chain, min(sequence, other))

    def _chain(self) -> Tampered:
        chain, sequence = self._place(signed=True)
        name = bytearray(chain.encode())
        name[self._random.randrange(len(name))] ^= self._random.randrange(1, 256)
        self._set(chain, sequence, "chain", bytes(name), "CAST(? AS TEXT)")
        return _at(chain, sequence)

    def _type(self) -> Tampered:
        chain, sequence = self._place(signed=True)
        column = self._random.choice(["chain", "at", "kind", "body", "hash", "sequence"])
        value = self._random.choice([b"\x00\xff", "text", 1.5, 7 if column == "hash" else b""])
        self._set(chain, sequence, column, value)
        # A record without a number has no place.
        return _at(chain, 0 if column == "sequence" else sequence)

    # ---------------------------------------------------------------------------- whole records

    def _remove(self, count: int) -> Tampered:
        chain, sequence = self._place(signed=True)
        self._delete(chain, "sequence BETWEEN ? AND ?", sequence, sequence + count - 1)
        return _at(chain, sequence)

    def _swap(self, distance: int) -> Tampered:
        chain, sequence = self._place(before_end=distance)
        self._trade((chain, sequence), (chain, sequence + distance))
        return _at(chain, sequence)

    def _double(self) -> Tampered:
        chain, sequence = self._place()
        self._shift(chain, sequence)
        self._driver.execute(
            f"INSERT INTO audit_log ({_COLUMNS}) SELECT chain, sequence + 1, at, kind, call, body,"
            " hash FROM audit_log WHERE chain = ? AND sequence = ?",
            (chain, sequence),
        )
        return _at(chain, sequence + 1)

    def _insert(self) -> Tampered:
        # Behind the very last record it would be as good as any other.
        chain, sequence = self._place(before_end=1)
        self._shift(chain, sequence)
        row = [chain, sequence + 1, 5, "suppression", None, _INSERTED]
        before = self._value(chain, sequence, "hash")
        row.append(link(before, digest_of(chain, sequence + 1, 5, "suppression", str(row[5]))))
        self._driver.execute(f"INSERT INTO audit_log ({_COLUMNS}) VALUES (?,?,?,?,?,?,?)", row)
        # It follows well; what does not follow any more is the next, or a checkpoint here.
        is_signed = sequence + 1 in self._checkpoints(chain, sequence)
        return _at(chain, sequence + (1 if is_signed else 2))

    def _cut(self, *, with_checkpoints: bool) -> Tampered:
        chain, sequence = self._place(signed=True)
        self._delete(chain, "sequence >= ?", sequence)
        if with_checkpoints:
            self._unsign(chain, sequence)
        return _at(chain, sequence)

    # --------------------------------------------------------------------------- chained anew

    def _rewrite(self, *, from_first: bool) -> Tampered:
        chain, sequence = self._place(signed=True)
        sequence = 1 if from_first else sequence
        at = self._value(chain, sequence, "at")
        self._set(chain, sequence, "at", at + self._random.randrange(1, 1 << 40))
        self._chain_anew(chain, sequence)
        return self._seen_by_checkpoint(chain, sequence)

    def _close_gap(self) -> Tampered:
        chain, sequence = self._place(signed=True)
        self._delete(chain, "sequence = ?", sequence)
        self._shift(chain, sequence, -1)
        self._chain_anew(chain, sequence)
        return self._seen_by_checkpoint(chain, sequence)

    def _sign_anew(self) -> Tampered:
        chain, sequence = self._place(signed=True)
        self._set(chain, sequence, "at", 5)
        self._chain_anew(chain, sequence)
        for signed in self._checkpoints(chain, sequence):
            self._sign(chain, signed, self._value(chain, signed, "hash"))
        return self._seen_by_checkpoint(chain, sequence)

    def _rewrite_unsigned(self) -> Tampered:
        chain, sequence = self._place(signed=True)
        self._set(chain, sequence, "at", 5)
        self._chain_anew(chain, sequence)
        seen = self._seen_by_checkpoint(chain, sequence)
        self._unsign(chain, sequence)
        return seen

    # ---------------------------------------------------------------------------- checkpoints

    def _change_checkpoint(self) -> Tampered:
        chain, sequence = self._checkpoint()
        column = self._random.choice(_CHECKPOINT_COLUMNS)
        (value,) = self._driver.execute(
            f"SELECT {column} FROM audit_checkpoints WHERE chain = ? AND sequence = ?",
            (chain, sequence),
        ).fetchone()
        if isinstance(value, int):
            changed: Any = value ^ 1 << self._random.randrange(63)
        else:
            whole = bytearray(value.encode() if isinstance(value, str) else value)
            whole[self._random.randrange(len(whole))] ^= self._random.randrange(1, 256)
            changed = bytes(whole)
        cast = "CAST(? AS TEXT)" if isinstance(value, str) else "?"
        self._driver.execute(
            f"UPDATE audit_checkpoints SET {column} = {cast} WHERE chain = ? AND sequence = ?",
            (changed, chain, sequence),
        )
        places = {(chain, sequence)}
        if column == "sequence":
            places = {(chain, min(sequence, changed))}
        return Tampered(frozenset(places))

    def _remove_checkpoint(self) -> Tampered:
        chain, sequence = self._checkpoint()
        self._driver.execute(
            "DELETE FROM audit_checkpoints WHERE chain = ? AND sequence = ?", (chain, sequence)
        )
        return _at(chain, sequence)

    def _resign(self) -> Tampered:
        chain, sequence = self._checkpoint()
        self._sign(chain, sequence, self._value(chain, sequence, "hash"))
        return _at(chain, sequence)

    # ----------------------------------------------------------------------------- two chains

    def _exchange(self) -> Tampered:
        one, other = ((chain, self._of(self._ends[chain])) for chain in self._ends)
        self._trade(one, other)
        return Tampered(frozenset({one, other}))

    def _rename(self) -> Tampered:
        one, other = self._ends
        for old, new in ((one, "between"), (other, one), ("between", other)):
            self._driver.execute("UPDATE audit_log SET chain = ? WHERE chain = ?", (new, old))
        return Tampered(frozenset({(one, 1), (other, 1)}))

    # ---------------------------------------------------------------------------------- tools

    def _of(self, last: int) -> int:
        return self._random.randrange(1, last + 1)

    def _place(self, *, signed: bool = False, before_end: int = 0) -> Place:
        """A record, by its chain's share; `signed`: one that a checkpoint covers."""
        last = self._signed if signed else self._ends
        (chain,) = self._random.choices(list(last), [*last.values()])
        return chain, self._of(last[chain] - before_end)

    def _checkpoint(self) -> Place:
        places = self._driver.execute("SELECT chain, sequence FROM audit_checkpoints").fetchall()
        chain, sequence = self._random.choice(sorted(places))
        return chain, sequence

    def _checkpoints(self, chain: str, sequence: int) -> list[int]:
        """Of `sequence` and all after it."""
        found = self._driver.execute(
            "SELECT sequence FROM audit_checkpoints WHERE chain = ? AND sequence >= ?"
            " ORDER BY sequence",
            (chain, sequence),
        )
        return [each for (each,) in found]

    def _seen_by_checkpoint(self, chain: str, sequence: int) -> Tampered:
        first = self._checkpoints(chain, sequence)[0]
        return Tampered(frozenset({(chain, first)}), is_exact=first == sequence)

    def _value(self, chain: str, sequence: int, column: str) -> Any:  # noqa: ANN401 - as the column has it
        (value,) = self._driver.execute(
            f"SELECT {column} FROM audit_log WHERE chain = ? AND sequence = ?", (chain, sequence)
        ).fetchone()
        return value

    def _set(
        self, chain: str, sequence: int, column: str, value: object, written: str = "?"
    ) -> None:
        self._driver.execute(
            f"UPDATE audit_log SET {column} = {written} WHERE chain = ? AND sequence = ?",
            (value, chain, sequence),
        )

    def _delete(self, chain: str, which: str, *numbers: int) -> None:
        self._driver.execute(
            f"DELETE FROM audit_log WHERE chain = ? AND {which}", (chain, *numbers)
        )

    def _unsign(self, chain: str, sequence: int) -> None:
        self._driver.execute(
            "DELETE FROM audit_checkpoints WHERE chain = ? AND sequence >= ?", (chain, sequence)
        )

    def _shift(self, chain: str, after: int, by: int = 1) -> None:
        """All after a record get other numbers; in two steps, since no two may have the same."""
        for change in (f"-(sequence + {by})", "-sequence"):
            self._driver.execute(
                f"UPDATE audit_log SET sequence = {change}"
                " WHERE chain = ? AND (sequence > ? OR sequence < 0)",
                (chain, after),
            )

    def _trade(self, one: Place, other: Place) -> None:
        """What two records hold changes places, but for their names."""
        held = "at, kind, call, body, hash"
        rows = [
            self._driver.execute(
                f"SELECT {held} FROM audit_log WHERE chain = ? AND sequence = ?", place
            ).fetchone()
            for place in (other, one)
        ]
        for row, place in zip(rows, (one, other), strict=True):
            self._driver.execute(
                f"UPDATE audit_log SET ({held}) = (?,?,?,?,?) WHERE chain = ? AND sequence = ?",
                (*row, *place),
            )

    def _chain_anew(self, chain: str, sequence: int) -> None:
        before = GENESIS if sequence == 1 else self._value(chain, sequence - 1, "hash")
        changed = []
        for number, at, kind, body in self._driver.execute(
            "SELECT sequence, at, kind, body FROM audit_log WHERE chain = ? AND sequence >= ?"
            " ORDER BY sequence",
            (chain, sequence),
        ):
            before = link(before, digest_of(chain, number, at, kind, body))
            changed.append((before, chain, number))
        self._driver.executemany(
            "UPDATE audit_log SET hash = ? WHERE chain = ? AND sequence = ?", changed
        )

    def _sign(self, chain: str, sequence: int, at_hash: bytes) -> None:
        signed = self._stranger.sign(Checkpoint(chain, sequence, at_hash, 5))
        self._driver.execute(
            "UPDATE audit_checkpoints SET hash = ?, at = 5, signer = ?, signature = ?"
            " WHERE chain = ? AND sequence = ?",
            (at_hash, signed.signer, signed.signature, chain, sequence),
        )


@contextmanager
def tamperer(folder: Path, random: Random) -> Iterator[Tamperer]:
    """Somebody with the database of `folder` in their hands, and a key of their own."""
    stranger = AuditKey.create(folder / "stranger.pem")
    with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as driver:
        for table in ("audit_log", "audit_checkpoints"):
            driver.execute(f"CREATE TEMP TABLE kept_{table} AS SELECT * FROM main.{table}")
        yield Tamperer(driver, random, stranger)


def _at(chain: str, sequence: int) -> Tampered:
    return Tampered(frozenset({(chain, sequence)}))


@dataclass(slots=True)
class Told:
    """What came of so many ways to tamper: counts of all, by way where something fell short."""

    done: int = 0
    found: int = 0
    exact: int = 0
    exactly_named: int = 0
    mended: int = 0
    mended_named: int = 0
    not_found: Counter[str] = field(default_factory=Counter)
    not_named: Counter[str] = field(default_factory=Counter)
    ways: Counter[str] = field(default_factory=Counter)
    false_alarms: int = 0
    """Findings in the log as it was written, before and after."""


async def tamper(log: Written, times: int, seed: int) -> Told:
    """Tamper with the log so many times, each time anew and each way in its turn, and check it."""
    told = Told()
    with tamperer(log.folder, Random(seed)) as eve:
        async with checking(log) as check:
            told.false_alarms += len((await check()).findings)
            ways = list(eve.ways)
            for number in range(times):
                way = ways[number % len(ways)]
                with eve.tampered(way) as done:
                    try:
                        report = await check()
                    except Exception as error:  # noqa: BLE001 - a check that fails has named nothing
                        told.not_named[f"{way}: {error}"] += 1
                        continue
                    finally:
                        told.done += 1
                        told.ways[way] += 1
                _judge(told, way, done, report)
            told.false_alarms += len((await check()).findings)
    return told


def _judge(told: Told, way: str, done: Tampered, report: AuditReport) -> None:
    if report.findings:
        told.found += 1
    else:
        told.not_found[way] += 1
    first: dict[str, int] = {}
    for each in report.findings:
        first[each.node] = min(each.sequence, first.get(each.node, each.sequence))
    is_named = all(first.get(chain) == sequence for chain, sequence in done.places)
    if not is_named:
        told.not_named[way] += 1
    if done.is_exact:
        told.exact += 1
        told.exactly_named += is_named
    else:
        told.mended += 1
        told.mended_named += is_named
