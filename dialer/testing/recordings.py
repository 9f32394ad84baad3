"""A RecordingDesk in memory, which forgets; keys included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from dialer.core.office.access import Actor
from dialer.core.office.audit_kinds.recordings import RECORDING_EXPORTED, exported
from dialer.core.values.recordings import RecordingEnd, RecordingRow, RecordingState
from dialer.errors import StoreError
from dialer.testing.vault import MemoryKeys
from dialer.vault import DataKeys, MasterKey, Masters, Purpose, Scope, Vault
from dialer.vault.material import Secret


class MemoryRecordings:
    """Recordings of the calls in `campaigns`: a campaign's name by the call's id."""

    def __init__(self, campaigns: dict[str, str]) -> None:
        self._campaigns = campaigns
        self._rows: dict[str, RecordingRow] = {}
        self._shelf = MemoryKeys()
        with self._shelf.transaction() as shelf:
            self._vault = Vault.create(Masters(MasterKey(Secret.random())), shelf)
        self.noted: list[tuple[str, str]] = []
        """What the audit log would tell: the kind of record, and the call."""
        self.exports: list[dict[str, Any]] = []
        """What it would tell of each that was taken out."""

    async def begin(self, call: str, node: str, at: datetime) -> tuple[str, DataKeys]:
        campaign = self._campaigns.get(call)
        if campaign is None or call in self._rows:
            raise StoreError(f"there is no call {call} that could be recorded")
        with self._shelf.transaction() as shelf:
            changes = self._vault.changes(shelf)
            keys = changes.obtain(Scope(Purpose.EVIDENCE, campaign))
        changes.committed()
        self._rows[call] = RecordingRow(call, campaign, node, RecordingState.RECORDING, at)
        self.noted.append(("recording_begun", call))
        return campaign, keys

    async def decline(self, call: str, at: datetime) -> None:  # noqa: ARG002
        row = self._rows.get(call)
        if row is not None and row.ended_at is None:
            self._rows[call] = replace(row, state=RecordingState.ERASING)
        self.noted.append(("recording_declined", call))

    async def end(self, ended: RecordingEnd) -> None:
        row = self._rows.get(ended.call)
        if row is None or row.ended_at is not None:
            return
        self._rows[ended.call] = replace(
            row,
            state=ended.state,
            ended_at=ended.ended_at,
            seconds=ended.seconds,
            lost=ended.lost,
            sealed_bytes=ended.sealed_bytes,
            sha256=ended.sha256,
        )
        self.noted.append(("recording_ended", ended.call))

    async def left(self, node: str) -> Sequence[RecordingRow]:
        return [row for row in await self.rows() if row.node == node and row.ended_at is None]

    async def cut(self, call: str, at: datetime) -> None:
        row = self._rows[call]
        if row.ended_at is None:
            self._rows[call] = replace(row, state=RecordingState.CUT, ended_at=at)

    async def of_call(self, call: str) -> RecordingRow | None:
        return self._rows.get(call)

    async def rows(
        self, campaign: str | None = None, limit: int | None = None
    ) -> Sequence[RecordingRow]:
        newest = [row for row in reversed(self._rows.values()) if campaign in {None, row.campaign}]
        return newest[:limit]

    async def keys(self, campaign: str) -> DataKeys:
        return self._vault.keys(Scope(Purpose.EVIDENCE, campaign))

    async def export(self, call: str, by: Actor, at: datetime, why: str | None = None) -> None:  # noqa: ARG002
        self.noted.append((RECORDING_EXPORTED, call))
        self.exports.append(exported(call, by.name, why))
