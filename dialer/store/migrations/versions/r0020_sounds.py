"""The sounds of versions are kept.

Versions of before name none. Their records stay as they are, and their words are submitted anew.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.create_table(
        "script_sounds",
        sa.Column("sha256", sa.Text, primary_key=True),
        sa.Column("sound", sa.LargeBinary, nullable=False),
    )
