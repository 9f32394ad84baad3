"""A number's contacts are found by an index: who asks to be forgotten has no campaign."""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_index("contacts_of_number", "contacts", ["number_key"])
