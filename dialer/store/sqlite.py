"""All that is SQLite's own: the file, its settings, its transactions and its complaints."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event
from sqlalchemy.exc import SQLAlchemyError

from dialer.errors import StoreAwayError, StoreError
from dialer.store.lock import FolderLock
from dialer.store.prepared import plainly

FILE: Final = "dialer.sqlite3"
_BUSY_MS: Final = 5000
_SETTINGS: Final = (
    # Readers and the writer do not wait for each other.
    "PRAGMA journal_mode = WAL",
    # A commit has reached the disk when it returns: an attempt outlives a power cut.
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    f"PRAGMA busy_timeout = {_BUSY_MS}",
    # What is deleted or overwritten is zeros in the file.
    "PRAGMA secure_delete = ON",
    # Four times the default: pages that many commits touch are copied back once, not each time.
    "PRAGMA wal_autocheckpoint = 4000",
    # After an import the log shrinks again.
    "PRAGMA journal_size_limit = 67108864",
)
_READ_SETTINGS: Final = ("PRAGMA query_only = ON", f"PRAGMA busy_timeout = {_BUSY_MS}")
_ADVICE: Final[tuple[tuple[tuple[str, ...], type[StoreError], str], ...]] = (
    # By the beginning of SQLite's own name for the error; the first that fits is told.
    (
        ("SQLITE_CORRUPT", "SQLITE_NOTADB"),
        StoreError,
        (
            "the database {file} is damaged or is none; restore it from a backup, or move it away "
            "to start anew (what was dialled before is then forgotten)"
        ),
    ),
    (("SQLITE_FULL",), StoreAwayError, "no room for the database {file}; free space on its disk"),
    (
        ("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH"),
        StoreError,
        (
            "the database {file} cannot be opened or written; check that the user who runs dialer "
            "owns the file and its folder"
        ),
    ),
    (
        ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL"),
        StoreAwayError,
        "another program holds the database {file}; close it",
    ),
    (
        ("SQLITE_IOERR",),
        StoreAwayError,
        "the disk failed under the database {file}; look at the system's log",
    ),
)


class SqliteDatabase:
    """The database file in a data folder, as one writer and any readers see it."""

    refusals: tuple[type[Exception], ...] = (SQLAlchemyError, sqlite3.Error, OSError)
    membership = None

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / FILE
        self._lock: FolderLock | None = None

    @property
    def name(self) -> str:
        return f"the database {self.file}"

    @property
    def exists(self) -> bool:
        return self.file.exists()

    def take(self) -> None:
        """Make the folder and an empty file, for their owner only: it will hold numbers."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = FolderLock(self.folder)
            os.close(os.open(self.file, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
        except OSError as error:
            raise self.explain(error) from None

    def let_go(self) -> None:
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.release()

    def writer(self) -> Engine:
        return self._engine(_SETTINGS)

    def upgrader(self) -> Engine:
        """For one transaction in which tables are made or altered, before the writer's first.

        SQLite alters a table by making it anew and dropping the old one, to which others refer.
        """
        engine = self._engine((*_SETTINGS, "PRAGMA foreign_keys = OFF"))
        event.listen(engine, "begin", self.begin)
        return engine

    def must_be_whole(self, connection: Connection) -> None:
        """Raises StoreError where a row refers to one that is not there, after an upgrade."""
        if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
            raise StoreError(
                f"{self.name} was not upgraded: rows of it refer to others that are gone"
            )

    def write_anew(self, engine: Engine) -> None:
        """The file is written anew and its log emptied: older versions did not overwrite."""
        with engine.connect() as connection:
            driver = connection.connection
            driver.cursor().execute("VACUUM")
            driver.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def begin(self, connection: Connection) -> None:
        """Take the write lock when the transaction begins, not half-way."""
        plainly(connection, "BEGIN IMMEDIATE")

    def lock(self, connection: Connection, keys: Iterable[int]) -> None:
        """One transaction at a time has the whole file, from its beginning."""

    def commit(self, connection: Connection) -> None:
        connection.connection.commit()
        _settle(connection)

    def was_committed(self, connection: Connection, mark: str) -> bool:
        """Never asked: a commit of SQLite's says whether it was done."""
        raise NotImplementedError

    def roll_back(self, connection: Connection) -> None:
        connection.connection.rollback()
        _settle(connection)

    def enter(self, connection: Connection) -> None:
        """The lock of the folder says who works here."""

    def leave(self, connection: Connection) -> None:
        """The same."""

    def reader(self) -> Engine:
        engine = self._engine(_READ_SETTINGS)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        return engine

    def must_exist(self) -> None:
        """Raises StoreError where there is no file: a reader makes none."""
        if not self.file.exists():
            raise StoreError(f"{self.name} is not there: nothing was dialled from this folder yet")

    def lost_transaction(self, connection: Connection) -> bool:
        """True where SQLite itself has rolled back: it does so when the disk is full or fails."""
        driver = connection.connection.driver_connection
        return not (isinstance(driver, sqlite3.Connection) and driver.in_transaction)

    def is_lost(self, connection: Connection) -> bool:  # noqa: ARG002 -- PostgreSQL asks it
        """A file does not go away; one whose disk failed is asked again all the same."""
        return False

    def may_repeat(self, error: Exception) -> bool:  # noqa: ARG002 -- the same
        """Nobody else writes while one transaction does."""
        return False

    def scrub(self) -> bool:
        """The log of writes is copied into the file, where deleted rows are zeros, and emptied."""
        engine = self._engine(_SETTINGS)
        try:
            with engine.connect() as connection:
                busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar()
        except self.refusals as error:
            raise self.explain(error) from None
        finally:
            engine.dispose()
        return busy == 0

    def explain(self, error: Exception) -> StoreError:
        origin = getattr(error, "orig", None) or error
        code = getattr(origin, "sqlite_errorname", "")
        for codes, kind, advice in _ADVICE:
            if code.startswith(codes):
                return kind(advice.format(file=self.file))
        if isinstance(origin, OSError):
            what = origin.strerror or type(origin).__name__
            return StoreError(
                f"data_dir {self.folder} cannot be used: {what}; check that the user who runs "
                "dialer may write there"
            )
        # SQLite's texts name tables and columns, never values; Python's own may end with one.
        text = str(origin) if isinstance(origin, sqlite3.Error) else type(origin).__name__
        text = text.partition(" with text ")[0]
        return StoreError(f"{self.name} refused: {text}")

    def _engine(self, settings: tuple[str, ...]) -> Engine:
        engine = create_engine(
            URL.create("sqlite", database=str(self.file)), poolclass=NullPool, hide_parameters=True
        )

        def connected(driver: sqlite3.Connection, _record: object) -> None:
            # The driver's own idea of when a transaction begins is switched off.
            driver.isolation_level = None
            for setting in settings:
                driver.execute(setting)

        event.listen(engine, "connect", connected)
        return engine


def _settle(connection: Connection) -> None:
    """SQLAlchemy, where it executed a statement itself, believes to be in a transaction still."""
    if connection.in_transaction():
        connection.rollback()
