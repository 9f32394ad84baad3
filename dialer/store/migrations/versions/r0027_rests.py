"""Until when a carrier asked, by the reply to an attempt, to be left alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.add_column("attempts", sa.Column("rests_until", sa.BigInteger))
