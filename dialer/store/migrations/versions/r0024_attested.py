"""Whether a caller's number was verified, and which suppressions rest on one that was not.

Nothing was verified before: what callers asked for then is marked so. Legs are found by whom they
call, as attempts are.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    for table, column in (("inbound_calls", "attested"), ("do_not_call", "unproven")):
        op.add_column(table, sa.Column(column, sa.Integer, nullable=False, server_default="0"))
    op.execute("UPDATE do_not_call SET unproven = 1 WHERE why = 'asked'")
    op.create_index("legs_by_target", "legs", ["target", "committed_at"])
