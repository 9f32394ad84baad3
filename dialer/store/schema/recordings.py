"""What there is of each call's recording; the sound is in files of its own."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Integer, Table, Text

from dialer.store.schema.base import metadata, partial_index

recordings: Final = Table(
    "recordings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("call", ForeignKey("calls.call"), nullable=False, unique=True),
    Column("node", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("seconds", Float),
    Column("lost", Float),
    Column("sealed_bytes", BigInteger),
    # Of the sealed file.
    Column("sha256", Text),
)
_OPEN: Final = recordings.c.ended_at.is_(None)
partial_index("recordings_open", recordings.c.node, where=_OPEN)
