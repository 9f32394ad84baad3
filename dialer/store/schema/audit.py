"""The audit log, and the signed checkpoints of its chains."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, LargeBinary, Table, Text

from dialer.store.schema.base import metadata, partial_index

audit_log: Final = Table(
    "audit_log",
    metadata,
    # Who writes it: a node, or the clerks beside it.
    Column("chain", Text, primary_key=True),
    Column("sequence", BigInteger, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    # The body's `call` once more, to be found by.
    Column("call", Text),
    # Canonical JSON: what was hashed, to the byte.
    Column("body", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)
_OF_CALL: Final = audit_log.c.call.is_not(None)
partial_index("audit_log_call", audit_log.c.call, where=_OF_CALL)

audit_checkpoints: Final = Table(
    "audit_checkpoints",
    metadata,
    Column("chain", Text, primary_key=True),
    Column("sequence", BigInteger, primary_key=True),
    Column("hash", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("signer", Text, nullable=False),
    Column("signature", LargeBinary, nullable=False),
)
