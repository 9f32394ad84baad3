"""Calls that come in."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, LargeBinary, Table, Text

from dialer.store.schema.base import metadata, partial_index

inbound_calls: Final = Table(
    "inbound_calls",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("call", Text, nullable=False, unique=True),
    Column("node", Text, nullable=False),
    Column("trunk", Text, nullable=False),
    Column("called", Text, nullable=False),
    Column("sip_call_id", Text, nullable=False),
    # The last call of ours to the caller; NULL where there was none.
    Column("about", ForeignKey("calls.call")),
    Column("arrived_at", BigInteger, nullable=False),
    Column("answered_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("ending", Text),
    # The caller's keyed hash, 32 bytes; NULL where no number was shown.
    Column("caller_key", LargeBinary),
    # The caller's number, and the keys pressed: sealed under a key of the month of `arrived_at`.
    Column("person", LargeBinary),
    Column("pressed", LargeBinary),
    # 1 where a carrier that is believed has verified the caller's number.
    Column("attested", Integer, nullable=False, server_default="0"),
)
# For who destroys the call that it is about.
_IS_ABOUT: Final = inbound_calls.c.about.is_not(None)
partial_index(
    "inbound_calls_about",
    inbound_calls.c.about,
    where=_IS_ABOUT,
)
_LIVE_INBOUND: Final = inbound_calls.c.ended_at.is_(None)
partial_index(
    "inbound_calls_live",
    inbound_calls.c.node,
    where=_LIVE_INBOUND,
)
