"""Configurations of nodes that were approved, each as its canonical text; the last one counts."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from dialer.store.schema.base import metadata

approved_configurations: Final = Table(
    "approved_configurations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("node", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    # The signature's digest.
    Column("signed", Text, nullable=False),
    # A later approval never takes the id of one before.
    sqlite_autoincrement=True,
)
Index("approved_configurations_of", approved_configurations.c.node, approved_configurations.c.id)
