"""One connection to the database, kept, and made anew after it was lost."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from sqlalchemy import Connection, Engine

from dialer.errors import StoreInDoubtError
from dialer.store.database import Database


class InDoubtError(StoreInDoubtError):
    """The same, with the `mark` by which is told later whether it was done."""

    def __init__(self, message: str, mark: str) -> None:
        super().__init__(message)
        self.mark = mark


class Link:
    """Belongs to one thread. `first` is done with each new connection, `last` before the end.

    What it raises is the database's to explain.
    """

    def __init__(
        self,
        database: Database,
        engine: Callable[[], Engine],
        first: Callable[[Connection], None] | None = None,
        last: Callable[[Connection], None] | None = None,
    ) -> None:
        self._database = database
        self._make_engine = engine
        self._first = first
        self._last = last
        self._engine: Engine | None = None
        self._connection: Connection | None = None

    def connection(self) -> Connection:
        if self._engine is None:
            self._engine = self._make_engine()
        if self._connection is None:
            connection = self._engine.connect()
            try:
                if self._first is not None:
                    self._first(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def undo(self) -> None:
        """Roll back what was begun; drop the connection where it is lost."""
        if self._connection is None:
            return
        with suppress(*self._database.refusals):
            self._database.roll_back(self._connection)
        if self._database.is_lost(self._connection):
            self._drop()

    def close(self) -> None:
        if self._connection is not None:
            if self._last is not None:
                with suppress(*self._database.refusals):
                    self._last(self._connection)
            self._drop()
        if self._engine is not None:
            self._engine.dispose()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(*self._database.refusals):
                connection.close()
