"""Each released schema comes up to this one without losing a row; revisions fit the tables."""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, NullPool, create_engine, inspect

from dialer.core.values.number import E164
from dialer.core.values.outcome import Reason
from dialer.errors import MasterKeyError, StoreError
from dialer.store import SqlStore, migrations
from dialer.store.following import Afterwards
from dialer.store.keyring import Keyring, StoreKeys
from dialer.store.schema import metadata
from dialer.store.sqlite import FILE
from dialer.store.values import maybe_instant
from tests.support.orders import NOON, contact, order
from tests.support.store import call_through, claim_one

RELEASED = sorted(Path(__file__).parent.joinpath("released").glob("schema_*.sql"))
"""Databases as those versions built them, each with rows."""


def released(folder: Path, script: Path) -> Path:
    """The database of an old version, in a data folder."""
    file = folder / FILE
    with closing(sqlite3.connect(file)) as database:
        database.executescript(script.read_text(encoding="utf-8"))
    return file


def rows(file: Path) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables, but those that hold the version."""
    with closing(sqlite3.connect(file)) as database:
        names = database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        return {
            name: sorted(database.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr)
            for (name,) in names
            if not name.endswith("_version")
        }


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = create_engine(f"sqlite:///{tmp_path / FILE}", poolclass=NullPool)
    yield made
    made.dispose()


def test_there_is_one_head_and_its_number_is_the_version() -> None:
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))
    assert scripts.get_heads() == [f"{migrations.version():04}"]
    numbers = [script.revision for script in scripts.walk_revisions()]
    assert numbers == [f"{number:04}" for number in range(migrations.version(), 0, -1)]


def test_the_revisions_make_what_the_tables_say(engine: Engine) -> None:
    with engine.begin() as connection:
        assert migrations.bring_up(connection, "the database")
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []
        assert not migrations.bring_up(connection, "the database")


def test_indexes_are_partial_where_the_tables_say_so(engine: Engine, tmp_path: Path) -> None:
    """What Alembic's comparison leaves out."""
    other = create_engine(f"sqlite:///{tmp_path / 'created'}", poolclass=NullPool)

    def partial(connection: Connection) -> dict[str, str]:
        found = connection.exec_driver_sql(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql LIKE '% WHERE %'"
        )
        return {name: sql.partition(" WHERE ")[2].replace("contacts.", "") for name, sql in found}

    with engine.begin() as migrated, other.begin() as created:
        migrations.bring_up(migrated, "the database")
        metadata.create_all(created)
        assert partial(migrated) == partial(created) != {}


@pytest.mark.parametrize("script", RELEASED, ids=lambda script: script.stem)
async def test_a_released_database_is_brought_up_and_loses_nothing(
    tmp_path: Path, script: Path
) -> None:
    file = released(tmp_path, script)
    before = rows(file)
    assert len(before["contacts"]) == 5
    assert len(before["calls"]) == 3
    with closing(sqlite3.connect(file)) as database:
        asked = "SELECT number, max(refused_at) FROM calls GROUP BY number"
        refused = dict(database.execute(asked).fetchall())
    assert sum(at is not None for at in refused.values()) == 1

    store = SqlStore(tmp_path, "node-1")
    await store.open()
    after = rows(file)
    for table, kept in before.items():
        if table != "suppressions":
            assert len(after[table]) == len(kept), table
    for clear, at in refused.items():
        shown = await store.history(order("ask", to=contact(9, 1, E164(clear))))
        assert shown.refused_at == maybe_instant(at)
    # Who asked by calling us, and who refused in a call of ours, are in one book.
    asked = len(before.get("suppressions", ()))
    assert sorted(why for _, _, why, *_ in after["do_not_call"]) == ["asked"] * asked + ["refusal"]
    ended = [str(call.outcome) for call in await store.calls()]
    assert ended == ["None", "callee.opted_out", "dialer.completed"]
    assert [attempt.call for attempt in await store.attempts()] == ["call-1", "call-2", "call-3"]
    # What was in clear can be told, by who has the keys.
    assert {call.number for call in await store.calls()} < {
        E164(number) for number in in_clear(script)
    }
    # What was cut short is closed, what was claimed is called: the node goes on where it was.
    assert await store.recover("node-1", NOON) == 1
    await call_through(store, await claim_one(store, 1), "4", Reason.COMPLETED)
    await call_through(store, await claim_one(store, 1), "5", Reason.COMPLETED)
    progress = await store.progress(1)
    assert (progress.done, progress.total) == (5, 5)
    await store.close()
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        versions = database.execute("SELECT version_num FROM alembic_version").fetchall()
    assert versions == [(f"{migrations.version():04}",)]
    assert "schema_version" not in after


def everything_in(folder: Path) -> bytes:
    return b"".join(each.read_bytes() for each in folder.rglob("*") if each.is_file())


def in_clear(script: Path) -> set[str]:
    """The numbers of callees in an old version's database."""
    return set(re.findall(r"\+447700900\d{3}", script.read_text(encoding="utf-8")))


@pytest.mark.parametrize("script", RELEASED, ids=lambda script: script.stem)
async def test_of_what_was_in_clear_nothing_is_left(tmp_path: Path, script: Path) -> None:
    file = released(tmp_path, script)
    numbers = {number.encode() for number in in_clear(script)}
    assert len(numbers) > 4
    assert all(number in file.read_bytes() for number in numbers)
    store = SqlStore(tmp_path, "node-1")
    await store.open()
    kept = everything_in(tmp_path)
    await store.close()
    assert [number for number in numbers if number in kept] == []
    for told in (b"branch form", b"form-3"):
        assert told not in kept


async def test_a_database_that_lost_its_keys_is_refused(tmp_path: Path) -> None:
    released(tmp_path, RELEASED[-1])
    store = SqlStore(tmp_path, "node-1")
    await store.open()
    await store.close()
    (tmp_path / "keys" / "master.key").unlink()
    for reader in (False, True):
        with pytest.raises(MasterKeyError, match="restore it from where you keep its copy"):
            await SqlStore(tmp_path, "node-1", reader=reader).open()
    assert not (tmp_path / "keys" / "master.key").exists()


def shape(connection: Connection) -> dict[str, Any]:
    """Tables, columns and indexes, whatever their order."""
    asked = inspect(connection)
    return {
        table: (
            {column["name"]: (str(column["type"]), column["nullable"]) for column in columns},
            sorted(str(index["name"]) for index in asked.get_indexes(table)),
            asked.get_pk_constraint(table)["constrained_columns"],
            sorted(key["referred_table"] for key in asked.get_foreign_keys(table)),
        )
        for table in asked.get_table_names()
        if (columns := asked.get_columns(table))
    }


@pytest.mark.parametrize("script", RELEASED, ids=lambda script: script.stem)
def test_a_released_database_becomes_what_a_new_one_is(
    engine: Engine, tmp_path: Path, script: Path
) -> None:
    released(tmp_path, script)
    fresh = create_engine("sqlite://")
    keys = Keyring(StoreKeys.beside(tmp_path).masters, Afterwards())
    keys.read()
    with engine.begin() as upgraded, fresh.begin() as made:
        migrations.bring_up(upgraded, "the database", {"keys": keys})
        migrations.bring_up(made, "the database")
        assert shape(upgraded) == shape(made)


@pytest.mark.parametrize("script", RELEASED, ids=lambda script: script.stem)
async def test_a_reader_of_an_older_database_says_what_brings_it_up(
    tmp_path: Path, script: Path
) -> None:
    file = released(tmp_path, script)
    before = file.read_bytes()
    version = int(script.stem[-1])
    if version < migrations.version():
        with pytest.raises(StoreError, match=rf"older version \(schema {version}.*up to date"):
            await SqlStore(tmp_path, "report", reader=True).open()
    assert file.read_bytes() == before


async def test_an_upgrade_that_fails_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = released(tmp_path, RELEASED[0])
    before = rows(file)

    def refuse(*_: object) -> None:
        raise StoreError("as told")

    with monkeypatch.context() as patch:
        patch.setattr("dialer.store.sqlite.SqliteDatabase.must_be_whole", refuse)
        with pytest.raises(StoreError, match="as told"):
            await SqlStore(tmp_path, "node-1").open()
    assert rows(file) == before
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("SELECT version FROM schema_version").fetchall() == [(1,)]


def test_an_upgrade_says_nothing(
    engine: Engine, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), engine.begin() as connection:
        migrations.bring_up(connection, "the database")
    assert capfd.readouterr() == ("", "")
    assert [record for record in caplog.records if record.name.startswith("alembic")] == []


def test_revisions_reach_what_they_are_given(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []

    def look(config: Config, _revision: str) -> None:
        seen.append(config.attributes["vault"])

    monkeypatch.setattr("alembic.command.upgrade", look)
    with engine.begin() as connection, pytest.raises(StoreError):
        migrations.bring_up(connection, "the database", {"vault": "the vault"})
    assert seen == ["the vault"]


def test_foreign_tables_beside_ours_are_left_alone(engine: Engine) -> None:
    with engine.begin() as connection:
        migrations.bring_up(connection, "the database")
        connection.exec_driver_sql("CREATE TABLE notes (words TEXT)")
        assert not migrations.bring_up(connection, "the database")
    found = MetaData()
    found.reflect(engine)
    assert "notes" in found.tables
