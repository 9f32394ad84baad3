"""An audit log that is written with what it tells of, and the keys of a vault."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "audit_log",
        sa.Column("chain", sa.Text(), primary_key=True),
        sa.Column("sequence", sa.BigInteger(), primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("call", sa.Text()),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
    )
    is_of_call = sa.text("call IS NOT NULL")
    op.create_index(
        "audit_log_call",
        "audit_log",
        ["call"],
        sqlite_where=is_of_call,
        postgresql_where=is_of_call,
    )
    op.create_table(
        "audit_checkpoints",
        sa.Column("chain", sa.Text(), primary_key=True),
        sa.Column("sequence", sa.BigInteger(), primary_key=True),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("signer", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "vault_keys",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("generation", sa.Integer(), primary_key=True),
        sa.Column("master", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary()),
    )
    context = op.get_context().config
    keys = None if context is None else context.attributes.get("keys")
    if keys is not None:
        keys.begin(op.get_bind())
