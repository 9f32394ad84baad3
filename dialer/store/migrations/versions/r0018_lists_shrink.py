"""How many numbers left an imported list with each replacement; of those before, none is known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.add_column("list_imports", sa.Column("gone", sa.Integer, nullable=False, server_default="0"))
