"""Whom a campaign calls, and whose turn it is."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    literal_column,
    text,
)

from dialer.store.schema.base import metadata, partial_index

WAITING: Final = "waiting"
CLAIMED: Final = "claimed"
CALLING: Final = "calling"
DONE: Final = "done"
"""The states of a contact. One that was put off waits with its `due` set."""

contacts: Final = Table(
    "contacts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("campaign", ForeignKey("campaigns.id"), nullable=False),
    Column("row", Integer, nullable=False),
    Column("consent_purpose", Text, nullable=False),
    Column("consent_at", BigInteger, nullable=False),
    Column("timezone", Text),
    Column("state", Text, nullable=False),
    # Not before this instant; NULL for one that waits for nothing but its turn.
    Column("due", BigInteger),
    # The rule that put it off, or closed it, when it was last asked about.
    Column("rule", Text),
    Column("claimed_by", Text),
    # Calls of it that came to nothing by the carriers' fault.
    Column("faults", Integer, nullable=False, server_default=text("0")),
    # Calls of it that were not dialled, as their commit took too long.
    Column("late_commits", Integer, nullable=False, server_default=text("0")),
    # The number's keyed hash, 32 bytes.
    Column("number_key", LargeBinary),
    # Number, consent's source and reference, and variables: sealed under the campaign's CONTACTS.
    Column("person", LargeBinary),
)
# The states are written into these, not bound: a partial index serves no query that binds them.
IS_WAITING: Final = contacts.c.state == literal_column(f"'{WAITING}'")
# Whose turn it is, in file order. Contacts that were called leave it for good.
partial_index(
    "contacts_turn",
    contacts.c.campaign,
    contacts.c.due,
    contacts.c.row,
    where=IS_WAITING,
)
# Whom somebody asks to be forgotten is found in every campaign.
Index("contacts_of_number", contacts.c.number_key)
_HELD: Final = contacts.c.claimed_by.is_not(None)
partial_index("contacts_held", contacts.c.claimed_by, where=_HELD)
