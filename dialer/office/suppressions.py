"""Who is not to be called: our own list, imported lists, and what stands against one number."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from dialer.core.office.access import Right
from dialer.core.values.months import months_after
from dialer.core.values.number import E164
from dialer.core.values.statements import Act, Signed, Statement
from dialer.core.values.suppression import Suppression, SuppressionKind, strongest
from dialer.office.request import Request
from dialer.office.signing import checked, stated
from dialer.ports.desks import BookEntry, ListImport

if TYPE_CHECKING:
    from dialer.files.number_list import NumberList


@dataclass(frozen=True, slots=True)
class Imported:
    """A list that was taken over. `repeats` are lines that gave a number which was there before."""

    made: ListImport
    repeats: int


@dataclass(frozen=True, slots=True)
class Against:
    """Everything against a number, and whether it forbids a call now."""

    found: Sequence[Suppression]
    forbids: bool


async def add(request: Request, number: E164, reason: str) -> bool:
    """Put a number on our own list; False where it was on it. Raises SuppressionError."""
    by = await request.acting(Right.SUPPRESS)
    async with request.store.writing() as desks:
        return await desks.suppressions.add(number, reason, by.name, request.utc())


async def remove(request: Request, number: E164, reason: str) -> None:
    """Take a number from our own list. Raises SuppressionError."""
    by = await request.acting(Right.UNLIST)
    async with request.store.writing() as desks:
        await desks.suppressions.remove(number, reason, by.name, request.utc())


async def to_replace(
    request: Request, name: str, source: str, read: Callable[[], NumberList]
) -> Statement:
    """What one signs to replace an imported list. Raises InputError with every fault of it."""
    by = await request.acting(Right.UNLIST)
    found = await asyncio.to_thread(read)
    return _replacement(request, ListImport(name, source, found.digest, request.utc(), by.name, 0))


async def import_list(
    request: Request,
    name: str,
    source: str,
    read: Callable[[], NumberList],
    *,
    until: datetime | None = None,
    replace: bool = False,
    signed: Signed | None = None,
) -> Imported:
    """Import somebody else's list, which `read` reads, whole or not at all.

    Adding is for whoever may suppress; to `replace` takes numbers off, and is compliance's, by
    one's signature over `to_replace`.

    Raises InputError with every fault of it, and SuppressionError.
    """
    by = await request.acting(Right.UNLIST if replace else Right.SUPPRESS)
    found = await asyncio.to_thread(read)
    wanted = ListImport(name, source, found.digest, request.utc(), by.name, len(found), until)
    async with request.store.writing() as desks:
        signature = None
        if replace:
            signature = await checked(request, desks, _replacement(request, wanted), signed)
        made = await desks.suppressions.import_list(
            wanted,
            found.numbers(),
            replace=replace,
            most_gone=request.config.compliance.list_shrink,
            signature=signature,
        )
    return Imported(made, found.repeats)


async def entries(request: Request, limit: int | None = None) -> Sequence[BookEntry]:
    """Our own list and complaints, the latest first. No number is in it."""
    return await request.rows(lambda desks: desks.suppressions.entries(limit))


async def lists(request: Request) -> Sequence[ListImport]:
    """The imported lists in force."""
    return await request.rows(lambda desks: desks.suppressions.lists())


async def check(request: Request, number: E164) -> Against:
    """Everything against a number, whoever asks; refusals until the end of their rest."""
    found = await request.rows(lambda desks: desks.suppressions.check(number))
    against = [_with_its_rest(each, request.config.terms.refusal_months) for each in found]
    return Against(against, strongest(against, request.utc()) is not None)


def _replacement(request: Request, wanted: ListImport) -> Statement:
    return stated(
        request,
        Act.REPLACE_LIST,
        wanted.by,
        list=wanted.name,
        source=wanted.source,
        file=wanted.digest,
    )


def _with_its_rest(each: Suppression, months: int | None) -> Suppression:
    """A refusal ends with its rest, which the configuration says."""
    if each.why is not SuppressionKind.REFUSAL:
        return each
    return Suppression(
        each.why, each.since, None if months is None else months_after(each.since, months)
    )
