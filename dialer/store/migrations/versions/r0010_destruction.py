"""What is destroyed is found by what points at it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_index("calls_contact", "calls", ["contact"])
    is_about = sa.text("about IS NOT NULL")
    op.create_index(
        "inbound_calls_about",
        "inbound_calls",
        ["about"],
        sqlite_where=is_about,
        postgresql_where=is_about,
    )
