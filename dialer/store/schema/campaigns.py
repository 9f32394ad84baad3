"""Campaigns, and how far each has come."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Table, Text

from dialer.store.schema.base import metadata

campaigns: Final = Table(
    "campaigns",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("purpose", Text, nullable=False),
    Column("caller_id", Text, nullable=False),
    Column("contacts_digest", Text, nullable=False),
    Column("script_digest", Text, nullable=False),
    # How many it has; set when the last is in.
    Column("contacts", Integer, nullable=False),
    # From then on it calls nobody.
    Column("ended_at", BigInteger),
    Column("ended_by", Text),
    Column("contacts_destroyed_at", BigInteger),
    Column("evidence_destroyed_at", BigInteger),
)

tallies: Final = Table(
    "tallies",
    metadata,
    Column("campaign", ForeignKey("campaigns.id"), primary_key=True),
    Column("node", Text, primary_key=True),
    Column("what", Text, primary_key=True),
    Column("count", Integer, nullable=False),
)
