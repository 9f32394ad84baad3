"""Which numbers of ours a callee has seen is asked at every attempt."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_index("attempts_shown", "attempts", ["number", "caller_id", "committed_at"])
