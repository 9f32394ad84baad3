"""Recordings in the tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from dialer.core.values.recordings import RecordingEnd, RecordingRow, RecordingState
from dialer.errors import StoreError
from dialer.store.schema import calls, campaigns, recordings
from dialer.store.values import instant, maybe_instant, micros


def campaign_of(connection: Connection, call: str) -> str:
    """The name of the call's campaign. Raises StoreError."""
    found = connection.execute(
        select(campaigns.c.name)
        .join(calls, calls.c.campaign == campaigns.c.id)
        .where(calls.c.call == call)
    ).scalar()
    if found is None:
        raise StoreError(f"there is no call {call}")
    return str(found)


def begin(connection: Connection, call: str, node: str, at: datetime) -> None:
    connection.execute(
        insert(recordings).values(
            call=call, node=node, state=RecordingState.RECORDING.value, started_at=micros(at)
        )
    )


def is_open(connection: Connection, call: str) -> bool:
    asked = select(recordings.c.id).where(
        recordings.c.call == call, recordings.c.ended_at.is_(None)
    )
    return connection.execute(asked).first() is not None


def mark(connection: Connection, call: str, state: RecordingState) -> None:
    connection.execute(
        update(recordings)
        .where(recordings.c.call == call, recordings.c.ended_at.is_(None))
        .values(state=state.value)
    )


def end(connection: Connection, ended: RecordingEnd) -> None:
    connection.execute(
        update(recordings)
        .where(recordings.c.call == ended.call, recordings.c.ended_at.is_(None))
        .values(
            state=ended.state.value,
            ended_at=micros(ended.ended_at),
            seconds=ended.seconds,
            lost=ended.lost,
            sealed_bytes=ended.sealed_bytes,
            sha256=ended.sha256,
        )
    )


def left(connection: Connection, node: str) -> Sequence[RecordingRow]:
    """Those that a killed process of this node did not see to their end."""
    return _rows(connection, recordings.c.node == node, recordings.c.ended_at.is_(None))


def cut(connection: Connection, call: str, at: datetime) -> None:
    connection.execute(
        update(recordings)
        .where(recordings.c.call == call, recordings.c.ended_at.is_(None))
        .values(state=RecordingState.CUT.value, ended_at=micros(at))
    )


def of_call(connection: Connection, call: str) -> RecordingRow | None:
    return next(iter(_rows(connection, recordings.c.call == call)), None)


def rows(connection: Connection, campaign: str | None, limit: int | None) -> Sequence[RecordingRow]:
    """The newest first."""
    which = () if campaign is None else (campaigns.c.name == campaign,)
    return _rows(connection, *which, limit=limit)


def _rows(connection: Connection, *which: object, limit: int | None = None) -> list[RecordingRow]:
    asked = (
        select(recordings, campaigns.c.name)
        .join(calls, calls.c.call == recordings.c.call)
        .join(campaigns, campaigns.c.id == calls.c.campaign)
        .where(*which)  # type: ignore[arg-type]
        .order_by(recordings.c.id.desc())
        .limit(limit)
    )
    return [
        RecordingRow(
            call=row.call,
            campaign=row.name,
            node=row.node,
            state=RecordingState(row.state),
            started_at=instant(row.started_at),
            ended_at=maybe_instant(row.ended_at),
            seconds=row.seconds,
            lost=row.lost,
            sealed_bytes=row.sealed_bytes,
            sha256=row.sha256,
        )
        for row in connection.execute(asked)
    ]
