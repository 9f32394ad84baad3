"""When who is calling was told, measured on each call."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    for table in ("calls", "attempts"):
        op.add_column(table, sa.Column("notice_spoken", sa.Float))
