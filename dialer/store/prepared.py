"""Statements compiled once: SQLAlchemy writes the SQL, and the driver executes it.

Executing a Core statement costs 39 us of Python, its text through SQLAlchemy 13 us, through the
driver's own cursor 3 us; a call takes a dozen. Rows come as the driver's tuples of integers,
floats and texts, and errors as the driver's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ClauseElement, Connection, Dialect, Insert
from sqlalchemy.engine.interfaces import DBAPICursor

Values = Mapping[str, Any]


class Prepared:
    """One statement, for one dialect.

    Its parameters are the names of its `bindparam`s and of the columns it sets, `fixed` ones once
    and for all.
    """

    def __init__(self, dialect: Dialect, statement: ClauseElement, **fixed: object) -> None:
        if isinstance(statement, Insert):
            # Nobody asks for the key that the database gave.
            statement = statement.inline()
        compiled = statement.compile(dialect=dialect)
        self.text = str(compiled)
        self._order: list[str] | None = getattr(compiled, "positiontup", None)
        self._fixed = {n: v for n, v in compiled.params.items() if v is not None} | fixed

    def run(self, connection: Connection, **values: object) -> DBAPICursor:
        """Execute it once, within the connection's transaction."""
        cursor = connection.connection.cursor()
        cursor.execute(self.text, self._parameters(values))
        return cursor

    def run_many(self, connection: Connection, rows: Iterable[Values]) -> None:
        """Execute it for each of `rows`, in one call of the driver; no rows, no call."""
        parameters = [self._parameters(values) for values in rows]
        if parameters:
            connection.connection.cursor().executemany(self.text, parameters)

    def _parameters(self, values: Values) -> Any:  # noqa: ANN401 - what the driver takes
        given = {**self._fixed, **values}
        # qmark drivers take them in order, pyformat ones by name.
        return given if self._order is None else tuple([given[name] for name in self._order])


def plainly(connection: Connection, text: str) -> None:
    """Execute a statement that is the same in every dialect."""
    connection.connection.cursor().execute(text, ())
