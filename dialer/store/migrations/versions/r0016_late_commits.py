"""Calls that our own database was too slow for are no carrier's fault: they are counted apart."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column(
        "contacts",
        sa.Column("late_commits", sa.Integer, nullable=False, server_default=sa.text("0")),
    )
