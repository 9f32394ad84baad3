"""The one `MetaData` of all tables. Times are whole microseconds since 1970, UTC."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Index, MetaData

metadata: Final = MetaData()

_PARTIAL: Final[list[tuple[Index, ColumnElement[bool]]]] = []


def partial_index(
    name: str, *columns: Column[Any], where: ColumnElement[bool], unique: bool = False
) -> None:
    """An index of the rows that `where` holds for."""
    _PARTIAL.append((Index(name, *columns, unique=unique, sqlite_where=where), where))


def say_to_postgres() -> None:
    """Tell PostgreSQL's dialect of partial indexes. Not before: it brings all its drivers along."""
    for index, where in _PARTIAL:
        index.dialect_options["postgresql"]["where"] = where
