"""Which calls were made with no way for the callee to press a key that is heard."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.add_column("calls", sa.Column("digits_unheard", sa.Integer))
