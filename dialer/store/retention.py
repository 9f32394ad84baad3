"""`SqlRetention`: what is destroyed when, on SQL."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from dialer.core.office.audit_kinds import keys as key_kinds
from dialer.core.office.audit_kinds import retention as kinds
from dialer.core.office.audit_kinds import suppressions as book_kinds
from dialer.core.office.certificate import Certificate
from dialer.core.office.retention import (
    DONE_BY,
    CampaignLife,
    Matter,
    RetentionTerms,
    Term,
    all_terms,
)
from dialer.core.values.number import E164
from dialer.core.values.suppression import SuppressionKind
from dialer.ports.desks import Destruction, Piece
from dialer.store.channel import Channel
from dialer.store.complaints import scope_of
from dialer.store.people import contacts_of, evidence_of, visits_of
from dialer.store.queries import complaints as complaint_queries
from dialer.store.queries import destruction as queries
from dialer.store.queries.suppression import Book
from dialer.store.queries.tallies import Tallies
from dialer.vault import Scope


def _of_month(month: str) -> Scope:
    return visits_of(datetime.fromisoformat(f"{month}-01"))


_SCOPES: Final[Mapping[Matter, Callable[[str], Scope]]] = {
    Matter.CONTACTS: contacts_of,
    Matter.EVIDENCE: evidence_of,
    Matter.INCOMING: _of_month,
    Matter.COMPLAINT: scope_of,
}


class SqlRetention:
    """The RetentionDesk of a store."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._book = Book(channel.dialect)
        # Beside a node, whose counts are its own: the sum over all is the truth.
        self._tallies = Tallies(channel.dialect, channel.audit.chain)

    async def end_finished(self, at: datetime) -> int:
        def work(connection: Connection) -> int:
            ended = queries.end_finished(connection, at, self._channel.audit.chain)
            for name, end in ended:
                body = kinds.campaign_ended(name, self._channel.audit.chain, end.isoformat())
                self._channel.audit.note(kinds.CAMPAIGN_ENDED, at, body)
            return len(ended)

        return await self._channel.submit(work)

    async def lives(self) -> Sequence[CampaignLife]:
        return await self._channel.read(queries.lives)

    async def last_seen(self) -> datetime | None:
        return await self._channel.read(queries.last_seen)

    async def saw(self, at: datetime) -> None:
        await self._channel.submit(lambda connection: queries.saw(connection, at))

    async def confirmed(self, by: str, at: datetime) -> None:
        def work(connection: Connection) -> None:
            queries.saw(connection, at)
            body = kinds.clock_confirmed(by, at.isoformat())
            self._channel.audit.note(kinds.CLOCK_CONFIRMED, at, body)

        await self._channel.submit(work)

    async def months(self) -> Mapping[str, int]:
        return await self._channel.read(queries.months)

    async def complaints(self) -> Mapping[str, datetime | None]:
        return await self._channel.read(complaint_queries.unforgotten)

    async def begin(
        self, term: Term, terms: RetentionTerms, by: str, at: datetime
    ) -> Destruction | None:
        def work(connection: Connection) -> Destruction | None:
            due = _due(connection, term, terms, at)
            if due is None or _begun(connection, due.matter, due.name) is not None:
                return None
            scope = _SCOPES[due.matter](due.name)
            kept = self._channel.destroy_keys(connection, scope)
            for key in kept[-1:]:
                body = key_kinds.of_scope(scope.name, key.generation, by)
                self._channel.audit.note(key_kinds.KEY_DESTROYED, at, body)
            made = Destruction(
                id=secrets.token_hex(8),
                matter=due.matter,
                subject=due.name,
                why="its term is over",
                by=by,
                begun_at=at,
                keys=tuple(key.name for key in kept[-1:]),
                master=self._channel.master(connection),
                counts={"keys": len(kept)},
            )
            queries.put(connection, made, due.campaign or None)
            self._note_begun(made, at)
            return made

        return await self._channel.submit(work)

    async def forget(self, number: E164, by: str, at: datetime) -> Destruction:
        hash_ = self._hash(number)

        def work(connection: Connection) -> Destruction:
            known = _begun(connection, Matter.PERSON, hash_.hex())
            if known is not None:
                return known
            if self._book.enter(connection, hash_, SuppressionKind.FORGOTTEN, at, by):
                body = book_kinds.by_hand(hash_, by, SuppressionKind.FORGOTTEN.value)
                self._channel.audit.note(book_kinds.FORGOTTEN, at, body)
            made = Destruction(
                id=secrets.token_hex(8),
                matter=Matter.PERSON,
                subject=hash_.hex(),
                why="the person's own request",
                by=by,
                begun_at=at,
                keys=(),
                master=self._channel.master(connection),
                counts={},
            )
            queries.put(connection, made, None)
            self._note_begun(made, at)
            return made

        return await self._channel.submit(work)

    async def under_way(self) -> Sequence[Destruction]:
        return await self._channel.read(queries.under_way)

    async def next_piece(self, destruction: Destruction, after: int = 0) -> Piece:
        return await self._channel.read(
            lambda connection: queries.next_piece(connection, destruction, after)
        )

    async def destroy(self, destruction: Destruction, piece: Piece, files: int) -> Destruction:
        def work(connection: Connection) -> Destruction:
            gone = Counter(destruction.counts)
            if destruction.matter is Matter.INCOMING:
                gone.update(queries.destroy_visits(connection, piece.rows))
            elif destruction.matter is Matter.COMPLAINT:
                gone["texts"] += complaint_queries.forget(connection, destruction.subject)
            elif destruction.matter is Matter.EVIDENCE:
                gone.update(queries.destroy_calls(connection, piece.rows))
                gone["recordings"] += files
            else:
                gone["contacts"] += queries.destroy_contacts(
                    connection, self._tallies, piece.rows, DONE_BY[destruction.matter]
                )
            after = replace(destruction, counts=dict(gone))
            queries.put_counts(connection, after)
            return after

        return await self._channel.submit(work)

    async def scrub(self) -> bool:
        return await self._channel.scrub()

    async def finish(
        self, destruction: Destruction, certificate: Certificate, text: str, at: datetime
    ) -> None:
        def work(connection: Connection) -> None:
            if not queries.finish(connection, destruction, at, text):
                return
            body = kinds.destroyed(
                destruction.id,
                destruction.matter.value,
                destruction.subject,
                certificate.digest(),
                destruction.counts,
            )
            self._channel.audit.note(kinds.DESTROYED, at, body)

        await self._channel.submit(work)

    async def certificates(self) -> Sequence[str]:
        return await self._channel.read(queries.certificates)

    def _note_begun(self, made: Destruction, at: datetime) -> None:
        body = kinds.begun(made.id, made.matter.value, made.subject, made.by, made.keys)
        self._channel.audit.note(kinds.DESTRUCTION_BEGUN, at, body)

    def _hash(self, number: E164) -> bytes:
        return self._channel.vault.lookup.number(number)


def _due(connection: Connection, wanted: Term, terms: RetentionTerms, at: datetime) -> Term | None:
    """The same term, if it is over by what this transaction sees."""
    found = all_terms(
        queries.lives(connection),
        queries.months(connection),
        complaint_queries.unforgotten(connection),
        terms,
    )
    for term in found:
        if (term.matter, term.name) == (wanted.matter, wanted.name) and term.is_due(at):
            return term
    return None


def _begun(connection: Connection, matter: Matter, subject: str) -> Destruction | None:
    for each in queries.under_way(connection):
        if (each.matter, each.subject) == (matter, subject):
            return each
    return None
