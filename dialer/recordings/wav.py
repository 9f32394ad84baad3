"""A recording as a WAV file that says what it is."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
from collections.abc import Iterable
from typing import Any

from audio.g711 import PAYLOAD_TYPES, decode
from audio.prompts import wav_bytes
from dialer.core.values.recordings import HEARABLE
from dialer.errors import RecordingError
from dialer.ports.recordings import RecordingDesk
from dialer.recordings.folder import RecordingFolder
from dialer.recordings.tape import CHANNELS, CODING, KIND
from dialer.vault import DataKeys

_ALAW = PAYLOAD_TYPES["PCMA"]


async def recording_of(desk: RecordingDesk, folder: RecordingFolder, call: str) -> bytes | None:
    """The recording of a call as a WAV file; None where there is nothing to be heard.

    Of one that is cut, what there is. Whoever shows it puts that on record first. Raises
    RecordingError where its file is not the one on record, SealError where it was changed,
    KeyUnknownError, KeyDestroyedError or StoreError.
    """
    row = await desk.of_call(call)
    if row is None or row.state not in HEARABLE:
        return None
    keys = await desk.keys(row.campaign)
    path = folder.of_call(row.campaign, call)

    def read() -> bytes:
        try:
            sealed = path.read_bytes()
        except OSError as error:
            raise RecordingError(f"{path}: cannot be read: {error.strerror}") from None
        if row.sha256 is not None and hashlib.sha256(sealed).hexdigest() != row.sha256:
            raise RecordingError(f"{path}: is not the file that was recorded")
        return wav_of(sealed, call, keys)

    return await asyncio.to_thread(read)


def wav_of(sealed: bytes, call: str, keys: DataKeys) -> bytes:
    """The WAV file of a sealed recording of `call`: 16 bit, the callee left, our side right.

    Its LIST INFO names the call, when it was made, and that our side is a synthetic voice. Raises
    SealError, KeyUnknownError, KeyDestroyedError, or RecordingError where nothing is left.
    """
    reader = keys.stream_reader(KIND, call, io.BytesIO(sealed), salvage=True)
    heading, sound = _parts(reader)
    if heading.get("coding") != CODING or heading.get("channels") != list(CHANNELS):
        raise RecordingError(f"recording of call {call}: written by another version of dialer")
    samples = decode(sound[: len(sound) // 2 * 2], _ALAW)
    comment = f"call {heading['call']}; left the callee, right {heading['voice']}"
    if reader.is_cut:
        comment += "; cut: its end is missing"
    return wav_bytes(
        samples,
        int(heading["rate"]),
        {"ICMT": comment, "ICRD": str(heading["started_at"]), "ISFT": "Veridial"},
        channels=2,
    )


def _parts(chunks: Iterable[bytes]) -> tuple[dict[str, Any], bytes]:
    whole = b"".join(chunks)
    length = int.from_bytes(whole[:4], "big")
    if len(whole) < 4 + length or length == 0:
        raise RecordingError("nothing is left of this recording")
    return json.loads(whole[4 : 4 + length]), whole[4 + length :]
