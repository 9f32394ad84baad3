"""One call's evidence as a file: gathered from the store, signed, and put on record."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

from dialer.app.store import clerk
from dialer.audit import write_bundle
from dialer.config import Config
from dialer.core.office.access import Actor
from dialer.core.office.audit_kinds import nodes as kinds
from dialer.recordings import RecordingFolder, recording_of
from dialer.store import SqlRecordings
from dialer.store.audit import SqlAudit


async def export_call(config: Config, call: str, path: Path, by: Actor, now: datetime) -> str:
    """Write the bundle of `call` to the new file `path`; the public key that it is signed with.

    The export is on record before anything is written. Raises AuditError, StoreError, VaultError.
    """
    async with clerk(config) as store:
        channel = store.channel
        desk = SqlAudit(channel)
        found = await desk.evidence(call)
        folder = RecordingFolder(config.recording.path(config.data_dir))
        sound = await recording_of(SqlRecordings(channel), folder, call)
        files = dict(found.files) if sound is None else {**found.files, "recording.wav": sound}
        key = await desk.key(config.vault.signing_key(config.data_dir))
        await channel.submit(
            lambda _: channel.audit.note(kinds.EXPORT, now, kinds.export(call, by.name))
        )
        # Up to the end of the chain as it was read: what comes after it is not of this call.
        signed = await desk.signed(key, found.chain, found.stretch[-1], now)
        await asyncio.to_thread(
            write_bundle, path, files, found.stretch, found.ours, found.before, signed
        )
        return signed.signer
