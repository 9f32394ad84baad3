"""What is over its term is destroyed, piece by piece, with a signed certificate at the end.

Killed at any point, the next run goes on where it was: each piece is one transaction, and files go
before the rows that name them. Nothing is certified before it is off the database's files.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from dialer.audit import AuditKey, SignedCertificate
from dialer.config import Config
from dialer.core.office.certificate import Certificate
from dialer.core.office.retention import Matter, RetentionTerms, Term, all_terms, clock_doubt
from dialer.core.values.number import E164
from dialer.errors import RetentionError
from dialer.ports.audit import AuditDesk
from dialer.ports.desks import Destruction, RetentionDesk
from dialer.recordings import RecordingFolder

_log = logging.getLogger(__name__)

RemoveRecordings = Callable[[Sequence[str]], int]
"""Takes the recordings of calls, by their ids, off the disk; how many there were. It may block."""

_KEY: Final = "the key {} was destroyed: what is sealed under it can be opened by nobody again"
_HOW: Final = {
    Matter.CONTACTS: (
        "number, consent, time zone and variables of every contact were overwritten; rows to which "
        "no call belongs were deleted"
    ),
    Matter.EVIDENCE: (
        "recordings were deleted; the rows of calls, attempts and second legs were deleted; of "
        "refusals, and of which of our numbers was shown, keyed hashes stay"
    ),
    Matter.INCOMING: "the rows of calls that came in were deleted, with their second legs",
    Matter.COMPLAINT: (
        "the words of the complaint and of each step were overwritten; when it was opened, "
        "answered and closed, by whom, and a keyed hash of the number stay"
    ),
    Matter.PERSON: (
        "number, consent, time zone and variables were overwritten in every campaign; the number "
        "stays as a keyed hash, never to be called; records of calls stay as long as the law wants"
    ),
}
_SCRUBBED: Final = "what the database kept of deleted rows was taken off its files"
_BACKUPS: Final = (
    "a backup from before holds the keys wrapped under the master key named here: it can be opened "
    "until that master key is changed and destroyed"
)


@dataclass(frozen=True, slots=True)
class Ownership:
    """Whose data it is: the operator in law, the node, and the key that signs for both."""

    operator: str
    node: str
    key: AuditKey


class Destroyer:
    """Applies the terms of retention. `utc` is the clock that is to be believed, or doubted."""

    def __init__(
        self,
        desk: RetentionDesk,
        whose: Ownership,
        terms: RetentionTerms,
        remove_recordings: RemoveRecordings,
        utc: Callable[[], datetime],
    ) -> None:
        self._desk = desk
        self._whose = whose
        self._terms = terms
        self._remove_recordings = remove_recordings
        self._utc = utc

    async def plan(self) -> Sequence[Term]:
        """Everything that is still to be destroyed, and where it stands in its term."""
        desk = self._desk
        return all_terms(
            await desk.lives(), await desk.months(), await desk.complaints(), self._terms
        )

    async def run(self, by: str, today: date | None = None) -> Sequence[SignedCertificate]:
        """Destroy what is due, and go on with what was begun; the certificates of what is done.

        Raises RetentionError where the clock is in doubt, which `today`, written by a person,
        settles.
        """
        now = await self._believe(by, today)
        await self._desk.end_finished(now)
        made = [await self._go_on(begun) for begun in await self._desk.under_way()]
        for term in await self.plan():
            begun = None
            if term.is_due(now):
                begun = await self._desk.begin(term, self._terms, by, now)
            if begun is not None:
                made.append(await self._go_on(begun))
        return [each for each in made if each is not None]

    async def forget(self, number: E164, by: str) -> SignedCertificate | None:
        """Destroy what contacts hold of a person; None where a node is calling them just now.

        The number is suppressed for good in any case, and the rest follows within the hour.
        """
        return await self._go_on(await self._desk.forget(number, by, self._utc()))

    async def _believe(self, by: str, today: date | None) -> datetime:
        """What the clock shows, where it can be believed."""
        # In this order: a node dials meanwhile, and what it records is no clock gone back.
        seen = await self._desk.last_seen()
        now = self._utc()
        doubt = clock_doubt(now, seen, today)
        if doubt is not None:
            raise RetentionError(doubt.why)
        if clock_doubt(now, seen) is None:
            await self._desk.saw(now)
        else:
            await self._desk.confirmed(by, now)
        return now

    async def _go_on(self, destruction: Destruction) -> SignedCertificate | None:
        at_work = after = 0
        while (piece := await self._desk.next_piece(destruction, after)).last:
            at_work += piece.at_work
            after = piece.last
            files = 0
            if piece.calls:
                files = await asyncio.to_thread(self._remove_recordings, piece.calls)
            destruction = await self._desk.destroy(destruction, piece, files)
        if at_work or not await self._desk.scrub():
            _log.info("destruction %s goes on later", destruction.id)
            return None
        done = self._utc()
        certificate = self._certificate(destruction, done)
        signed = SignedCertificate.made(certificate, self._whose.key)
        await self._desk.finish(destruction, certificate, signed.as_json(), done)
        return signed

    def _certificate(self, of: Destruction, done: datetime) -> Certificate:
        keys = tuple(_KEY.format(name) for name in of.keys)
        return Certificate(
            id=of.id,
            operator=self._whose.operator,
            node=self._whose.node,
            matter=of.matter,
            subject=of.subject,
            why=of.why,
            counts=of.counts,
            how=(*keys, _HOW[of.matter], _SCRUBBED, _BACKUPS),
            keys=of.keys,
            master=of.master,
            by=of.by,
            begun_at=_micros(of.begun_at),
            done_at=_micros(done),
        )


async def destroyer(
    config: Config, audit: AuditDesk, desk: RetentionDesk, utc: Callable[[], datetime]
) -> Destroyer:
    """The destroyer of an open store, as the configuration says.

    Raises AuditError where nothing can be signed.
    """
    key = await audit.key(config.vault.signing_key(config.data_dir))
    whose = Ownership(config.operator.name, config.node, key)
    recordings = RecordingFolder(config.recording.path(config.data_dir))
    return Destroyer(desk, whose, config.retention.terms, recordings.erase_calls, utc)


def _micros(at: datetime) -> int:
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
