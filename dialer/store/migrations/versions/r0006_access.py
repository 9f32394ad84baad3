"""Who has access, by the hash of a token."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    held = sa.text("revoked_at IS NULL")
    op.create_table(
        "access_tokens",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("roles", sa.Text, nullable=False),
        sa.Column("token_hash", sa.Text, nullable=False, unique=True),
        sa.Column("given_at", sa.BigInteger, nullable=False),
        sa.Column("given_by", sa.Text),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("revoked_at", sa.BigInteger),
        sa.Column("revoked_by", sa.Text),
    )
    op.create_index(
        "access_tokens_held",
        "access_tokens",
        ["name"],
        unique=True,
        sqlite_where=held,
        postgresql_where=held,
    )
