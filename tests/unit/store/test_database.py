"""The database itself: its settings, its lock, and what is said when it cannot be had."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from sqlalchemy import Connection

from dialer.errors import StoreError, StoreLockedError
from dialer.store import SqlStore
from dialer.store.lock import LOCK, FolderLock
from dialer.store.migrations import version
from dialer.store.prepared import Prepared
from dialer.store.schema import attempts, calls, contacts
from dialer.store.sqlite import FILE
from tests.support.orders import NOON, order
from tests.support.store import allow, begin, call_through, claim_one


def within(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def opened(folder: Path) -> SqlStore:
    store = SqlStore(folder, "node-1")
    await store.open()
    return store


async def test_a_commit_is_on_the_disk_when_it_returns(tmp_path: Path) -> None:
    store = await opened(tmp_path)

    def settings(connection: Connection) -> list[object]:
        asked = ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "busy_timeout")
        return [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in asked]

    assert await store._writer.submit(settings) == ["wal", 2, 1, 1, 5000]
    await store.close()


async def test_what_is_deleted_is_not_in_the_file_any_more(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    secret = "kept no longer than it must be, " * 9

    def say(what: str) -> Callable[[Connection], object]:
        return lambda connection: connection.exec_driver_sql(what.format(secret))

    await store.channel.submit(say("CREATE TABLE words (one TEXT)"))
    await store.channel.submit(say("INSERT INTO words VALUES ('{}')"))
    assert await store.channel.scrub()
    assert secret.encode() in (tmp_path / FILE).read_bytes()
    await store.channel.submit(say("DELETE FROM words"))
    assert await store.channel.scrub()
    assert secret.encode() not in (tmp_path / FILE).read_bytes()
    assert (tmp_path / f"{FILE}-wal").stat().st_size == 0
    await store.close()


async def test_what_holds_numbers_is_for_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "var"
    store = await opened(folder)
    await begin(store, 3)
    modes = {path.name: mode(path) for path in within(folder)}
    await store.close()
    assert mode(folder) == 0o700
    assert set(modes) >= {FILE, f"{FILE}-wal", f"{FILE}-shm", LOCK}
    assert set(modes.values()) == {0o600}
    assert mode(folder / "keys") == 0o700


async def test_one_process_works_on_a_folder(tmp_path: Path) -> None:
    first = await opened(tmp_path)
    with pytest.raises(StoreLockedError, match=r"process [0-9]+ works on .* another data_dir"):
        await SqlStore(tmp_path, "node-2").open()
    await first.close()
    second = await opened(tmp_path)
    await second.close()


def test_a_lock_let_go_can_be_taken(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path)
    with pytest.raises(StoreLockedError):
        FolderLock(tmp_path)
    lock.release()
    FolderLock(tmp_path).release()


async def test_a_reader_reads_beside_the_writer_and_changes_nothing(tmp_path: Path) -> None:
    writer = await opened(tmp_path)
    campaign = await begin(writer, 2)
    await call_through(writer, await claim_one(writer, campaign), "1")
    reader = SqlStore(tmp_path, "report", reader=True)
    await reader.open()
    assert [row.call for row in await reader.calls()] == ["call-1"]
    assert (await reader.progress(campaign)).done == 1
    with pytest.raises(StoreError, match="not open for writing"):
        await reader.claim(campaign, 1, NOON)
    await call_through(writer, await claim_one(writer, campaign), "2")
    assert len(await reader.calls()) == 2
    await reader.close()
    await writer.close()


async def test_a_reader_makes_no_database(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nothing was dialled from this folder yet"):
        await SqlStore(tmp_path, "report", reader=True).open()
    assert within(tmp_path) == []


def newer(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        database.execute("INSERT INTO alembic_version VALUES (?)", (f"{version() + 1:04}",))
    database.close()


def migrated_by_another(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        database.execute("INSERT INTO alembic_version VALUES ('1a2b3c4d5e6f')")
    database.close()


def foreign(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE recipes (title TEXT)")
    database.close()


def half(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE schema_version (version INTEGER NOT NULL)")
        database.execute("INSERT INTO schema_version VALUES (4)")
    database.close()


def garbage(path: Path) -> None:
    path.write_bytes(b"SQLite format 4, or so\n" * 400)


@pytest.mark.parametrize(
    "spoil,told",
    [
        (newer, rf"newer version \(schema {version() + 1}, this one knows {version()}\)"),
        (foreign, "tables of another program"),
        (migrated_by_another, "tables of another program"),
        (half, "restore it from a backup"),
        (garbage, "damaged or is none; restore it from a backup"),
    ],
)
@pytest.mark.parametrize("reader", [False, True])
async def test_a_database_that_is_not_ours_is_refused_and_left_as_it_is(
    tmp_path: Path, spoil: Callable[[Path], None], told: str, *, reader: bool
) -> None:
    file = tmp_path / FILE
    spoil(file)
    before = file.read_bytes()
    with pytest.raises(StoreError, match=told) as refused:
        await SqlStore(tmp_path, "node-1", reader=reader).open()
    assert FILE in str(refused.value)
    assert file.read_bytes()[100:] == before[100:]  # the header notes that WAL was asked for


async def test_a_data_dir_that_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file where a folder should be")
    for folder in (tmp_path / "var", tmp_path / "var" / "deeper"):
        with pytest.raises(StoreError, match=r"data_dir .* cannot be used"):
            await SqlStore(folder, "node-1").open()


async def test_a_database_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(StoreError):
        await SqlStore(tmp_path, "node-1").open()
    # The lock was given back.
    FolderLock(tmp_path).release()


async def test_a_full_disk_is_told_and_nothing_is_half_written(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    campaign = await begin(store, 2)
    first, second = await store.claim(campaign, 2, NOON)

    def no_more_pages(connection: Connection) -> None:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    await store._writer.submit(no_more_pages)
    with pytest.raises(StoreError, match=r"no room for the database .* free space"):
        await begin(store, 5000, "large")
    assert [row.call for row in await store.calls()] == []
    await store._writer.submit(lambda c: c.exec_driver_sql("PRAGMA max_page_count = 1000000"))
    await store.authorise(order("1", to=first), allow)
    await store.authorise(order("2", to=second), allow)
    assert (await begin(store, 5000, "large")) == campaign + 1
    await store.close()


async def test_no_hot_statement_walks_a_whole_table(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    hot = [
        *vars(store._calling).values(),
        *vars(store._turns).values(),
        *vars(store._tallies).values(),
    ]
    texts = [each._compiled[0] for each in hot if isinstance(each, Prepared)]
    assert len(texts) >= 15

    def plans(connection: Connection) -> list[tuple[str, str]]:
        def plan(text: str) -> Sequence[Sequence[str]]:
            marks = (None,) * text.count("?")
            return connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", marks).all()

        return [(text, row[3]) for text in texts for row in plan(text)]

    walks = [
        (text, step)
        for text, step in await store._writer.submit(plans)
        # That index holds the calls that live now, and no others.
        if (step.startswith("SCAN") and not step.endswith("USING INDEX calls_live"))
        or "TEMP B-TREE" in step
    ]
    assert walks == []
    await store.close()


def test_every_instant_is_kept_to_the_microsecond() -> None:
    for table in (contacts, calls, attempts):
        for column in table.columns:
            if column.name.endswith("_at") or column.name == "due":
                assert str(column.type) == "BIGINT", f"{table.name}.{column.name}"
