"""What is destroyed may be of a month: a destruction names its subject itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    # Of this version's own making, and empty: no released version has destroyed anything.
    with op.batch_alter_table("destructions") as table:
        table.add_column(sa.Column("subject", sa.Text, nullable=False, server_default=""))
        table.drop_column("number")
    with op.batch_alter_table("destructions") as table:
        table.alter_column("subject", server_default=None)
