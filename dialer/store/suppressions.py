"""`SqlSuppressions`: the book of suppressions on SQL.

A list of a million numbers comes in small transactions, so that a node that dials meanwhile waits
for none of them; it counts, whole, from one last transaction on. Killed before, it never counts.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace as changed
from datetime import datetime, timedelta
from functools import partial
from time import monotonic
from typing import Final, TypeVar

from sqlalchemy import Connection

from dialer.core.office.audit_kinds import suppressions as audit_kinds
from dialer.core.values.number import E164
from dialer.core.values.older_spellings import older_spellings
from dialer.core.values.statements import Signature
from dialer.core.values.suppression import (
    LIST_SHRINK,
    Suppression,
    SuppressionKind,
    fault_of_list,
    fault_of_reason,
    fault_of_replacement,
    lift,
)
from dialer.errors import SignatureError, SuppressionError
from dialer.ports.desks import BookEntry, ListImport
from dialer.store.channel import Channel
from dialer.store.queries import signing
from dialer.store.queries import suppression as queries
from dialer.store.queries.suppression import Book

_AT_ONCE: Final = 1000
"""Numbers in one transaction: some 10 ms, for which a dialling node's commits wait."""
_PAUSE: Final = 0.01
"""Seconds between two of them at least, in which those commits have their turn."""
_ABANDONED: Final = timedelta(days=1)
"""An import that was begun so long ago and is not in force was killed."""

Result = TypeVar("Result")


class SqlSuppressions:
    """The SuppressionDesk of a store."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._book = Book(channel.dialect)
        self._listing = queries.Listing(channel.dialect)

    async def add(self, number: E164, reason: str, by: str, at: datetime) -> bool:
        if (fault := fault_of_reason(reason)) is not None:
            raise SuppressionError(fault.why)
        hash_ = self._hash(number)

        def work(connection: Connection) -> bool:
            fresh = self._book.enter(connection, hash_, SuppressionKind.OWN_LIST, at, by, reason)
            if fresh:
                body = audit_kinds.by_hand(hash_, by, reason)
                self._channel.audit.note(audit_kinds.OWN_LISTED, at, body)
            return fresh

        return await self._channel.submit(work)

    async def remove(self, number: E164, reason: str, by: str, at: datetime) -> None:
        hash_ = self._hash(number)

        def work(connection: Connection) -> None:
            against = [each.why for each in self._against(connection, number)]
            if not against:
                raise SuppressionError("the number is not in the book")
            why = SuppressionKind.OWN_LIST if SuppressionKind.OWN_LIST in against else against[0]
            if (refused := lift(why, reason)) is not None:
                raise SuppressionError(refused.why)
            for each in (hash_, *self._older(number)):
                since = queries.take_out(connection, each, why)
                if since is not None:
                    body = audit_kinds.lifted(each, by, reason, why.value, since)
                    self._channel.audit.note(audit_kinds.SUPPRESSION_LIFTED, at, body)

        await self._channel.submit(work)

    async def check(self, number: E164) -> Sequence[Suppression]:
        return await self._channel.read(lambda connection: self._against(connection, number))

    async def entries(self, limit: int | None = None) -> Sequence[BookEntry]:
        return await self._channel.read(lambda connection: queries.entries(connection, limit))

    async def import_list(
        self,
        wanted: ListImport,
        numbers: Iterable[E164],
        *,
        replace: bool,
        most_gone: float = LIST_SHRINK,
        signature: Signature | None = None,
    ) -> ListImport:
        if (fault := fault_of_list(wanted.name, wanted.source)) is not None:
            raise SuppressionError(fault.why)
        import_ = await self._channel.submit(
            lambda connection: queries.begin_import(connection, wanted)
        )
        # In the table's own order: each transaction touches pages that lie together.
        hashes = await asyncio.to_thread(self._sorted, numbers)
        for first in range(0, len(hashes), _AT_ONCE):
            some = hashes[first : first + _AT_ONCE]
            await self._in_turn(partial(self._listing.put, import_=import_, numbers=some))
        replaced, gone = frozenset[int](), 0
        if replace:
            # Beside the writer: to read a list of a million takes a while.
            weighed = await self._channel.read(lambda c: queries.weigh(c, import_, wanted))
            replaced, gone = weighed.ids, weighed.replacement.gone
            fault = fault_of_replacement(wanted.name, weighed.replacement, most_gone)
            if fault is not None:
                await self._give_up(import_, wanted.imported_at)
                raise SuppressionError(fault.why)
        made = changed(wanted, numbers=len(hashes), gone=gone)

        def put_in_force(connection: Connection) -> None:
            if replace and queries.in_force(connection, wanted.name) != replaced:
                raise SuppressionError(
                    f"somebody imported {wanted.name} meanwhile: import it again"
                )
            ended = queries.put_in_force(
                connection, import_, wanted.name, made.numbers, replace=replace, gone=gone
            )
            body = audit_kinds.list_imported(
                made.name, made.source, made.digest, made.until, made.numbers
            )
            digest = hashlib.sha256(b"".join(hashes)).hexdigest()
            signed = signing.keep(connection, signature)
            queries.set_signed(connection, import_, signed)
            body = audit_kinds.in_force(body, made.by, import_, digest, ended, gone, signed)
            self._channel.audit.note(audit_kinds.LIST_IMPORTED, made.imported_at, body)

        try:
            await self._channel.submit(put_in_force)
        except (SuppressionError, SignatureError):
            await self._give_up(import_, wanted.imported_at)
            raise
        await self._clear(wanted.imported_at)
        return made

    async def lists(self) -> Sequence[ListImport]:
        return await self._channel.read(queries.imports)

    def _against(self, connection: Connection, number: E164) -> tuple[Suppression, ...]:
        return self._book.against(connection, self._hash(number), self._older(number))

    def _older(self, number: E164) -> list[bytes]:
        return [self._hash(each) for each in older_spellings(number)]

    def _hash(self, number: E164) -> bytes:
        return self._channel.vault.lookup.number(number)

    def _sorted(self, numbers: Iterable[E164]) -> list[bytes]:
        return sorted({*map(self._hash, numbers)})

    async def _give_up(self, import_: int, now: datetime) -> None:
        await self._channel.submit(lambda connection: queries.give_up(connection, import_))
        await self._clear(now)

    async def _clear(self, now: datetime) -> None:
        """Drop the numbers of imports that were replaced, or abandoned."""
        before = now - _ABANDONED
        for import_ in await self._channel.read(lambda c: queries.left_over(c, before)):
            after: bytes | None = b""
            while after is not None:
                after = await self._in_turn(
                    partial(queries.drop_numbers, import_=import_, after=after, at_once=_AT_ONCE)
                )

    async def _in_turn(self, work: Callable[[Connection], Result]) -> Result:
        """One of many transactions; after it the others have as long."""
        began = monotonic()
        result = await self._channel.submit(work)
        await asyncio.sleep(max(_PAUSE, monotonic() - began))
        return result
