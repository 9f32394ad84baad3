"""What is being destroyed, and what was: the steps of a destruction, and its certificate."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, LargeBinary, Table, Text

from dialer.store.schema.base import metadata, partial_index

destructions: Final = Table(
    "destructions",
    metadata,
    Column("destruction", Text, primary_key=True),
    # `dialer.core.office.retention.Matter`.
    Column("matter", Text, nullable=False),
    # A campaign's or a month's name; a keyed hash in hex.
    Column("subject", Text, nullable=False),
    # NULL where it is of no campaign.
    Column("campaign", ForeignKey("campaigns.id")),
    Column("why", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("begun_at", BigInteger, nullable=False),
    # The names of the destroyed keys, as JSON, and the id of the master key that wrapped them.
    Column("keys", Text, nullable=False),
    Column("master", Text, nullable=False),
    # How many of what so far: JSON.
    Column("counts", Text, nullable=False),
    Column("done_at", BigInteger),
    # The signed certificate as it is shown and checked: JSON.
    Column("certificate", Text),
)
_UNDER_WAY: Final = destructions.c.done_at.is_(None)
partial_index(
    "destructions_under_way",
    destructions.c.begun_at,
    where=_UNDER_WAY,
)

retention_clock: Final = Table(
    "retention_clock",
    metadata,
    # One row.
    Column("id", Integer, primary_key=True),
    # The last instant at which the clock was believed.
    Column("seen_at", BigInteger, nullable=False),
)

numbers_shown: Final = Table(
    "numbers_shown",
    metadata,
    # What destroyed attempts leave behind for the rule that one callee sees one number of ours.
    Column("number", LargeBinary, primary_key=True),
    Column("caller_id", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
)
