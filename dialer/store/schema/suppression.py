"""The book of suppressions. Numbers are keyed hashes, 32 bytes: the book outlives all else."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from dialer.store.schema.base import metadata

do_not_call: Final = Table(
    "do_not_call",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", LargeBinary, nullable=False),
    # `dialer.core.values.suppression.Why`.
    Column("why", Text, nullable=False),
    # Of a refusal the latest, of all else the first. A refusal rests for months from then on; how
    # many, only the configuration says (docs/decisions/refusals.md).
    Column("since", BigInteger, nullable=False),
    # A user's name, or a node's.
    Column("by", Text, nullable=False),
    Column("reason", Text),
    # 1 where a caller asked for it whose number nobody had verified.
    Column("unproven", Integer, nullable=False, server_default="0"),
    # One reason is in the book once a number; by it the gate looks up.
    UniqueConstraint("number", "why"),
)

COMING: Final = "coming"
IN_FORCE: Final = "in force"
REPLACED: Final = "replaced"
DROPPED: Final = "dropped"
"""The states of an import. Only one that is whole is in force; replaced, it is dropped."""

list_imports: Final = Table(
    "list_imports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("imported_at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("numbers", Integer, nullable=False),
    # From then on it forbids nothing; NULL: for good.
    Column("until", BigInteger),
    Column("state", Text, nullable=False),
    # How many numbers left the list when it replaced others.
    Column("gone", Integer, nullable=False, server_default="0"),
    # Of a replacement: its signature's digest.
    Column("signed", Text),
    # An import whose process was killed must not lend its id to another's numbers.
    sqlite_autoincrement=True,
)

listed_numbers: Final = Table(
    "listed_numbers",
    metadata,
    Column("number", LargeBinary, primary_key=True),
    Column("import", ForeignKey("list_imports.id"), primary_key=True),
    sqlite_with_rowid=False,
)
