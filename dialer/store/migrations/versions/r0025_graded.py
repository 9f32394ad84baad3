"""What came of a call: its transcript, the answers that were understood, and its grade."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    for name, kind in (("transcript", sa.LargeBinary), ("intents", sa.Text), ("grade", sa.Text)):
        op.add_column("calls", sa.Column(name, kind))
    op.create_index("calls_graded", "calls", ["grade", "ended_at"])
