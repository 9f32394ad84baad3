"""Nodes that share a database, and what each may use of a trunk."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "nodes",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "trunk_shares",
        sa.Column("node", sa.Text(), primary_key=True),
        sa.Column("trunk", sa.Text(), primary_key=True),
        sa.Column("channels", sa.Integer(), nullable=False),
        sa.Column("cps", sa.Float(), nullable=False),
    )
