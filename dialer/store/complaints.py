"""`SqlComplaints`: complaints on SQL, their texts sealed under a key of each one's own."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from dialer.core.office.audit_kinds import complaints as audit_kinds
from dialer.core.office.complaints import (
    Complaint,
    ComplaintFigures,
    ComplaintStep,
    Move,
    act,
    figures,
    opened,
)
from dialer.core.values.number import E164
from dialer.core.values.refused import Refused
from dialer.core.values.statements import Signature
from dialer.core.values.suppression import SuppressionKind
from dialer.errors import ComplaintError
from dialer.ports.desks import ComplaintFile
from dialer.store.channel import Channel
from dialer.store.queries import complaints as queries
from dialer.store.queries import signing
from dialer.store.queries.suppression import Book
from dialer.vault import DataKeys, Purpose, Scope


class SqlComplaints:
    """The ComplaintDesk of a store."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._book = Book(channel.dialect)

    async def open(
        self, number: E164, text: str, by: str, at: datetime, about: str | None = None
    ) -> Complaint:
        hash_ = self._channel.vault.lookup.number(number)
        id_ = secrets.token_hex(4)

        def work(connection: Connection) -> Complaint:
            calls = queries.calls_with(connection, hash_)
            if about is not None and about not in calls:
                raise ComplaintError(f"call {about} is no call with that number")
            made = opened(id_, by, at, calls, text)
            if isinstance(made, Refused):
                raise ComplaintError(made.why)
            sealed = _seal(self._channel.keys(connection, scope_of(id_)), id_, 0, text)
            queries.put(connection, made, hash_, about, sealed)
            fresh = self._book.enter(connection, hash_, SuppressionKind.COMPLAINT, at, by)
            body = audit_kinds.opened(
                id_, hash_, by, about, made.evidence, digest_of(sealed), suppressed=fresh
            )
            self._channel.audit.note(audit_kinds.COMPLAINT_OPENED, at, body)
            return made

        return await self._channel.submit(work)

    async def act(
        self,
        id_: str,
        move: Move,
        text: str,
        by: str,
        at: datetime,
        signature: Signature | None = None,
    ) -> Complaint:
        def work(connection: Connection) -> Complaint:
            kept = _found(connection, id_)
            if kept.is_forgotten:
                raise ComplaintError(
                    f"the words of complaint {id_} were destroyed, its term is over: open a new one"
                )
            step = ComplaintStep(move, by, at, signing.keep(connection, signature))
            done = act(kept.complaint, step, text)
            if isinstance(done, Refused):
                raise ComplaintError(done.why)
            keys = self._channel.keys(connection, scope_of(id_))
            place = len(done.steps)
            sealed = _seal(keys, id_, place, text)
            queries.put_step(connection, done, sealed)
            body = audit_kinds.moved(id_, place, move.value, by, digest_of(sealed), step.signed)
            self._channel.audit.note(audit_kinds.COMPLAINT_MOVED, at, body)
            return done

        return await self._channel.submit(work)

    async def complaints(self) -> Sequence[Complaint]:
        def work(connection: Connection) -> Sequence[Complaint]:
            return [kept.complaint for kept in queries.every(connection)]

        return await self._channel.read(work)

    async def file(self, id_: str) -> ComplaintFile:
        def work(connection: Connection) -> ComplaintFile:
            kept = _found(connection, id_)
            if kept.is_forgotten:
                return ComplaintFile(
                    kept.complaint, kept.number.hex(), kept.about, ("",) * len(kept.texts)
                )
            keys = self._channel.known_keys(connection, scope_of(id_))
            texts = (_open(keys, id_, at, sealed) for at, sealed in enumerate(kept.texts))
            return ComplaintFile(kept.complaint, kept.number.hex(), kept.about, tuple(texts))

        return await self._channel.read(work)

    async def figures(self, now: datetime) -> ComplaintFigures:
        def work(connection: Connection) -> ComplaintFigures:
            return figures((kept.complaint for kept in queries.unclosed(connection)), now)

        return await self._channel.read(work)


def scope_of(complaint: str) -> Scope:
    """The key of one complaint. No campaign's name has a colon."""
    return Scope(Purpose.EVIDENCE, f"complaint:{complaint}")


def _found(connection: Connection, id_: str) -> queries.Kept:
    kept = queries.get(connection, id_)
    if kept is None:
        raise ComplaintError(f"there is no complaint {id_}")
    return kept


def digest_of(sealed: bytes) -> str:
    """What the audit log holds of sealed words."""
    return hashlib.sha256(sealed).hexdigest()


def _seal(keys: DataKeys, complaint: str, step: int, text: str) -> bytes:
    """Text 0 is what was complained of, each other that of the step with its number."""
    return keys.column("complaints", "text").seal(f"{complaint}/{step}", text.encode())


def _open(keys: DataKeys, complaint: str, step: int, sealed: bytes) -> str:
    return keys.column("complaints", "text").open(f"{complaint}/{step}", sealed).decode()
