"""The audit log: checked, read, and a call's evidence taken along."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dialer.audit import AuditKey, SignedCheckpoint, write_bundle
from dialer.config import Config
from dialer.core.office.access import Right
from dialer.core.office.audit_chain import AuditRecord
from dialer.core.office.audit_kinds import nodes as kinds
from dialer.core.values.suppression import fault_of_reason
from dialer.errors import AnchorError
from dialer.office.request import Request
from dialer.ports.anchor import Anchor
from dialer.ports.audit import AuditReport

if TYPE_CHECKING:
    from dialer.upkeep.anchoring import Doubt


async def check(
    request: Request, trusted: Sequence[str] = (), given: Sequence[SignedCheckpoint] = ()
) -> AuditReport:
    """The whole log, held to its chains, to every checkpoint that is stored, and to those `given`.

    A checkpoint must be signed by our own key or one that is `trusted`.
    """
    await request.acting(Right.READ_AUDIT)
    if _signing_key(request.config).exists() or not trusted:
        trusted = [*trusted, public_key(request.config)]
    async with request.store.reading() as desks:
        return await desks.audit.check(trusted, given)


async def records(
    request: Request, call: str | None = None, kind: str | None = None, limit: int | None = None
) -> Sequence[AuditRecord]:
    """Records of the log, the latest first. Numbers in it are keyed hashes."""
    await request.acting(Right.READ_AUDIT)
    async with request.store.reading() as desks:
        return await desks.audit.records(call=call, kind=kind, limit=limit)


async def overrule(request: Request, anchors: Sequence[Anchor], why: str) -> Sequence[Doubt]:
    """Let the node start once although its anchors have this against its log; it is on record.

    Raises AnchorError where they have nothing against it.
    """
    by = await request.acting(Right.OVERRULE_ANCHORS)
    if (fault := fault_of_reason(why)) is not None:
        raise AnchorError(fault.why)
    node = request.config.node
    async with request.store.writing() as desks:
        # Who only reads the log holds it to no anchor.
        from dialer.upkeep.anchoring import doubts  # noqa: PLC0415

        found = await doubts(desks.audit, node, anchors, {public_key(request.config)})
        if not found:
            raise AnchorError(
                "no anchor has anything against the log: there is nothing to overrule"
            )
        now = request.utc()
        for each in found:
            place = each.anchor, each.chain, each.sequence, each.hash
            body = kinds.overruled(*place, node=node, by=by.name, why=why)
            await desks.audit.overruled(body, now)
    return found


async def export(request: Request, call: str, path: Path) -> str:
    """Write the evidence of `call` to the new file `path`; the public key that it is signed with.

    The number is in it in clear: who takes it along is on record before anything is written.
    Raises AuditError.
    """
    # A listing does without them, and the media that they bring along.
    from dialer.recordings import RecordingFolder, recording_of  # noqa: PLC0415

    by = await request.acting(Right.EXPORT_EVIDENCE)
    config = request.config
    folder = RecordingFolder(config.recording.path(config.data_dir))
    async with request.store.writing() as desks:
        found = await desks.audit.evidence(call)
        sound = await recording_of(desks.recordings, folder, call)
        files = dict(found.files) if sound is None else {**found.files, "recording.wav": sound}
        key = await desks.audit.key(_signing_key(config))
        now = request.utc()
        await desks.audit.exported(call, by, now)
        # Up to the end of the chain as it was read: what comes after it is not of this call.
        signed = await desks.audit.signed(key, found.chain, found.stretch[-1], now)
        await asyncio.to_thread(
            write_bundle, path, files, found.stretch, found.ours, found.before, signed
        )
        return signed.signer


def public_key(config: Config) -> str:
    """The key that checkpoints are signed with, in hex. Raises AuditError."""
    return AuditKey.from_file(_signing_key(config)).public


def _signing_key(config: Config) -> Path:
    return config.vault.signing_key(config.data_dir)
