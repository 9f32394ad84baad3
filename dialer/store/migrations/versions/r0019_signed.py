"""Keys of people, and what is signed by them.

What was approved before stays so, marked as unsigned: it is valid until its version changes.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.create_table(
        "person_keys",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("public", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False, unique=True),
        sa.Column("added_at", sa.BigInteger, nullable=False),
        sa.Column("signed", sa.Text, nullable=False),
        sa.Column("vouched_by", sa.Text),
        sa.Column("revoked_at", sa.BigInteger),
        sa.Column("revoked_by", sa.Text),
    )
    op.create_table(
        "signatures",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("statement", sa.Text, nullable=False),
        sa.Column("signature", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    for table in ("script_steps", "complaint_steps", "list_imports", "access_tokens"):
        op.add_column(table, sa.Column("signed", sa.Text))
    op.execute(
        sa.text("UPDATE script_steps SET signed = 'unsigned, before 0.2' WHERE action = 'approve'")
    )
