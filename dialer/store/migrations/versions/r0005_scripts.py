"""Versions of scripts and their approval; which version a call has said."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "script_versions",
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("script", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("industry", sa.Text),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("seconds", sa.Text, nullable=False),
        sa.Column("drafted_at", sa.BigInteger, nullable=False),
    )
    op.create_index("script_versions_subject", "script_versions", ["script", "purpose"])
    op.create_table(
        "script_authors",
        sa.Column("version", sa.Text, sa.ForeignKey("script_versions.hash"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("version", "position"),
    )
    op.create_table(
        "script_steps",
        sa.Column("version", sa.Text, sa.ForeignKey("script_versions.hash"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("version", "position"),
    )
    op.add_column("calls", sa.Column("script_version", sa.Text))
