"""The keys of the vault, wrapped under a master key that is kept elsewhere."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Integer, LargeBinary, Table, Text

from dialer.store.schema.base import metadata

vault_keys: Final = Table(
    "vault_keys",
    metadata,
    Column("name", Text, primary_key=True),
    Column("generation", Integer, primary_key=True),
    # The id of the master key that it is wrapped under.
    Column("master", Text, nullable=False),
    # NULL once it was destroyed: its name is never given again.
    Column("wrapped", LargeBinary),
)
