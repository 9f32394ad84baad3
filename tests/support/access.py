"""People with access, for tests: `somebody` is what is wanted, ADMIN has it."""

from __future__ import annotations

import hashlib
from datetime import datetime

from dialer.core.office.access import Actor, Role
from dialer.core.office.grants import Grant
from tests.support.orders import NOON

ADMIN = Actor("root", frozenset({Role.ADMIN}))


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def somebody(
    name: str = "li.na",
    *roles: Role,
    token: str | None = None,
    at: datetime = NOON,
    expires: datetime | None = None,
) -> Grant:
    """An access that is wanted; compliance where no role is named, the token called as its name."""
    return Grant(
        name,
        frozenset(roles or {Role.COMPLIANCE}),
        hash_of(token or name),
        at,
        expires_at=expires,
    )


FIRST = somebody("root", Role.ADMIN)
