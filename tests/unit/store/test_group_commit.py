"""One commit for all that waits; a failure is its own, a failed commit is everyone's."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import Connection

from dialer.core.values.verdict import Allow
from dialer.errors import StoreError
from dialer.store import SqlStore
from dialer.store.sqlite import SqliteDatabase
from dialer.store.writer import GroupWriter, Patience
from tests.support.orders import NOON, order
from tests.support.store import allow, begin, call_end


@pytest_asyncio.fixture
async def store(new_store: Path) -> AsyncIterator[SqlStore]:
    made = SqlStore(new_store, "node-1")
    await made.open()
    yield made
    await made.close()


class Gatekeeper:
    """Holds the writer's thread inside a commit, so that what follows gathers into one group."""

    def __init__(self, store: SqlStore) -> None:
        self._let_go = threading.Event()
        self.held = store._writer.submit(lambda _connection: self._let_go.wait(30), alone=True)

    def let_go(self) -> None:
        self._let_go.set()


async def test_what_waits_is_committed_together(store: SqlStore) -> None:
    contacts = await store.claim(await begin(store, 200), 200, NOON)
    gate = Gatekeeper(store)
    orders = [order(str(each.id), to=each) for each in contacts]
    waiting = [asyncio.ensure_future(store.authorise(each, allow)) for each in orders]
    await asyncio.sleep(0)
    before = store.commits
    gate.let_go()
    assert await asyncio.gather(*waiting) == [Allow()] * 200
    await gate.held
    assert store.commits - before == 2  # the gatekeeper's and the group's


async def test_a_failure_in_a_group_is_its_own(store: SqlStore) -> None:
    contacts = await store.claim(await begin(store, 4), 4, NOON)
    same = [order("same", to=contact) for contact in contacts[:2]]
    orders = [same[0], order("a", to=contacts[2]), same[1], order("b", to=contacts[3])]
    gate = Gatekeeper(store)
    waiting = [asyncio.ensure_future(store.authorise(each, allow)) for each in orders]
    await asyncio.sleep(0)
    gate.let_go()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [results[0], results[1], results[3]] == [Allow()] * 3
    assert isinstance(results[2], StoreError)
    assert [row.call for row in await store.calls()] == ["call-b", "call-a", "call-same"]
    # The one that failed is as it was: claimed, and to be given back.
    await store.release([contacts[1].id])
    assert (await store.progress(contacts[1].campaign)).waiting == 1


@pytest_asyncio.fixture
async def writer(tmp_path: Path) -> AsyncIterator[GroupWriter]:
    """A writer on tables whose constraints can break a commit."""
    database = SqliteDatabase(tmp_path)
    database.take()
    made = GroupWriter(database)

    def tables(connection: Connection) -> None:
        connection.exec_driver_sql("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
        connection.exec_driver_sql(
            "CREATE TABLE child (parent REFERENCES parent DEFERRABLE INITIALLY DEFERRED)"
        )

    await made.start(tables)
    yield made
    await made.stop()
    database.let_go()


async def together(writer: GroupWriter, *work: str) -> list[object]:
    """What became of statements that were done as one group."""
    hold = threading.Event()
    held = writer.submit(lambda _connection: hold.wait(30), alone=True)

    def does(text: str) -> Callable[[Connection], str]:
        def do(connection: Connection) -> str:
            connection.exec_driver_sql(text)
            return "done"

        return do

    futures = [writer.submit(does(text)) for text in work]
    hold.set()
    await held
    return list(await asyncio.gather(*futures, return_exceptions=True))


async def rows(writer: GroupWriter) -> int:
    def count(connection: Connection) -> int:
        return int(connection.exec_driver_sql("SELECT count(*) FROM parent").scalar_one())

    return await writer.submit(count)


async def test_a_commit_that_fails_fails_for_all_in_it(writer: GroupWriter) -> None:
    good = "INSERT INTO parent DEFAULT VALUES"
    # A deferred constraint is looked at by COMMIT alone.
    results = await together(writer, good, "INSERT INTO child VALUES (99)", good)
    assert [type(each) for each in results] == [StoreError] * 3
    assert "FOREIGN KEY" in str(results[0])
    assert await rows(writer) == 0
    assert await together(writer, good, good) == ["done", "done"]
    assert await rows(writer) == 2


async def test_where_sqlite_itself_rolls_back_all_have_failed(writer: GroupWriter) -> None:
    good = "INSERT INTO parent VALUES (1)"
    # As a full disk does, this takes the whole transaction with it, savepoints and all.
    results = await together(writer, good, "INSERT OR ROLLBACK INTO parent VALUES (1)", good)
    assert [type(each) for each in results] == [StoreError] * 3
    assert await rows(writer) == 0
    assert await together(writer, good) == ["done"]


async def test_what_is_not_dialled_for_waits_for_company(
    writer: GroupWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = writer.commits
    with monkeypatch.context() as patch:
        patch.setattr("dialer.store.writer._PATIENCE", 60.0)
        patient = writer.submit(lambda _connection: 1, patience=Patience.SOME)
        hurried = writer.submit(lambda _connection: 2)
        assert (await patient, await hurried) == (1, 2)
    assert writer.commits - before == 1
    # And without company it is not left waiting.
    assert await writer.submit(lambda _connection: 3, patience=Patience.SOME) == 3
    assert writer.commits - before == 2


async def test_an_attempt_waits_for_company_only_close_behind_another_commit(
    writer: GroupWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd = Patience.IN_A_CROWD
    # The last commit is a minute ago, or so the writer thinks.
    monkeypatch.setattr("dialer.store.writer._PATIENCE", -60.0)
    before = writer.commits
    assert await writer.submit(lambda _connection: 1, patience=crowd) == 1
    assert writer.commits - before == 1
    monkeypatch.setattr("dialer.store.writer._PATIENCE", 60.0)
    first = writer.submit(lambda _connection: 2, patience=crowd)
    second = writer.submit(lambda _connection: 3, patience=crowd)
    hurried = writer.submit(lambda _connection: 4)
    assert (await first, await second, await hurried) == (2, 3, 4)
    assert writer.commits - before == 2


async def test_an_import_neither_joins_a_group_nor_overtakes_one(writer: GroupWriter) -> None:
    done: list[str] = []
    jobs = [
        writer.submit(lambda _connection: done.append("patient"), patience=Patience.SOME),
        writer.submit(lambda _connection: done.append("alone"), alone=True),
        writer.submit(lambda _connection: done.append("hurried")),
    ]
    before = writer.commits
    await asyncio.gather(*jobs)
    assert done == ["patient", "alone", "hurried"]
    assert writer.commits - before == 3


async def test_who_gives_up_waiting_is_not_dialled_behind_his_back(store: SqlStore) -> None:
    campaign = await begin(store, 1)
    (contact,) = await store.claim(campaign, 1, NOON)
    gate = Gatekeeper(store)
    waiting = asyncio.ensure_future(store.authorise(order(to=contact), allow))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    gate.let_go()
    await gate.held
    await store.release([])  # a later job: what was before it has had its turn
    assert await store.attempts() == []


async def test_closing_lets_what_is_queued_be_written(tmp_path: Path) -> None:
    store = SqlStore(tmp_path, "node-1")
    await store.open()
    contacts = await store.claim(await begin(store, 50), 50, NOON)
    orders = [order(str(each.id), to=each) for each in contacts]
    for each in orders:
        await store.authorise(each, allow)
    ends = [asyncio.ensure_future(store.end_call(call_end(each))) for each in orders]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*ends)
    again = SqlStore(tmp_path, "node-1")
    await again.open()
    assert (await again.progress(contacts[0].campaign)).done == 50
    await again.close()


async def test_what_comes_after_the_close_is_refused(tmp_path: Path) -> None:
    store = SqlStore(tmp_path, "node-1")
    await store.open()
    closing = asyncio.ensure_future(store.close())
    await asyncio.sleep(0)
    with pytest.raises(StoreError, match="not open"):
        await store.claim(1, 1, NOON)
    await closing
    await store.close()
    with pytest.raises(StoreError, match="closed"):
        await store.calls()


async def test_a_store_closed_twice_can_be_opened_again(tmp_path: Path) -> None:
    store = SqlStore(tmp_path, "node-1")
    for _ in range(2):
        await store.open()
        assert await store.calls() == []
        await asyncio.gather(store.close(), store.close())
        await store.close()


async def test_a_contact_that_nobody_holds_cannot_be_called(store: SqlStore) -> None:
    campaign = await begin(store, 1)
    (contact,) = await store.claim(campaign, 1, NOON)
    await store.release([contact.id])
    with pytest.raises(StoreError, match="not claimed"):
        await store.authorise(order(to=contact), allow)
    assert await store.calls() == []


async def test_an_end_of_what_never_began_is_refused(store: SqlStore) -> None:
    contacts = await store.claim(await begin(store, 1), 1, NOON)
    placed = order(to=contacts[0])
    with pytest.raises(StoreError, match="not known"):
        await store.end_call(call_end(placed))
    with pytest.raises(StoreError, match="not live"):
        await store.authorise(order(to=contacts[0], number_in_call=2), allow)
