"""`SqlAudit`: the AuditDesk of `dialer.ports` on SQL, and the signing of checkpoints."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, func, insert, select

from dialer.audit import AuditKey, SignedCheckpoint
from dialer.core.office.access import Actor
from dialer.core.office.audit_chain import (
    GENESIS,
    AuditRecord,
    Chained,
    ChainFault,
    Checkpoint,
    verify,
)
from dialer.core.office.audit_kinds import calls
from dialer.core.office.audit_kinds import nodes as kinds
from dialer.core.office.reconciling import Dialled
from dialer.core.values.number import E164
from dialer.core.values.outcome import Outcome, Reason
from dialer.errors import AuditError
from dialer.ports.audit import AuditReport, CallEvidence
from dialer.store import audit_rows
from dialer.store.audit_trail import end_of
from dialer.store.channel import Channel
from dialer.store.held_rows import HeldRows
from dialer.store.queries import scripts
from dialer.store.queries.cdr import Cdrs
from dialer.store.replay import NAMED, replaying
from dialer.store.schema import audit_checkpoints, audit_log
from dialer.store.values import instant, micros

_AT_ONCE: Final = 1000
_CUT_SHORT: Final = str(Outcome.of(Reason.CUT_SHORT))
_EMPTIED: Final = "is missing, and all others: the log is empty, but the store was used"


class SqlAudit:
    """The log of one store, through its channel."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._end = end_of(channel.dialect)
        self._cdrs = Cdrs(channel.dialect, channel.people)

    @property
    def unsigned(self) -> int:
        """Records that this process has written since it last signed."""
        return self._channel.audit.unsigned

    async def key(self, path: Path) -> AuditKey:
        def anything(connection: Connection) -> bool:
            return connection.scalar(select(func.count()).select_from(audit_checkpoints)) != 0

        is_new = not await self._channel.read(anything)
        return await asyncio.to_thread(_key_at, path, is_new=is_new)

    async def sign(
        self, key: AuditKey, chains: Collection[str], at: datetime
    ) -> Sequence[SignedCheckpoint]:
        """A checkpoint of each chain that has grown since its last; what is new."""
        trail = self._channel.audit

        def work(connection: Connection) -> list[SignedCheckpoint]:
            made = []
            # On the writer's thread: what others add from now on is not under these signatures.
            records = trail.unsigned
            self._channel.after_commit(lambda: trail.signed(records))
            for chain in chains:
                end = self._end.run(connection, of=chain).fetchone()
                if end is None or end[0] <= _last_signed(connection, chain):
                    continue
                checkpoint = Checkpoint(chain, end[0], bytes(end[1]), micros(at))
                made.append(key.sign(checkpoint))
                _put(connection, made[-1])
            return made

        return await self._channel.submit(work)

    async def signed(
        self, key: AuditKey, chain: str, last: Chained, at: datetime
    ) -> SignedCheckpoint:
        sequence = last.record.sequence

        def work(connection: Connection) -> SignedCheckpoint:
            for each in audit_rows.checkpoints(connection, chain, sequence):
                if _is_good(each, {key.public}):
                    return each
            return key.sign(Checkpoint(chain, sequence, last.hash, micros(at)))

        return await self._channel.read(work)

    async def last_checkpoint(self, chain: str) -> SignedCheckpoint | None:
        """The last that is stored of a chain."""

        def work(connection: Connection) -> SignedCheckpoint | None:
            last = _last_signed(connection, chain)
            return next(iter(audit_rows.checkpoints(connection, chain, last)), None)

        return await self._channel.read(work)

    async def dialled(self, since: datetime, until: datetime) -> Sequence[Dialled]:
        mine = audit_log.c
        placed = select(audit_log).where(
            mine.kind.in_((calls.ATTEMPT, calls.LEG)),
            mine.at >= micros(since),
            mine.at <= micros(until),
        )
        ended = select(audit_log).where(
            mine.kind.in_((calls.ATTEMPT_END, calls.LEG_END)), mine.at >= micros(since)
        )

        def work(connection: Connection) -> Sequence[Dialled]:
            ends = {}
            for row in connection.execute(ended, execution_options={"yield_per": _AT_ONCE}):
                end = audit_rows.record(row)
                ends[end.body.get("call"), end.body.get("attempt")] = _answered_for(end)
            found = []
            for row in connection.execute(placed, execution_options={"yield_per": _AT_ONCE}):
                body = audit_rows.record(row).body
                # To an extension of a PBX no carrier sends a bill, and by REFER we send no INVITE.
                number = body.get("number", body.get("target"))
                if number is not None and body.get("kind") != "refer":
                    call, attempt = body["call"], body["attempt"]
                    seconds = ends.get((call, attempt))
                    placed_at = instant(row.at)
                    found.append(Dialled(call, attempt, body["trunk"], number, placed_at, seconds))
            return found

        return await self._channel.read(work)

    async def hashed(self, numbers: Sequence[E164]) -> Sequence[str]:
        lookup = self._channel.vault.lookup
        return await asyncio.to_thread(lambda: [lookup.number(each).hex() for each in numbers])

    async def hash_at(self, chain: str, sequence: int) -> bytes | None:
        asked = select(audit_log.c.hash).where(
            audit_log.c.chain == chain, audit_log.c.sequence == sequence
        )
        return await self._channel.read(lambda connection: connection.scalar(asked))

    async def overruled(self, body: Mapping[str, Any], at: datetime) -> None:
        await self._channel.submit(
            lambda _: self._channel.audit.note(kinds.ANCHOR_OVERRULED, at, body)
        )

    async def checkpoints(self) -> Sequence[SignedCheckpoint]:
        """All that are stored, by chain and sequence."""
        return await self._channel.read(audit_rows.checkpoints)

    async def check(
        self, trusted: Collection[str], given: Sequence[SignedCheckpoint] = ()
    ) -> AuditReport:
        def work(connection: Connection) -> AuditReport:
            audit_rows.byte_for_byte(connection)
            stored = set(known := audit_rows.checkpoints(connection))
            findings: list[ChainFault] = []
            good = []
            for each in (*known, *given):
                place = each.checkpoint.node, each.checkpoint.sequence
                if not _is_good(each, trusted):
                    what = "has a checkpoint that is not signed by a key that is trusted"
                    findings.append(ChainFault(*place, what))
                    continue
                good.append(each.checkpoint)
                if each not in stored:
                    what = "has lost its checkpoint here, which is kept outside"
                    findings.append(ChainFault(*place, what))
            chains = audit_rows.names(connection, findings.append)
            chains |= {checkpoint.node for checkpoint in good}
            counts = dict.fromkeys(sorted(chains), 0)
            with replaying() as replay:
                for chain in counts:
                    asked = audit_rows.of_chain(chain)
                    rows = audit_rows.chained(connection, asked, findings.append)
                    findings += verify(chain, replay.follow(_counted(rows, counts)), good)
                held = HeldRows(connection, self._channel.people)
                replay.hold(held.facts())
                differences = replay.differences()
                named = tuple(islice(differences, NAMED))
                many = len(named) + sum(1 for _ in differences)
                findings += replay.faults
                if many and not any(counts.values()):
                    findings.append(ChainFault(self._channel.audit.chain, 0, _EMPTIED))
                return AuditReport(
                    counts, len(good), tuple(findings), named, many, replay.from_before
                )

        return await self._channel.read(work)

    async def records(
        self,
        *,
        call: str | None = None,
        kind: str | None = None,
        chain: str | None = None,
        limit: int | None = None,
    ) -> Sequence[AuditRecord]:
        """Records, the latest first; only those that are asked for."""
        asked = select(audit_log).order_by(
            audit_log.c.at.desc(), audit_log.c.chain, audit_log.c.sequence.desc()
        )
        for column, wanted in (("call", call), ("kind", kind), ("chain", chain)):
            if wanted is not None:
                asked = asked.where(audit_log.c[column] == wanted)

        def work(connection: Connection) -> Sequence[AuditRecord]:
            return [audit_rows.record(row) for row in connection.execute(asked.limit(limit))]

        return await self._channel.read(work)

    async def evidence(self, call: str) -> CallEvidence:
        def work(connection: Connection) -> CallEvidence:
            mine = audit_log.c
            first = connection.execute(
                select(mine.chain, mine.sequence)
                .where(mine.call == call)
                .order_by(mine.at, mine.sequence)
                .limit(1)
            ).first()
            if first is None:
                raise AuditError(f"the audit log knows of no call {call}")
            chain, sequence = first
            before = connection.scalar(
                select(mine.hash).where(mine.chain == chain, mine.sequence == sequence - 1)
            )
            last = connection.scalar(
                select(func.max(mine.sequence)).where(mine.chain == chain, mine.call == call)
            )
            asked = audit_rows.of_chain(chain).where(mine.sequence >= sequence)
            signed = connection.scalar(
                select(func.min(audit_checkpoints.c.sequence)).where(
                    audit_checkpoints.c.chain == chain, audit_checkpoints.c.sequence >= last
                )
            )
            if signed is not None:
                asked = asked.where(mine.sequence <= signed)
            stretch = tuple(audit_rows.chained(connection, asked, lambda _finding: None))
            ours = [each.record for each in stretch if each.record.body.get("call") == call]
            return CallEvidence(
                chain,
                stretch,
                frozenset(record.sequence for record in ours),
                GENESIS if before is None else bytes(before),
                self._files(connection, call, ours),
            )

        return await self._channel.read(work)

    async def exported(self, call: str, by: Actor, at: datetime) -> None:
        body = kinds.export(call, by.name)
        await self._channel.submit(lambda _: self._channel.audit.note(kinds.EXPORT, at, body))

    def _files(
        self, connection: Connection, call: str, records: Sequence[AuditRecord]
    ) -> dict[str, bytes]:
        """The call's record and its consent's, where they can still be told, and its events.

        With them what was said, where it was ever submitted, and who has approved it.
        """
        files = {"events.json": _events(records)}
        made = self._cdrs.record(connection, call)
        if made is not None:
            files |= {"cdr.json": made[0], "consent.json": made[1].consent()}
        said = {record.body.get("script_version") for record in records} - {None}
        for version in said:
            kept = scripts.kept(connection, str(version))
            files |= {} if kept is None else kept.evidence()
        return files


def _key_at(path: Path, *, is_new: bool) -> AuditKey:
    if path.exists() or not is_new:
        return AuditKey.from_file(path)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise AuditError(f"no audit key was written to {path}: {error.strerror}") from None
    return AuditKey.create(path)


def _counted(stored: Iterable[Chained], counts: dict[str, int]) -> Iterator[Chained]:
    for each in stored:
        counts[each.record.node] += 1
        yield each


def _answered_for(end: AuditRecord) -> float | None:
    """Seconds from the answer to the end; 0 without an answer, None where nobody knows."""
    if end.body.get("outcome") == _CUT_SHORT:
        return None
    answered_at = end.body.get("answered_at")
    if answered_at is None:
        return 0.0
    return (instant(end.at) - datetime.fromisoformat(answered_at)).total_seconds()


def _is_good(each: SignedCheckpoint, trusted: Collection[str]) -> bool:
    return each.signer in trusted and each.is_authentic(each.signer)


def _last_signed(connection: Connection, chain: str) -> int:
    mine = audit_checkpoints.c
    last = connection.scalar(select(func.max(mine.sequence)).where(mine.chain == chain))
    return 0 if last is None else int(last)


def _put(connection: Connection, signed: SignedCheckpoint) -> None:
    checkpoint = signed.checkpoint
    connection.execute(
        insert(audit_checkpoints).values(
            chain=checkpoint.node,
            sequence=checkpoint.sequence,
            hash=checkpoint.hash,
            at=checkpoint.at,
            signer=signed.signer,
            signature=signed.signature,
        )
    )


def _events(records: Sequence[AuditRecord]) -> bytes:
    shown = [
        {"sequence": each.sequence, "at": each.at, "kind": each.kind, "body": each.body}
        for each in records
    ]
    return json.dumps(shown, ensure_ascii=False, indent=1).encode()
