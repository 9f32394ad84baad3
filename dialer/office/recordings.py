"""Recordings of calls: what there is, and taking one out to be heard."""

from __future__ import annotations

from collections.abc import Sequence

from dialer.core.office.access import Right
from dialer.core.values.recordings import RecordingRow
from dialer.errors import RecordingError
from dialer.office.request import Request


async def rows(
    request: Request, campaign: str | None = None, limit: int | None = None
) -> Sequence[RecordingRow]:
    """Which calls were recorded, the newest first; none where nothing was ever kept."""
    return await request.rows(lambda desks: desks.recordings.rows(campaign, limit))


async def export(request: Request, call: str, why: str | None = None) -> bytes:
    """A call's recording as a WAV file: the callee left, our side right. Raises RecordingError.

    Who takes it out is on record before they get it.
    """
    # A listing does without them, and the media that they bring along.
    from dialer.recordings import RecordingFolder, recording_of  # noqa: PLC0415

    by = await request.acting(Right.EXPORT_EVIDENCE)
    folder = RecordingFolder(request.config.recording.path(request.config.data_dir))
    async with request.store.writing() as desks:
        sound = await recording_of(desks.recordings, folder, call)
        if sound is None:
            raise RecordingError(f"there is no recording of call {call}")
        await desks.recordings.export(call, by, request.utc(), why)
        return sound
