"""Versions of scripts, who wrote them, and what was done to each towards its approval."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from dialer.store.schema.base import metadata

script_versions: Final = Table(
    "script_versions",
    metadata,
    # Hex SHA-256 of `content`.
    Column("hash", Text, primary_key=True),
    Column("script", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("industry", Text),
    # The canonical bytes (dialer.core.dialog.script_version).
    Column("content", LargeBinary, nullable=False),
    # Lengths of its prompts in seconds by their keys, as JSON.
    Column("seconds", Text, nullable=False),
    Column("drafted_at", BigInteger, nullable=False),
)
Index("script_versions_subject", script_versions.c.script, script_versions.c.purpose)

# The WAV files that versions name, each once: those that a version of before named are in none.
script_sounds: Final = Table(
    "script_sounds",
    metadata,
    # Hex SHA-256 of `sound`.
    Column("sha256", Text, primary_key=True),
    Column("sound", LargeBinary, nullable=False),
)

script_authors: Final = Table(
    "script_authors",
    metadata,
    Column("version", ForeignKey("script_versions.hash"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("name", Text, nullable=False),
    PrimaryKeyConstraint("version", "position"),
)

script_steps: Final = Table(
    "script_steps",
    metadata,
    Column("version", ForeignKey("script_versions.hash"), nullable=False),
    # From 1: two people cannot take the same step.
    Column("position", Integer, nullable=False),
    Column("action", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("why", Text, nullable=False),
    # Of an approval: its signature's digest, or that it is older than signatures.
    Column("signed", Text),
    PrimaryKeyConstraint("version", "position"),
)
