"""`SqlAccess`: the AccessDesk of `dialer.ports` on SQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from dialer.core.office.access import Actor
from dialer.core.office.audit_kinds import access as kinds
from dialer.core.office.grants import Denial, Grant, give, recover, take
from dialer.core.office.looks import Look
from dialer.core.office.person_keys import PersonKey, register, revoke
from dialer.core.values.refused import Refused
from dialer.core.values.statements import Signature
from dialer.errors import AccessError, SignatureError
from dialer.store.channel import Channel
from dialer.store.queries import access as queries
from dialer.store.queries import signing


class SqlAccess:
    """Who has access, and who looked at what."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    async def grants(self) -> Sequence[Grant]:
        return await self._channel.read(queries.rows)

    async def give(self, wanted: Grant, by: Actor | None, second: Signature | None = None) -> Grant:
        who = None if second is None else second.by

        def work(connection: Connection) -> Grant:
            *closed, made = _changed(connection, lambda grants: give(grants, wanted, by, who))
            signed = signing.keep(connection, second)
            queries.set_signed(connection, made, signed)
            body = kinds.given(made, who, signed, closed)
            self._channel.audit.note(kinds.ACCESS_GIVEN, made.given_at, body)
            return made

        return await self._channel.submit(work)

    async def keys(self) -> Sequence[PersonKey]:
        return await self._channel.read(signing.keys)

    async def register(
        self, key: PersonKey, signature: Signature, vouched: Signature | None = None
    ) -> PersonKey:
        wanted = replace(
            key, signed=signature.digest, vouched_by=None if vouched is None else vouched.by
        )

        def work(connection: Connection) -> PersonKey:
            grants = queries.rows(connection, to_change=True)
            made = register(signing.keys(connection), grants, wanted)
            if isinstance(made, Refused):
                raise SignatureError(made.why)
            signing.keep(connection, signature)
            signed = signing.keep(connection, vouched)
            signing.add_key(connection, made)
            body = kinds.key_registered(made, signed)
            self._channel.audit.note(kinds.KEY_REGISTERED, made.added_at, body)
            return made

        return await self._channel.submit(work)

    async def revoke_key(self, fingerprint: str, by: Actor, at: datetime) -> PersonKey:
        def work(connection: Connection) -> PersonKey:
            done = revoke(signing.keys(connection), fingerprint, by, at)
            if isinstance(done, Refused):
                raise SignatureError(done.why)
            signing.close_key(connection, done)
            self._channel.audit.note(kinds.KEY_REVOKED, at, kinds.key_revoked(done))
            return done

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
