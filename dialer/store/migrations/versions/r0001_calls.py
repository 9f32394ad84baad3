"""Campaigns, contacts, calls and attempts: the first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "campaigns",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("caller_id", sa.Text, nullable=False),
        sa.Column("contacts_digest", sa.Text, nullable=False),
        sa.Column("script_digest", sa.Text, nullable=False),
        sa.Column("contacts", sa.Integer, nullable=False),
    )
    op.create_table(
        "tallies",
        sa.Column("campaign", sa.Integer, sa.ForeignKey("campaigns.id"), primary_key=True),
        sa.Column("node", sa.Text, primary_key=True),
        sa.Column("what", sa.Text, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
    )
    _contacts()
    _calls()
    _attempts()


def _contacts() -> None:
    op.create_table(
        "contacts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("campaign", sa.Integer, sa.ForeignKey("campaigns.id"), nullable=False),
        sa.Column("row", sa.Integer, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("consent_purpose", sa.Text, nullable=False),
        sa.Column("consent_source", sa.Text, nullable=False),
        sa.Column("consent_at", sa.BigInteger, nullable=False),
        sa.Column("consent_ref", sa.Text, nullable=False),
        sa.Column("timezone", sa.Text),
        sa.Column("variables", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("due", sa.BigInteger),
        sa.Column("rule", sa.Text),
        sa.Column("claimed_by", sa.Text),
    )
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "contacts_turn",
        "contacts",
        ["campaign", "due", "row"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    held = sa.text("claimed_by IS NOT NULL")
    op.create_index(
        "contacts_held", "contacts", ["claimed_by"], sqlite_where=held, postgresql_where=held
    )


def _calls() -> None:
    op.create_table(
        "calls",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("call", sa.Text, nullable=False, unique=True),
        sa.Column("campaign", sa.Integer, sa.ForeignKey("campaigns.id"), nullable=False),
        sa.Column("contact", sa.Integer, sa.ForeignKey("contacts.id"), nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("node", sa.Text, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("trunk", sa.Text, nullable=False),
        sa.Column("caller_id", sa.Text, nullable=False),
        sa.Column("answered_at", sa.BigInteger),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("refused_at", sa.BigInteger),
        sa.Column("outcome", sa.Text),
        sa.Column("sip_code", sa.Integer),
        sa.Column("q850", sa.Integer),
        sa.Column("post_dial_delay", sa.Float),
        sa.Column("first_packet", sa.Float),
        sa.Column("barge_ins", sa.Integer, nullable=False),
        sa.Column("keys", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
    )
    refused = sa.text("refused_at IS NOT NULL")
    op.create_index(
        "calls_refused",
        "calls",
        ["number", "refused_at"],
        sqlite_where=refused,
        postgresql_where=refused,
    )
    live = sa.text("ended_at IS NULL")
    op.create_index("calls_live", "calls", ["node"], sqlite_where=live, postgresql_where=live)


def _attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("attempt", sa.Text, nullable=False),
        sa.Column("call", sa.Text, sa.ForeignKey("calls.call"), nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("number_in_call", sa.Integer, nullable=False),
        sa.Column("node", sa.Text, nullable=False),
        sa.Column("trunk", sa.Text, nullable=False),
        sa.Column("caller_id", sa.Text, nullable=False),
        sa.Column("why_trunk", sa.Text, nullable=False),
        sa.Column("committed_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("outcome", sa.Text),
        sa.Column("sip_code", sa.Integer),
        sa.Column("q850", sa.Integer),
        sa.Column("sip_call_id", sa.Text),
        sa.Column("post_dial_delay", sa.Float),
        sa.Column("answered_at", sa.BigInteger),
        sa.Column("first_packet", sa.Float),
        sa.Column("barge_ins", sa.Integer),
        sa.UniqueConstraint("call", "number_in_call"),
    )
    op.create_index("attempts_history", "attempts", ["number", "committed_at"])
