"""Calls, and the attempts that each is made of."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from dialer.store.schema.base import metadata, partial_index

calls: Final = Table(
    "calls",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("call", Text, nullable=False, unique=True),
    Column("campaign", ForeignKey("campaigns.id"), nullable=False),
    Column("contact", ForeignKey("contacts.id"), nullable=False),
    Column("node", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("trunk", Text, nullable=False),
    Column("caller_id", Text, nullable=False),
    Column("answered_at", BigInteger),
    Column("ended_at", BigInteger),
    # When the callee told us not to call again: for the record. What forbids to call the number
    # again is its row in `do_not_call`, written in the same transaction.
    Column("opted_out_at", BigInteger),
    Column("outcome", Text),
    Column("sip_code", Integer),
    Column("q850", Integer),
    Column("post_dial_delay", Float),
    Column("first_packet", Float),
    Column("notice_spoken", Float),
    Column("barge_ins", Integer, nullable=False),
    Column("path", Text, nullable=False),
    # The hash of what was said; NULL for calls of versions that did not keep it.
    Column("script_version", Text),
    # The number's keyed hash, 32 bytes.
    Column("number_key", LargeBinary),
    # `core.evidence.Callee`, sealed under the campaign's EVIDENCE.
    Column("person", LargeBinary),
    # The keys that the callee pressed, sealed as well; NULL for none.
    Column("pressed", LargeBinary),
    # `core.calls.transcript.packed`, sealed as well; NULL for none.
    Column("transcript", LargeBinary),
    # The script's answers that were understood, and what came of the call, `A` to `F`; NULL where
    # nobody answered, and for calls of versions that did not grade.
    Column("intents", Text),
    # 1 where no key was sure to be heard and none was, else NULL; NULL for calls of before.
    Column("digits_unheard", Integer),
    Column("grade", Text),
)
# For who destroys a contact: whether a call still points at it.
Index("calls_contact", calls.c.contact)
# For follow-up lists.
Index("calls_graded", calls.c.grade, calls.c.ended_at)
_LIVE_CALL: Final = calls.c.ended_at.is_(None)
partial_index("calls_live", calls.c.node, where=_LIVE_CALL)

attempts: Final = Table(
    "attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("attempt", Text, nullable=False),
    Column("call", ForeignKey("calls.call"), nullable=False),
    Column("number_in_call", Integer, nullable=False),
    Column("node", Text, nullable=False),
    Column("trunk", Text, nullable=False),
    Column("caller_id", Text, nullable=False),
    Column("why_trunk", Text, nullable=False),
    Column("committed_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("outcome", Text),
    Column("sip_code", Integer),
    Column("q850", Integer),
    Column("sip_call_id", Text),
    Column("post_dial_delay", Float),
    Column("answered_at", BigInteger),
    Column("first_packet", Float),
    Column("notice_spoken", Float),
    Column("barge_ins", Integer),
    # 1 where the callee was heard, 0 where not, NULL where nobody listened.
    Column("speech", Integer),
    # Until when the carrier asked to be left alone.
    Column("rests_until", BigInteger),
    # The number's keyed hash, 32 bytes.
    Column("number_key", LargeBinary),
    # Its first five digits: what connect rates are told apart by.
    Column("prefix", Text),
    UniqueConstraint("call", "number_in_call"),
)
Index("attempts_history", attempts.c.number_key, attempts.c.committed_at)
Index("attempts_shown", attempts.c.number_key, attempts.c.caller_id, attempts.c.committed_at)
