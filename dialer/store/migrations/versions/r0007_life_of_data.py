"""The book of suppressions, complaints, campaigns that end, and what is destroyed after that."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    for name, kind in (
        ("ended_at", sa.BigInteger),
        ("ended_by", sa.Text),
        ("contacts_destroyed_at", sa.BigInteger),
        ("evidence_destroyed_at", sa.BigInteger),
    ):
        op.add_column("campaigns", sa.Column(name, kind))
    _suppression()
    _complaints()
    _retention()


def _suppression() -> None:
    op.create_table(
        "do_not_call",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("number", sa.LargeBinary, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.UniqueConstraint("number", "why"),
    )
    op.create_table(
        "list_imports",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("imported_at", sa.BigInteger, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("numbers", sa.Integer, nullable=False),
        sa.Column("until", sa.BigInteger),
        sa.Column("state", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "listed_numbers",
        sa.Column("number", sa.LargeBinary, primary_key=True),
        sa.Column("import", sa.Integer, sa.ForeignKey("list_imports.id"), primary_key=True),
        sqlite_with_rowid=False,
    )


def _complaints() -> None:
    op.create_table(
        "complaints",
        sa.Column("complaint", sa.Text, primary_key=True),
        sa.Column("number", sa.LargeBinary, nullable=False),
        sa.Column("about", sa.Text),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("opened_by", sa.Text, nullable=False),
        sa.Column("text", sa.LargeBinary, nullable=False),
        sa.Column("closed_at", sa.BigInteger),
    )
    op.create_index("complaints_of", "complaints", ["number"])
    op.create_table(
        "complaint_steps",
        sa.Column("complaint", sa.Text, sa.ForeignKey("complaints.complaint"), primary_key=True),
        sa.Column("step", sa.Integer, primary_key=True),
        sa.Column("move", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("text", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "complaint_evidence",
        sa.Column("complaint", sa.Text, sa.ForeignKey("complaints.complaint"), primary_key=True),
        sa.Column("call", sa.Text, primary_key=True),
    )
    op.create_index("complaint_evidence_call", "complaint_evidence", ["call"])


def _retention() -> None:
    under_way = sa.text("done_at IS NULL")
    op.create_table(
        "destructions",
        sa.Column("destruction", sa.Text, primary_key=True),
        sa.Column("matter", sa.Text, nullable=False),
        sa.Column("campaign", sa.Integer, sa.ForeignKey("campaigns.id")),
        sa.Column("number", sa.LargeBinary),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("begun_at", sa.BigInteger, nullable=False),
        sa.Column("keys", sa.Text, nullable=False),
        sa.Column("master", sa.Text, nullable=False),
        sa.Column("counts", sa.Text, nullable=False),
        sa.Column("done_at", sa.BigInteger),
        sa.Column("certificate", sa.Text),
    )
    op.create_index(
        "destructions_under_way",
        "destructions",
        ["begun_at"],
        sqlite_where=under_way,
        postgresql_where=under_way,
    )
    op.create_table(
        "retention_clock",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "numbers_shown",
        sa.Column("number", sa.LargeBinary, primary_key=True),
        sa.Column("caller_id", sa.Text, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
