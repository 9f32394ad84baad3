"""`SqlAccess`: the AccessDesk of `dialer.ports` on SQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from dialer.core.office.access import Actor
from dialer.core.office.audit_kinds import access as kinds
from dialer.core.office.grants import Denial, Grant, give, recover, take
from dialer.core.office.looks import Look
from dialer.core.values.refused import Refused
from dialer.errors import AccessError
from dialer.store.channel import Channel
from dialer.store.queries import access as queries


class SqlAccess:
    """Who has access, and who looked at what."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    async def grants(self) -> Sequence[Grant]:
        return await self._channel.read(queries.rows)

    async def give(self, wanted: Grant, by: Actor | None) -> Grant:
        def work(connection: Connection) -> Grant:
            *closed, made = _changed(connection, lambda grants: give(grants, wanted, by))
            body = kinds.given(made, closed)
            self._channel.audit.note(kinds.ACCESS_GIVEN, made.given_at, body)
            return made

        return await self._channel.submit(work)

    async def recover(self, wanted: Grant, account: str, why: str) -> Grant:
        def work(connection: Connection) -> Grant:
            *closed, made = _changed(connection, lambda grants: recover(grants, wanted, why))
            body = kinds.recovered(made, account, why, closed)
            self._channel.audit.note(kinds.ACCESS_RECOVERED, made.given_at, body)
            return made

        return await self._channel.submit(work)

    async def take(self, name: str, by: Actor, at: datetime) -> Grant:
        def work(connection: Connection) -> Grant:
            taken = take(queries.rows(connection, to_change=True), name, by, at)
            if isinstance(taken, Refused):
                raise AccessError(taken.why)
            queries.close(connection, taken)
            self._channel.audit.note(kinds.ACCESS_REVOKED, at, kinds.revoked(taken))
            return taken

        return await self._channel.submit(work)

    async def refused(self, denial: Denial) -> None:
        body = kinds.refused(denial)
        await self._channel.submit(
            lambda _connection: self._channel.audit.note(kinds.ACCESS_REFUSED, denial.at, body)
        )

    async def looked(self, look: Look) -> None:
        await self._channel.submit(
            lambda _connection: self._channel.audit.note(kinds.LOOK, look.at, kinds.look(look))
        )


def _changed(
    connection: Connection, change: Callable[[Sequence[Grant]], tuple[Grant, ...] | Refused]
) -> tuple[Grant, ...]:
    """Close and add what `change` says; the one that was added is the last. Raises AccessError."""
    changed = change(queries.rows(connection, to_change=True))
    if isinstance(changed, Refused):
        raise AccessError(changed.why)
    *closed, made = changed
    for grant in closed:
        queries.close(connection, grant)
    queries.add(connection, made)
    return changed
