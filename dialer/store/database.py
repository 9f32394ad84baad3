"""What the store asks of a database: SQLite's and PostgreSQL's are the two that answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import Connection, Engine

from dialer.errors import StoreError

if TYPE_CHECKING:
    from dialer.store.membership import Membership


class Database(Protocol):
    """One database, as its one writer and any readers see it. Not for the event loop: it blocks."""

    @property
    def name(self) -> str:
        """What errors call it; no secret is in it."""

    @property
    def refusals(self) -> tuple[type[Exception], ...]:
        """What it may raise; `explain` puts each into words."""

    @property
    def membership(self) -> Membership | None:
        """This process as a node among others; None where it is none, or has no others."""

    @property
    def exists(self) -> bool:
        """Whether anything was ever kept in it. Raises StoreError where that cannot be known."""

    def must_exist(self) -> None:
        """Raises StoreError where nothing was ever kept: a reader makes nothing."""

    def take(self) -> None:
        """Become the one process that writes here, before it connects. Raises StoreError."""

    def let_go(self) -> None:
        """The last of this process: another may take it."""

    def upgrader(self) -> Engine:
        """For one transaction in which tables are made or altered, before the writer's first."""

    def must_be_whole(self, connection: Connection) -> None:
        """Raises StoreError where an upgrade left rows that refer to none."""

    def write_anew(self, engine: Engine) -> None:
        """After an upgrade: leave nothing on disk of what it took out of the tables."""

    def writer(self) -> Engine:
        """For one connection whose transactions are begun and ended by the methods below."""

    def enter(self, connection: Connection) -> None:
        """The first of a writer's new connection, outside of any transaction. Raises StoreError."""

    def leave(self, connection: Connection) -> None:
        """The last of it, where the process ends in peace."""

    def reader(self) -> Engine:
        """It cannot write; each of its transactions sees one state of the database."""

    def begin(self, connection: Connection) -> None: ...

    def lock(self, connection: Connection, keys: Iterable[int]) -> None:
        """Keep every other node's transaction off these keys until this one ends."""

    def commit(self, connection: Connection) -> None:
        """Raises InDoubtError where the connection was lost before the answer came."""

    def was_committed(self, connection: Connection, mark: str) -> bool:
        """Whether the commit that an InDoubtError spoke of was done."""

    def roll_back(self, connection: Connection) -> None:
        """Undo the transaction; where the database has done so already, nothing is left to undo."""

    def lost_transaction(self, connection: Connection) -> bool:
        """Whether the transaction is over by the database's own doing, savepoints and all."""

    def is_lost(self, connection: Connection) -> bool:
        """Whether the connection itself is of no more use."""

    def may_repeat(self, error: Exception) -> bool:
        """Whether the same transaction may succeed at once: others were in its way."""

    def scrub(self) -> bool:
        """Take what is kept of deleted rows off the files; False where others are in the way.

        Raises StoreError.
        """

    def explain(self, error: Exception) -> StoreError:
        """What went wrong and what to do, without the values of any statement.

        A StoreAwayError where it may be over by itself.
        """
