"""The keys by which people sign, and what they have signed."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Integer, Table, Text

from dialer.store.schema.base import metadata

person_keys: Final = Table(
    "person_keys",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    # A line of OpenSSH's, without a comment.
    Column("public", Text, nullable=False),
    # One key is one person's, for good.
    Column("fingerprint", Text, nullable=False, unique=True),
    Column("added_at", BigInteger, nullable=False),
    Column("signed", Text, nullable=False),
    Column("vouched_by", Text),
    Column("revoked_at", BigInteger),
    Column("revoked_by", Text),
)

signatures: Final = Table(
    "signatures",
    metadata,
    # Hex SHA-256 of `statement`: one signature serves one act.
    Column("digest", Text, primary_key=True),
    Column("statement", Text, nullable=False),
    Column("signature", Text, nullable=False),
    # The key's fingerprint.
    Column("key", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)
