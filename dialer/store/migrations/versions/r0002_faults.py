"""Contacts that are called again after a carrier's fault; whether a callee was heard."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column(
        "contacts", sa.Column("faults", sa.Integer, nullable=False, server_default=sa.text("0"))
    )
    op.add_column("attempts", sa.Column("speech", sa.Integer))
