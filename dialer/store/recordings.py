"""`SqlRecordings`: the RecordingDesk of `dialer.recordings` on SQL, with the keys of the store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from dialer.core.office.access import Actor
from dialer.core.office.audit_kinds import recordings as kinds
from dialer.core.values.recordings import RecordingEnd, RecordingRow, RecordingState
from dialer.store.channel import Channel
from dialer.store.queries import recordings as queries
from dialer.vault import DataKeys, Purpose, Scope


class SqlRecordings:
    """What is recorded, with which keys, and what became of it."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    async def begin(self, call: str, node: str, at: datetime) -> tuple[str, DataKeys]:
        def work(connection: Connection) -> tuple[str, DataKeys]:
            campaign = queries.campaign_of(connection, call)
            queries.begin(connection, call, node, at)
            self._channel.audit.note(kinds.RECORDING_BEGUN, at, kinds.of_call(call))
            return campaign, self._channel.keys(connection, Scope(Purpose.EVIDENCE, campaign))

        return await self._channel.submit(work)

    async def decline(self, call: str, at: datetime) -> None:
        def work(connection: Connection) -> None:
            queries.mark(connection, call, RecordingState.ERASING)
            self._channel.audit.note(kinds.RECORDING_DECLINED, at, kinds.of_call(call))

        await self._channel.submit(work)

    async def end(self, ended: RecordingEnd) -> None:
        def work(connection: Connection) -> None:
            if queries.is_open(connection, ended.call):
                queries.end(connection, ended)
                self._channel.audit.note(kinds.RECORDING_ENDED, ended.ended_at, kinds.ended(ended))

        await self._channel.submit(work, patient=True)

    async def left(self, node: str) -> Sequence[RecordingRow]:
        return await self._channel.read(lambda connection: queries.left(connection, node))

    async def cut(self, call: str, at: datetime) -> None:
        await self._channel.submit(lambda connection: queries.cut(connection, call, at))

    async def of_call(self, call: str) -> RecordingRow | None:
        return await self._channel.read(lambda connection: queries.of_call(connection, call))

    async def rows(
        self, campaign: str | None = None, limit: int | None = None
    ) -> Sequence[RecordingRow]:
        return await self._channel.read(
            lambda connection: queries.rows(connection, campaign, limit)
        )

    async def keys(self, campaign: str) -> DataKeys:
        scope = Scope(Purpose.EVIDENCE, campaign)
        return await self._channel.read(
            lambda connection: self._channel.known_keys(connection, scope)
        )

    async def export(self, call: str, by: Actor, at: datetime, why: str | None = None) -> None:
        body = kinds.exported(call, by.name, why)
        await self._channel.submit(
            lambda _connection: self._channel.audit.note(kinds.RECORDING_EXPORTED, at, body)
        )
