"""The book of suppressions: looked up by the gate, changed by the desk. Numbers are hashes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import (
    BindParameter,
    Connection,
    Dialect,
    Select,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    null,
    select,
    union_all,
    update,
)

from dialer.core.values.older_spellings import MOST
from dialer.core.values.suppression import (
    LIST_PERIOD,
    Replacement,
    Suppression,
    SuppressionKind,
)
from dialer.ports.desks import BookEntry, ListImport
from dialer.store.prepared import Prepared
from dialer.store.schema import do_not_call, list_imports, listed_numbers
from dialer.store.schema.suppression import COMING, DROPPED, IN_FORCE, REPLACED
from dialer.store.upsert import upsert
from dialer.store.values import instant, maybe_instant, maybe_micros, micros

_import: Final = listed_numbers.c["import"]
_HASHES: Final = tuple(f"hash_{at}" for at in range(1 + MOST))
_SPELLINGS: Final[list[BindParameter[bytes]]] = [bindparam(name) for name in _HASHES]


class Book:
    """What the gate asks of the book, and what is written into it in the middle of a call."""

    def __init__(self, dialect: Dialect) -> None:
        own = select(
            do_not_call.c.why,
            do_not_call.c.since,
            null().label("until"),
            null().label("name"),
            null().label("source"),
            do_not_call.c.unproven,
        ).where(do_not_call.c.number.in_(_SPELLINGS))
        listed = (
            select(
                literal_column(f"'{SuppressionKind.IMPORTED}'"),
                list_imports.c.imported_at,
                list_imports.c.until,
                list_imports.c.name,
                list_imports.c.source,
                literal_column("0"),
            )
            .join(listed_numbers, _import == list_imports.c.id)
            .where(
                listed_numbers.c.number.in_(_SPELLINGS),
                list_imports.c.state == literal_column(f"'{IN_FORCE}'"),
            )
        )
        self._against = Prepared(dialect, union_all(own, listed))
        self._enter = Prepared(
            dialect,
            upsert(dialect, do_not_call)
            .values(
                {
                    name: bindparam(name)
                    for name in ("number", "why", "since", "by", "reason", "unproven")
                }
            )
            .on_conflict_do_nothing(),
        )
        refusal = upsert(dialect, do_not_call).values(
            {name: bindparam(name) for name in ("number", "why", "since", "by")}
        )
        self._refuse = Prepared(
            dialect,
            refusal.on_conflict_do_update(
                index_elements=[do_not_call.c.number, do_not_call.c.why],
                set_={"since": refusal.excluded.since, "by": refusal.excluded.by},
                where=do_not_call.c.since < refusal.excluded.since,
            ),
            why=SuppressionKind.REFUSAL.value,
        )

    def against(
        self, connection: Connection, number: bytes, older: Sequence[bytes] = ()
    ) -> tuple[Suppression, ...]:
        """Everything that the book has against the number, what has ended included.

        `older` are the hashes of its other spellings: what versions before took down by its hash
        alone was moved by no upgrade where nothing in the store told the number.
        """
        others = (*older, *(number,) * (MOST - len(older)))
        hashes = dict(zip(_HASHES, (number, *others), strict=True))
        rows = self._against.run(connection, **hashes).fetchall()
        return tuple(
            Suppression(
                SuppressionKind(why),
                instant(since),
                maybe_instant(until),
                name,
                source,
                unproven=bool(unproven),
            )
            for why, since, until, name, source, unproven in rows
        )

    def refused(self, connection: Connection, number: bytes, at: datetime, by: str) -> None:
        """Put a refusal into the book; of several the latest counts."""
        self._refuse.run(connection, number=number, since=micros(at), by=by)

    def enter(
        self,
        connection: Connection,
        number: bytes,
        why: SuppressionKind,
        since: datetime,
        by: str,
        reason: str | None = None,
        *,
        unproven: bool = False,
    ) -> bool:
        """Put a number into the book; False where it is there for that reason.

        So who asked before, keeps that time.
        """
        done = self._enter.run(
            connection,
            number=number,
            why=why.value,
            since=micros(since),
            by=by,
            reason=reason,
            unproven=int(unproven),
        )
        return bool(done.rowcount)

    def prove(self, connection: Connection, number: bytes) -> bool:
        """Whoever asked has a verified number after all; False where that is known."""
        asked = do_not_call.c.why == SuppressionKind.ASKED.value
        unproven = (do_not_call.c.number == number) & asked & (do_not_call.c.unproven == 1)
        done = connection.execute(update(do_not_call).where(unproven).values(unproven=0))
        return bool(done.rowcount)


def take_out(connection: Connection, number: bytes, why: SuppressionKind) -> datetime | None:
    """Take one reason out of the book; since when it was there, None where it was not."""
    since = connection.scalar(
        delete(do_not_call)
        .where(do_not_call.c.number == number, do_not_call.c.why == why.value)
        .returning(do_not_call.c.since)
    )
    return maybe_instant(since)


def entries(connection: Connection, limit: int | None) -> Sequence[BookEntry]:
    """The book without imported lists, the latest first."""
    asked = (
        select(do_not_call)
        .order_by(do_not_call.c.since.desc(), do_not_call.c.id.desc())
        .limit(limit)
    )
    return [
        BookEntry(
            row.number.hex(),
            SuppressionKind(row.why),
            instant(row.since),
            row.by,
            row.reason,
            unproven=bool(row.unproven),
        )
        for row in connection.execute(asked)
    ]


def begin_import(connection: Connection, wanted: ListImport) -> int:
    """An import that is coming: its numbers forbid nothing yet."""
    made = connection.execute(
        insert(list_imports)
        .values(
            name=wanted.name,
            source=wanted.source,
            digest=wanted.digest,
            imported_at=micros(wanted.imported_at),
            by=wanted.by,
            numbers=0,
            until=maybe_micros(wanted.until),
            state=COMING,
        )
        .returning(list_imports.c.id)
    )
    return int(made.scalar_one())


class Listing:
    """Puts the numbers of an import into the table."""

    def __init__(self, dialect: Dialect) -> None:
        self._put = Prepared(
            dialect,
            insert(listed_numbers).values(
                {"number": bindparam("number"), "import": bindparam("import")}
            ),
        )

    def put(self, connection: Connection, import_: int, numbers: Iterable[bytes]) -> None:
        self._put.run_many(
            connection, ({"number": number, "import": import_} for number in numbers)
        )


@dataclass(frozen=True, slots=True)
class Weighed:
    """What an import that is coming would replace: the ids, and what becomes of their numbers."""

    ids: frozenset[int]
    replacement: Replacement


def weigh(connection: Connection, import_: int, wanted: ListImport) -> Weighed:
    """What `wanted` would replace, all of whose numbers are in already. Reads the whole list."""
    ours = (list_imports.c.name == wanted.name) & (list_imports.c.state == IN_FORCE)
    old = connection.execute(select(list_imports.c.id, list_imports.c.until).where(ours)).all()
    ids = [row.id for row in old]
    new = listed_numbers.alias()
    stays = (
        select(new.c.number)
        .where(new.c["import"] == import_, new.c.number == listed_numbers.c.number)
        .exists()
    )
    listed = select(listed_numbers.c.number).where(_import.in_(ids)).distinct()
    since = micros(wanted.imported_at - LIST_PERIOD)
    before = select(func.sum(list_imports.c.gone)).where(
        list_imports.c.name == wanted.name, list_imports.c.imported_at > since
    )
    ends = [row.until for row in old]
    return Weighed(
        frozenset(ids),
        Replacement(
            size=_count(connection, listed),
            gone=_count(connection, listed.where(~stays)),
            gone_before=connection.scalar(before) or 0,
            ends=None if not ends or None in ends else instant(max(ends)),
            until=wanted.until,
        ),
    )


def _count(connection: Connection, asked: Select[tuple[bytes]]) -> int:
    return int(connection.execute(select(func.count()).select_from(asked.subquery())).scalar_one())


def in_force(connection: Connection, name: str) -> frozenset[int]:
    """The ids of the imports of that name that count."""
    ours = (list_imports.c.name == name) & (list_imports.c.state == IN_FORCE)
    return frozenset(connection.scalars(select(list_imports.c.id).where(ours)))


def set_signed(connection: Connection, import_: int, signed: str | None) -> None:
    """By which signature it came into force, where it replaced others."""
    if signed is not None:
        connection.execute(
            update(list_imports).where(list_imports.c.id == import_).values(signed=signed)
        )


def give_up(connection: Connection, import_: int) -> None:
    """An import that is coming never will."""
    connection.execute(
        update(list_imports).where(list_imports.c.id == import_).values(state=REPLACED)
    )


def put_in_force(
    connection: Connection, import_: int, name: str, numbers: int, *, replace: bool, gone: int = 0
) -> Sequence[int]:
    """From now on the import counts. `replace` ends the others of its name; returns which."""
    replaced: Sequence[int] = ()
    if replace:
        replaced = sorted(
            connection.scalars(
                update(list_imports)
                .where(list_imports.c.name == name, list_imports.c.state == IN_FORCE)
                .values(state=REPLACED)
                .returning(list_imports.c.id)
            )
        )
    connection.execute(
        update(list_imports)
        .where(list_imports.c.id == import_)
        .values(state=IN_FORCE, numbers=numbers, gone=gone)
    )
    return replaced


def imports(connection: Connection) -> Sequence[ListImport]:
    """Those in force, by name, the latest first."""
    asked = (
        select(list_imports)
        .where(list_imports.c.state == IN_FORCE)
        .order_by(list_imports.c.name, list_imports.c.imported_at.desc(), list_imports.c.id.desc())
    )
    return [
        ListImport(
            name=row.name,
            source=row.source,
            digest=row.digest,
            imported_at=instant(row.imported_at),
            by=row.by,
            numbers=row.numbers,
            until=maybe_instant(row.until),
            gone=row.gone,
        )
        for row in connection.execute(asked)
    ]


def left_over(connection: Connection, before: datetime) -> Sequence[int]:
    """Imports whose numbers are of no use: replaced, or begun before then and never finished."""
    unfinished = (list_imports.c.state == COMING) & (list_imports.c.imported_at < micros(before))
    asked = select(list_imports.c.id).where((list_imports.c.state == REPLACED) | unfinished)
    return list(connection.scalars(asked))


def drop_numbers(connection: Connection, import_: int, after: bytes, at_once: int) -> bytes | None:
    """Drop an import's numbers among the next `at_once` of all; the last of these, None at the end.

    Walks the table in its own order: no index is kept for what is done once in a while.
    """
    reach = select(listed_numbers.c.number).where(listed_numbers.c.number > after)
    window = reach.order_by(listed_numbers.c.number).limit(at_once).subquery()
    last = connection.scalar(select(window.c.number).order_by(window.c.number.desc()).limit(1))
    if last is None:
        connection.execute(
            update(list_imports).where(list_imports.c.id == import_).values(state=DROPPED)
        )
        return None
    connection.execute(
        delete(listed_numbers).where(
            _import == import_, listed_numbers.c.number > after, listed_numbers.c.number <= last
        )
    )
    return bytes(last)
