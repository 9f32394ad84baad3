"""Complaints, what was done about them, and the calls that each holds back from destruction.

The texts are sealed under a key of each complaint's own. The calls are named by their ids, without
a foreign key: the evidence may be gone one day, the complaint's record says what it was about.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from dialer.store.schema.base import metadata

complaints: Final = Table(
    "complaints",
    metadata,
    Column("complaint", Text, primary_key=True),
    Column("number", LargeBinary, nullable=False),
    Column("about", Text),
    Column("opened_at", BigInteger, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("text", LargeBinary, nullable=False),
    # NULL while its evidence is held back; set when it is closed. What counts are the steps.
    Column("closed_at", BigInteger),
)
Index("complaints_of", complaints.c.number)

complaint_steps: Final = Table(
    "complaint_steps",
    metadata,
    Column("complaint", ForeignKey("complaints.complaint"), primary_key=True),
    # From 1 on, without a gap.
    Column("step", Integer, primary_key=True),
    Column("move", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("text", LargeBinary, nullable=False),
    # Of a closing: its signature's digest.
    Column("signed", Text),
)

complaint_evidence: Final = Table(
    "complaint_evidence",
    metadata,
    Column("complaint", ForeignKey("complaints.complaint"), primary_key=True),
    # Of `calls` or of `inbound_calls`.
    Column("call", Text, primary_key=True),
)
Index("complaint_evidence_call", complaint_evidence.c.call)
