"""The tables, and the version they are at. Times are whole microseconds since 1970, UTC."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    inspect,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.schema import CreateColumn

from dialer.errors import StoreError

VERSION: Final = 4
"""Raised by whatever changes a table. A database of a higher version is refused."""

WAITING: Final = "waiting"
CLAIMED: Final = "claimed"
CALLING: Final = "calling"
DONE: Final = "done"
"""The states of a contact. One that was put off waits with its `due` set."""

metadata: Final = MetaData()

schema_version: Final = Table(
    "schema_version", metadata, Column("version", Integer, nullable=False)
)

campaigns: Final = Table(
    "campaigns",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("purpose", Text, nullable=False),
    Column("caller_id", Text, nullable=False),
    Column("contacts_digest", Text, nullable=False),
    Column("script_digest", Text, nullable=False),
    # How many it has; set when the last is in.
    Column("contacts", Integer, nullable=False),
)

tallies: Final = Table(
    "tallies",
    metadata,
    Column("campaign", ForeignKey("campaigns.id"), primary_key=True),
    Column("node", Text, primary_key=True),
    Column("what", Text, primary_key=True),
    Column("count", Integer, nullable=False),
)

contacts: Final = Table(
    "contacts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("campaign", ForeignKey("campaigns.id"), nullable=False),
    Column("row", Integer, nullable=False),
    Column("number", Text, nullable=False),
    Column("consent_purpose", Text, nullable=False),
    Column("consent_source", Text, nullable=False),
    Column("consent_at", BigInteger, nullable=False),
    Column("consent_ref", Text, nullable=False),
    Column("timezone", Text),
    Column("variables", Text, nullable=False),
    Column("state", Text, nullable=False),
    # Not before this instant; NULL for one that waits for nothing but its turn.
    Column("due", BigInteger),
    # The rule that put it off, or closed it, when it was last asked about.
    Column("rule", Text),
    Column("claimed_by", Text),
    # Calls of it that came to nothing by the carriers' fault.
    Column("faults", Integer, nullable=False, server_default=text("0")),
)
# The states are written into these, not bound: a partial index serves no query that binds them.
IS_WAITING: Final = contacts.c.state == literal_column(f"'{WAITING}'")
# Whose turn it is, in file order. Contacts that were called leave it for good.
Index(
    "contacts_turn",
    contacts.c.campaign,
    contacts.c.due,
    contacts.c.row,
    sqlite_where=IS_WAITING,
    postgresql_where=IS_WAITING,
)
_HELD: Final = contacts.c.claimed_by.is_not(None)
Index("contacts_held", contacts.c.claimed_by, sqlite_where=_HELD, postgresql_where=_HELD)

calls: Final = Table(
    "calls",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("call", Text, nullable=False, unique=True),
    Column("campaign", ForeignKey("campaigns.id"), nullable=False),
    Column("contact", ForeignKey("contacts.id"), nullable=False),
    Column("number", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("trunk", Text, nullable=False),
    Column("caller_id", Text, nullable=False),
    Column("answered_at", BigInteger),
    Column("ended_at", BigInteger),
    # `ended_at` again, where the callee told us not to call again.
    Column("refused_at", BigInteger),
    Column("outcome", Text),
    Column("sip_code", Integer),
    Column("q850", Integer),
    Column("post_dial_delay", Float),
    Column("first_packet", Float),
    Column("barge_ins", Integer, nullable=False),
    Column("keys", Text, nullable=False),
    Column("path", Text, nullable=False),
)
_REFUSED: Final = calls.c.refused_at.is_not(None)
Index(
    "calls_refused",
    calls.c.number,
    calls.c.refused_at,
    sqlite_where=_REFUSED,
    postgresql_where=_REFUSED,
)
_LIVE_CALL: Final = calls.c.ended_at.is_(None)
Index("calls_live", calls.c.node, sqlite_where=_LIVE_CALL, postgresql_where=_LIVE_CALL)

attempts: Final = Table(
    "attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("attempt", Text, nullable=False),
    Column("call", ForeignKey("calls.call"), nullable=False),
    Column("number", Text, nullable=False),
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
    Column("barge_ins", Integer),
    # 1 where the callee was heard, 0 where not, NULL where nobody listened.
    Column("speech", Integer),
    UniqueConstraint("call", "number_in_call"),
)
Index("attempts_history", attempts.c.number, attempts.c.committed_at)
_SHOWN: Final = Index(
    "attempts_shown", attempts.c.number, attempts.c.caller_id, attempts.c.committed_at
)

legs: Final = Table(
    "legs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("attempt", Text, nullable=False, unique=True),
    # Of `calls` or of `inbound_calls`.
    Column("call", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("trunk", Text, nullable=False),
    Column("caller_id", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("committed_at", BigInteger, nullable=False),
    Column("answered_at", BigInteger),
    Column("joined_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("outcome", Text),
    Column("sip_code", Integer),
    Column("q850", Integer),
    Column("sip_call_id", Text),
    Column("post_dial_delay", Float),
)
Index("legs_of_call", legs.c.call)
_LIVE_LEG: Final = legs.c.ended_at.is_(None)
Index("legs_live", legs.c.node, sqlite_where=_LIVE_LEG, postgresql_where=_LIVE_LEG)

inbound_calls: Final = Table(
    "inbound_calls",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("call", Text, nullable=False, unique=True),
    Column("node", Text, nullable=False),
    Column("trunk", Text, nullable=False),
    # NULL where the caller showed no number.
    Column("caller", Text),
    Column("called", Text, nullable=False),
    Column("sip_call_id", Text, nullable=False),
    # The last call of ours to the caller; NULL where there was none.
    Column("about", ForeignKey("calls.call")),
    Column("arrived_at", BigInteger, nullable=False),
    Column("answered_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("ending", Text),
    Column("keys", Text, nullable=False),
)
_LIVE_INBOUND: Final = inbound_calls.c.ended_at.is_(None)
Index(
    "inbound_calls_live",
    inbound_calls.c.node,
    sqlite_where=_LIVE_INBOUND,
    postgresql_where=_LIVE_INBOUND,
)

suppressions: Final = Table(
    "suppressions",
    metadata,
    # Never to be called again, by any campaign.
    Column("number", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    # The incoming call in which it was asked for.
    Column("call", Text, nullable=False),
)

_SINCE: Final = {2: (contacts.c.faults, attempts.c.speech)}
"""The columns that each version has brought, for databases of an older one."""
_TABLES_SINCE: Final = {3: (legs, inbound_calls, suppressions)}
"""The tables that each version has brought."""
_INDEXES_SINCE: Final = {4: (_SHOWN,)}
"""The indexes that each version has brought to tables that were there."""


def bring_up(connection: Connection, where: str) -> None:
    """Make the tables in an empty database; bring those of an older version up to this one.

    Runs inside the caller's transaction: half a schema is never left behind. Raises StoreError
    for a database of a newer version, or of something else.
    """
    found = set(inspect(connection).get_table_names())
    if not found:
        metadata.create_all(connection)
        connection.execute(schema_version.insert().values(version=VERSION))
        return
    version = _version(connection, found, where)
    if found >= _tables_of(version):
        for newer in range(version + 1, VERSION + 1):
            for table in _TABLES_SINCE.get(newer, ()):
                table.create(connection)
            for column in _SINCE.get(newer, ()):
                made = CreateColumn(column).compile(dialect=connection.dialect)
                connection.exec_driver_sql(f"ALTER TABLE {column.table.name} ADD COLUMN {made}")
            for index in _INDEXES_SINCE.get(newer, ()):
                index.create(connection)
        connection.execute(update(schema_version).values(version=VERSION))
        found = set(metadata.tables)
    check_version(connection, found, where)


def check_version(connection: Connection, found: set[str], where: str) -> None:
    """Raises StoreError unless the tables `found` are this version's."""
    version = _version(connection, found, where)
    if not found >= _tables_of(version):
        raise StoreError(f"{where} has an incomplete schema {version}; restore it from a backup")
    if version < VERSION:
        raise StoreError(
            f"{where} was written by an older version (schema {version}, this one knows "
            f"{VERSION}); `dialer run` brings it up to date"
        )


def _version(connection: Connection, found: set[str], where: str) -> int:
    """The version of the tables. Raises StoreError for a newer one, or something else."""
    if schema_version.name not in found:
        raise StoreError(
            f"{where} holds tables of another program; name another data_dir, or move it away"
        )
    version = connection.execute(select(schema_version.c.version)).scalar()
    if version is None or version > VERSION:
        raise StoreError(
            f"{where} was written by a newer version (schema {version}, this one knows "
            f"{VERSION}); install that version again, or name another data_dir"
        )
    return int(version)


def _tables_of(version: int) -> set[str]:
    newer = (tables for since, tables in _TABLES_SINCE.items() if since > version)
    return set(metadata.tables) - {table.name for tables in newer for table in tables}
