"""Who was given access, and who took it away again. Rows are closed, never removed."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Integer, Table, Text

from dialer.store.schema.base import metadata, partial_index

access_tokens: Final = Table(
    "access_tokens",
    metadata,
    Column("id", Integer, primary_key=True),
    # Of a user of the operator's, as records name them.
    Column("name", Text, nullable=False),
    # Their names, with spaces between.
    Column("roles", Text, nullable=False),
    # Hex SHA-256; the token itself is nowhere.
    Column("token_hash", Text, nullable=False, unique=True),
    Column("given_at", BigInteger, nullable=False),
    # NULL for the first.
    Column("given_by", Text),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("revoked_by", Text),
    # Of the second person who gave it: the signature's digest.
    Column("signed", Text),
)
_HELD: Final = access_tokens.c.revoked_at.is_(None)
# One access a name, whoever gives two at once.
partial_index(
    "access_tokens_held",
    access_tokens.c.name,
    unique=True,
    where=_HELD,
)
