"""Which nodes work on this database, each under a lease by the database's clock.

PostgreSQL only; in SQLite's file one node works, and these stay empty.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Float, Integer, Table, Text

from dialer.store.schema.base import metadata

nodes: Final = Table(
    "nodes",
    metadata,
    Column("name", Text, primary_key=True),
    # The process that has the name: another run of it is another node to all others.
    Column("run", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("since", BigInteger, nullable=False),
    # The end of its lease; 0 where it has left.
    Column("until", BigInteger, nullable=False),
)

trunk_shares: Final = Table(
    "trunk_shares",
    metadata,
    Column("node", Text, primary_key=True),
    Column("trunk", Text, primary_key=True),
    # What the node may use of the trunk, or is using yet.
    Column("channels", Integer, nullable=False),
    Column("cps", Float, nullable=False),
)
