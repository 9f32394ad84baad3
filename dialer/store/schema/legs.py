"""Second legs: calls to operators, joined with a call."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Float, Index, Integer, Table, Text

from dialer.store.schema.base import metadata, partial_index

legs: Final = Table(
    "legs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("attempt", Text, nullable=False, unique=True),
    # Of `calls` or of `inbound_calls`.
    Column("call", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("trunk", Text, nullable=False),
    Column("caller_id", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("committed_at", BigInteger, nullable=False),
    Column("answered_at", BigInteger),
    Column("joined_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("outcome", Text),
    Column("sip_code", Integer),
    Column("q850", Integer),
    Column("sip_call_id", Text),
    Column("post_dial_delay", Float),
)
Index("legs_of_call", legs.c.call)
Index("legs_by_target", legs.c.target, legs.c.committed_at)
_LIVE_LEG: Final = legs.c.ended_at.is_(None)
partial_index("legs_live", legs.c.node, where=_LIVE_LEG)
