"""Imported lists, table by table: what is coming forbids nothing, what was replaced goes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest_asyncio
from sqlalchemy import Connection

from dialer.ports.desks import ListImport
from dialer.store import SqlStore
from dialer.store.queries import suppression as queries
from tests.support.orders import NOON

T = TypeVar("T")
MOMENT = timedelta(microseconds=1)
HASHES = [bytes([each]) * 32 for each in range(9)]


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    made = SqlStore(tmp_path, "node-1")
    await made.open()
    yield made
    await made.close()


async def does(store: SqlStore, work: Callable[[Connection], T]) -> T:
    return await store.channel.submit(work)


async def against(store: SqlStore, number: bytes) -> list[str | None]:
    """The lists that name the number."""
    book = queries.Book(store.channel.dialect)
    return [each.list for each in await does(store, lambda c: book.against(c, number))]


async def listed(store: SqlStore, name: str, *numbers: bytes) -> int:
    """An import of these numbers, which is coming."""
    listing = queries.Listing(store.channel.dialect)

    def work(connection: Connection) -> int:
        wanted = ListImport(name, "the authority", "5c", NOON, "ann", 0)
        made = queries.begin_import(connection, wanted)
        listing.put(connection, made, numbers)
        return made

    return await does(store, work)


async def test_a_list_forbids_once_it_is_whole(store: SqlStore) -> None:
    coming = await listed(store, "a", HASHES[1])
    assert await against(store, HASHES[1]) == []
    assert await does(store, lambda c: queries.put_in_force(c, coming, "a", 1, replace=False)) == ()
    assert await against(store, HASHES[1]) == ["a"]
    (told,) = await does(store, queries.imports)
    assert (told.name, told.numbers, told.source) == ("a", 1, "the authority")


async def test_a_list_that_replaces_ends_those_of_its_name_and_no_other(store: SqlStore) -> None:
    for name, number in (("a", 1), ("b", 2), ("a", 3)):
        made = await listed(store, name, HASHES[number])
        await does(store, lambda c, i=made, n=name: queries.put_in_force(c, i, n, 1, replace=False))
    newest = await listed(store, "a", HASHES[4])
    ended = await does(store, lambda c: queries.put_in_force(c, newest, "a", 1, replace=True))
    assert ended == [1, 3]
    found = [await against(store, HASHES[number]) for number in (1, 2, 3, 4)]
    assert found == [[], ["b"], [], ["a"]]


async def test_what_is_of_no_use_is_found_and_dropped_and_nothing_else_is(store: SqlStore) -> None:
    unfinished = await listed(store, "a", *HASHES[:5])
    kept = await listed(store, "b", *HASHES[3:])
    await does(store, lambda c: queries.put_in_force(c, kept, "b", 6, replace=False))
    assert await does(store, lambda c: queries.left_over(c, NOON)) == []
    assert await does(store, lambda c: queries.left_over(c, NOON + MOMENT)) == [unfinished]
    after: bytes | None = b""
    while after is not None:
        after = await does(store, lambda c, a=after: queries.drop_numbers(c, unfinished, a, 2))
    assert await does(store, lambda c: queries.left_over(c, NOON + MOMENT)) == []
    assert [await against(store, each) for each in HASHES] == [[]] * 3 + [["b"]] * 6
    left = "SELECT count(*) FROM listed_numbers"
    assert await does(store, lambda c: c.exec_driver_sql(left).scalar()) == 6
