"""INSERT that may meet a row of its key, as the dialects of SQLite and PostgreSQL have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Dialect, Table
from sqlalchemy.dialects import sqlite

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql


def upsert(dialect: Dialect, table: Table) -> sqlite.Insert | postgresql.Insert:
    if dialect.name == "sqlite":
        return sqlite.insert(table)
    # All PostgreSQL drivers that SQLAlchemy knows come along: a tenth of a listing's time.
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415

    return postgresql.insert(table)
