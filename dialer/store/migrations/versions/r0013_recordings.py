"""What there is of each call's recording."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "recordings",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("call", sa.Text, sa.ForeignKey("calls.call"), nullable=False, unique=True),
        sa.Column("node", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("seconds", sa.Float),
        sa.Column("lost", sa.Float),
        sa.Column("sealed_bytes", sa.BigInteger),
        sa.Column("sha256", sa.Text),
    )
    still_open = sa.text("ended_at IS NULL")
    op.create_index(
        "recordings_open",
        "recordings",
        ["node"],
        sqlite_where=still_open,
        postgresql_where=still_open,
    )
