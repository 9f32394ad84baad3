"""Second legs, calls that come in, and who is never to be called again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    live = sa.text("ended_at IS NULL")
    op.create_table(
        "legs",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("attempt", sa.Text, nullable=False, unique=True),
        sa.Column("call", sa.Text, nullable=False),
        sa.Column("node", sa.Text, nullable=False),
        sa.Column("trunk", sa.Text, nullable=False),
        sa.Column("caller_id", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("committed_at", sa.BigInteger, nullable=False),
        sa.Column("answered_at", sa.BigInteger),
        sa.Column("joined_at", sa.BigInteger),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("outcome", sa.Text),
        sa.Column("sip_code", sa.Integer),
        sa.Column("q850", sa.Integer),
        sa.Column("sip_call_id", sa.Text),
        sa.Column("post_dial_delay", sa.Float),
    )
    op.create_index("legs_of_call", "legs", ["call"])
    op.create_index("legs_live", "legs", ["node"], sqlite_where=live, postgresql_where=live)
    op.create_table(
        "inbound_calls",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("call", sa.Text, nullable=False, unique=True),
        sa.Column("node", sa.Text, nullable=False),
        sa.Column("trunk", sa.Text, nullable=False),
        sa.Column("caller", sa.Text),
        sa.Column("called", sa.Text, nullable=False),
        sa.Column("sip_call_id", sa.Text, nullable=False),
        sa.Column("about", sa.Text, sa.ForeignKey("calls.call")),
        sa.Column("arrived_at", sa.BigInteger, nullable=False),
        sa.Column("answered_at", sa.BigInteger),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("ending", sa.Text),
        sa.Column("keys", sa.Text, nullable=False),
    )
    op.create_index(
        "inbound_calls_live", "inbound_calls", ["node"], sqlite_where=live, postgresql_where=live
    )
    op.create_table(
        "suppressions",
        sa.Column("number", sa.Text, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("call", sa.Text, nullable=False),
    )
