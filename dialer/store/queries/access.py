"""Who has access, in the tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, insert, select, text, update

from dialer.core.office.access import Role
from dialer.core.office.grants import Grant
from dialer.store.schema import access_tokens
from dialer.store.values import instant, maybe_instant, maybe_micros, micros


def rows(connection: Connection, *, to_change: bool = False) -> Sequence[Grant]:
    """Every access ever given, the oldest first; `to_change` nobody else changes it meanwhile.

    On PostgreSQL two admins who revoke each other at once wait for one another here, and two who
    would be the first; on SQLite whoever writes is alone.
    """
    if to_change and connection.dialect.name == "postgresql":
        connection.execute(text(f"LOCK TABLE {access_tokens.name} IN EXCLUSIVE MODE"))
    asked = select(access_tokens).order_by(access_tokens.c.id)
    return [_grant(row) for row in connection.execute(asked)]


def add(connection: Connection, grant: Grant) -> None:
    connection.execute(
        insert(access_tokens).values(
            name=grant.name,
            roles=" ".join(sorted(grant.roles)),
            token_hash=grant.token_hash,
            given_at=micros(grant.given_at),
            given_by=grant.given_by,
            expires_at=maybe_micros(grant.expires_at),
        )
    )


def set_signed(connection: Connection, grant: Grant, signed: str | None) -> None:
    """By which signature of a second person it was given."""
    if signed is not None:
        connection.execute(
            update(access_tokens)
            .where(access_tokens.c.token_hash == grant.token_hash)
            .values(signed=signed)
        )


def close(connection: Connection, grant: Grant) -> None:
    """Write who revoked it, and when."""
    connection.execute(
        update(access_tokens)
        .where(access_tokens.c.token_hash == grant.token_hash)
        .values(revoked_at=maybe_micros(grant.revoked_at), revoked_by=grant.revoked_by)
    )


def _grant(row: Row[Any]) -> Grant:
    return Grant(
        name=row.name,
        roles=frozenset(map(Role, row.roles.split())),
        token_hash=row.token_hash,
        given_at=instant(row.given_at),
        given_by=row.given_by,
        expires_at=maybe_instant(row.expires_at),
        revoked_at=maybe_instant(row.revoked_at),
        revoked_by=row.revoked_by,
    )
