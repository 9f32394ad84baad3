"""A RetentionDesk over a store and its complaints in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from dialer.core.office.certificate import Certificate
from dialer.core.office.retention import (
    DONE_BY,
    SETTLES,
    CampaignLife,
    Matter,
    RetentionTerms,
    Term,
    all_terms,
)
from dialer.core.values.campaign_standing import ContactState
from dialer.core.values.number import E164
from dialer.core.values.suppression import SuppressionKind
from dialer.ports.desks import Destruction, Piece
from dialer.testing.complaints import MemoryComplaints
from dialer.testing.hashes import hash_of
from dialer.testing.store import MemoryStore

_FREE = frozenset({ContactState.WAITING, ContactState.DONE})


class MemoryRetention:
    """Destroys what `store` and `complaints` hold. It has no keys, and no files to scrub.

    `confirmed_by` are who has said that the clock is right, and when.
    """

    def __init__(self, store: MemoryStore, complaints: MemoryComplaints) -> None:
        self._store = store
        self._complaints = complaints
        self._seen: datetime | None = None
        self._under_way: dict[str, Destruction] = {}
        self._gone: dict[tuple[Matter, str], datetime] = {}
        self._certificates: list[str] = []
        self.confirmed_by: list[tuple[str, datetime]] = []

    async def end_finished(self, at: datetime) -> int:
        ended = 0
        for id_, record in enumerate(self._store.records, start=1):
            progress = await self._store.progress(id_)
            is_through = progress.total and progress.done == progress.total
            if id_ in self._store.ends or not is_through:
                continue
            end = self._last_call(record.name) or at
            if not at - SETTLES < end < at:
                self._store.ends[id_] = (end, "memory")
                ended += 1
        return ended

    async def lives(self) -> Sequence[CampaignLife]:
        return self._lives()

    async def months(self) -> Mapping[str, int]:
        return self._months()

    async def complaints(self) -> Mapping[str, datetime | None]:
        return self._complaints.unforgotten()

    async def last_seen(self) -> datetime | None:
        return self._seen

    async def saw(self, at: datetime) -> None:
        self._seen = at

    async def confirmed(self, by: str, at: datetime) -> None:
        self._seen = at
        self.confirmed_by.append((by, at))

    async def begin(
        self, term: Term, terms: RetentionTerms, by: str, at: datetime
    ) -> Destruction | None:
        found = all_terms(self._lives(), self._months(), self._complaints.unforgotten(), terms)
        place = (term.matter, term.name)
        due = any((each.matter, each.name) == place and each.is_due(at) for each in found)
        if not due or self._begun(*place) is not None:
            return None
        return self._put(*place, "its term is over", by, at)

    async def forget(self, number: E164, by: str, at: datetime) -> Destruction:
        begun = self._begun(Matter.PERSON, hash_of(number))
        if begun is not None:
            return begun
        self._store.book.enter(number, SuppressionKind.FORGOTTEN, at, by)
        return self._put(Matter.PERSON, hash_of(number), "the person's own request", by, at)

    async def under_way(self) -> Sequence[Destruction]:
        return sorted(self._under_way.values(), key=lambda each: (each.begun_at, each.id))

    async def next_piece(self, destruction: Destruction, after: int = 0) -> Piece:
        if destruction.matter in {Matter.CONTACTS, Matter.PERSON}:
            return self._contacts_left(destruction, after)
        if after:
            return Piece()  # all of it was in the first piece
        if destruction.matter is Matter.COMPLAINT:
            return Piece(last=int(destruction.subject in self._complaints.unforgotten()))
        calls = tuple(self._calls_left(destruction))
        return Piece(calls, last=len(calls))

    async def destroy(self, destruction: Destruction, piece: Piece, files: int) -> Destruction:
        gone = Counter(destruction.counts)
        if destruction.matter is Matter.COMPLAINT:
            gone["texts"] += self._complaints.forget(destruction.subject)
        elif destruction.matter is Matter.INCOMING:
            gone["legs"] += self._store.forget_legs(piece.calls)
            gone["incoming calls"] += self._store.forget_visits(piece.calls)
        elif destruction.matter is Matter.EVIDENCE:
            gone["legs"] += self._store.forget_legs(piece.calls)
            gone.update(self._forget_calls(piece.calls))
            gone["recordings"] += files
        else:
            gone["contacts"] += self._empty(piece.rows, DONE_BY[destruction.matter])
        after = self._under_way[destruction.id] = replace(destruction, counts=dict(gone))
        return after

    async def scrub(self) -> bool:
        return True

    async def finish(
        self,
        destruction: Destruction,
        certificate: Certificate,  # noqa: ARG002 - there is no audit log to name its digest in
        text: str,
        at: datetime,
    ) -> None:
        if self._under_way.pop(destruction.id, None) is not None:
            self._gone[destruction.matter, destruction.subject] = at
            self._certificates.append(text)

    async def certificates(self) -> Sequence[str]:
        return self._certificates[::-1]

    # ---------------------------------------------------------------------------------------

    def _begun(self, matter: Matter, subject: str) -> Destruction | None:
        for each in self._under_way.values():
            if (each.matter, each.subject) == (matter, subject):
                return each
        return None

    def _put(self, matter: Matter, subject: str, why: str, by: str, at: datetime) -> Destruction:
        id_ = f"{len(self._certificates) + len(self._under_way) + 1:016x}"
        made = Destruction(id_, matter, subject, why, by, at, keys=(), master="", counts={})
        self._under_way[id_] = made
        return made

    def _lives(self) -> list[CampaignLife]:
        held = self._complaints.held_calls()
        found = []
        for id_, record in enumerate(self._store.records, start=1):
            calls = {
                name: call
                for name, call in self._store.dialled.items()
                if call.campaign == record.name
            }
            claimed = sum(each.state not in _FREE for each in self._store.of(id_))
            ended_at = self._store.ends.get(id_, (None,))[0]
            life = CampaignLife(
                id=id_,
                name=record.name,
                ended_at=ended_at,
                last_call_at=None if ended_at is None else self._last_call(record.name),
                at_work=max(claimed, sum(call.cdr is None for call in calls.values())),
                held=len(held & set(calls)),
                contacts_destroyed_at=self._gone.get((Matter.CONTACTS, record.name)),
                evidence_destroyed_at=self._gone.get((Matter.EVIDENCE, record.name)),
            )
            if life.contacts_destroyed_at is None or life.evidence_destroyed_at is None:
                found.append(life)
        return found

    def _months(self) -> dict[str, int]:
        held = self._complaints.held_calls()
        found: Counter[str] = Counter()
        for call, at in self._store.visited().items():
            found[f"{at:%Y-%m}"] += call in held
        return dict(found)

    def _last_call(self, campaign: str) -> datetime | None:
        ends = (
            call.cdr.last.ended_at
            for call in self._store.dialled.values()
            if call.campaign == campaign and call.cdr is not None
        )
        return max(ends, default=None)

    def _contacts_left(self, of: Destruction, after: int) -> Piece:
        full = [
            held
            for id_, held in sorted(self._store.contacts.items())
            if id_ > after and not held.emptied and self._is_of(held.contact.id, of)
        ]
        free = tuple(held.contact.id for held in full if held.state in _FREE)
        last = full[-1].contact.id if full else 0
        return Piece(rows=free, at_work=len(full) - len(free), last=last)

    def _is_of(self, contact: int, of: Destruction) -> bool:
        mine = self._store.contacts[contact].contact
        if of.matter is Matter.PERSON:
            return hash_of(mine.row.number) == of.subject
        return self._store.records[mine.campaign - 1].name == of.subject

    def _calls_left(self, of: Destruction) -> list[str]:
        if of.matter is Matter.INCOMING:
            visits = self._store.visited().items()
            return [call for call, at in visits if f"{at:%Y-%m}" == of.subject]
        dialled = self._store.dialled.items()
        return [name for name, call in dialled if call.campaign == of.subject]

    def _empty(self, rows: Sequence[int], rule: str) -> int:
        emptied = 0
        for row in rows:
            held = self._store.contacts[row]
            if held.emptied or held.state not in _FREE:
                continue
            if held.state is ContactState.WAITING:
                held.state, held.not_before, held.rule = ContactState.DONE, None, rule
            held.emptied = True
            emptied += 1
        return emptied

    def _forget_calls(self, names: Sequence[str]) -> dict[str, int]:
        """Take calls away; what has to outlive them stays."""
        attempts = calls = 0
        for name in names:
            call = self._store.dialled.pop(name, None)
            if call is None:
                continue
            calls += 1
            attempts += len(call.orders)
            for order in call.orders:
                shown = (call.number, order.caller_id)
                before = self._store.shown_before.get(shown, order.at)
                self._store.shown_before[shown] = max(before, order.at)
        return {"attempts": attempts, "calls": calls}
