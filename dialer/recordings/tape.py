"""One call's recording on its way to the disk, on the recorder's thread.

    sealed stream:  length of the heading 4, big-endian | heading, JSON | sound, A-law, two channels

Nothing plain reaches the disk: the heading, too, is in the sealed stream.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import BinaryIO, Final

import numpy as np

from audio.format import FRAME_SECONDS
from audio.g711 import PAYLOAD_TYPES, encode
from audio.recording import TwoSides
from audio.synthesis import SYNTHETIC_LABEL
from dialer.core.values.recordings import RecordingState
from dialer.errors import VaultError
from dialer.recordings.folder import RecordingFolder
from dialer.vault import DataKeys, StreamWriter

_log = logging.getLogger(__name__)

KIND: Final = "recording"
"""What the streams are called in the vault."""
CHANNELS: Final = ("callee", "dialer")
CODING: Final = "a-law"
_ALAW: Final = PAYLOAD_TYPES["PCMA"]
_SILENCE_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Heading:
    """What a recording says of itself. `started_at` is UTC in ISO 8601, `rate` in Hz."""

    call: str
    started_at: str
    rate: int
    channels: tuple[str, ...] = CHANNELS
    coding: str = CODING
    voice: str = SYNTHETIC_LABEL
    """That our side is spoken by a machine, as China's labelling measures of 2025 want it."""


@dataclass(frozen=True, slots=True)
class Taped:
    """What came of a tape. `seconds` are those in the file, silence included."""

    state: RecordingState
    seconds: float
    lost: float
    sealed_bytes: int
    sha256: str | None


class SealedTape:
    """A `Tape` into a file of `folder`. `when_over` is told once, on the recorder's thread."""

    def __init__(
        self,
        folder: RecordingFolder,
        heading: Heading,
        when_over: Callable[[Taped], None],
    ) -> None:
        self._folder = folder
        self._heading = heading
        self._when_over = when_over
        self._ready = threading.Event()
        self._erase = threading.Event()
        self._where: tuple[str, DataKeys] | None = None
        self._campaign = ""
        self._file: _Hashed | None = None
        self._writer: StreamWriter | None = None
        self._frames = 0
        self._failed = False

    # On the event loop.

    def open_with(self, campaign: str, keys: DataKeys) -> None:
        """The call is on record as recorded: from now on its sound may be written."""
        self._where = campaign, keys
        self._ready.set()

    def give_up(self) -> None:
        """Nothing may be written."""
        self._ready.set()

    def erase(self) -> None:
        """At its end, leave nothing of it."""
        self._erase.set()

    # On the recorder's thread.

    @property
    def is_ready(self) -> bool:
        return self._ready.is_set()

    def write(self, frames: TwoSides) -> None:
        self._put(frames.transpose(0, 2, 1), len(frames))

    def skip(self, frames: int) -> None:
        samples = int(self._heading.rate * FRAME_SECONDS)
        silent = np.zeros((min(frames, _SILENCE_AT_ONCE), samples, 2), np.int16)
        for done in range(0, frames, _SILENCE_AT_ONCE):
            count = min(_SILENCE_AT_ONCE, frames - done)
            self._put(silent[:count], count)

    def end(self, lost: int) -> None:
        self._when_over(self._erased() if self._erase.is_set() else self._closed(lost))

    def _put(self, frames: TwoSides, count: int) -> None:
        """`frames` are [count, samples, 2]."""
        if self._failed or self._erase.is_set():
            return
        try:
            writer = self._writer or self._open()
            writer.write(encode(np.ascontiguousarray(frames).ravel(), _ALAW))
            self._frames += count
        except (OSError, VaultError) as error:
            self._fail(error)

    def _open(self) -> StreamWriter:
        if self._where is None:
            raise VaultError("the call is not on record as recorded")
        self._campaign, keys = self._where
        self._file = _Hashed(self._folder.create(self._campaign, self._heading.call))
        self._writer = keys.stream_writer(KIND, self._heading.call, self._file)
        heading = json.dumps(asdict(self._heading)).encode()
        self._writer.write(len(heading).to_bytes(4, "big") + heading)
        return self._writer

    def _fail(self, error: Exception) -> None:
        self._failed = True
        what = error.strerror if isinstance(error, OSError) else error
        _log.error(
            "call %s: its recording stops here: %s; the call goes on", self._heading.call, what
        )

    def _closed(self, lost: int) -> Taped:
        if self._writer is not None and not self._failed:
            try:
                self._writer.close()
                if self._file is not None:
                    self._file.reach_disk()
            except (OSError, VaultError) as error:
                self._fail(error)
        if self._file is None:
            return Taped(RecordingState.FAILED, 0.0, lost * FRAME_SECONDS, 0, None)
        self._file.close()
        incomplete = lost > 0 or self._failed
        return Taped(
            RecordingState.INCOMPLETE if incomplete else RecordingState.WHOLE,
            self._frames * FRAME_SECONDS,
            lost * FRAME_SECONDS,
            self._file.written,
            self._file.digest,
        )

    def _erased(self) -> Taped:
        if self._writer is not None:
            self._writer.abandon()
        if self._file is not None:
            self._file.close()
            try:
                self._folder.erase(self._campaign, self._heading.call)
            except OSError as error:
                # It is looked for again at the next start, as it stays on record as being erased.
                _log.error(
                    "call %s: its recording cannot be erased: %s; remove it by hand: %s",
                    self._heading.call,
                    error.strerror,
                    self._folder.of_call(self._campaign, self._heading.call),
                )
                return Taped(RecordingState.ERASING, 0.0, 0.0, 0, None)
        return Taped(RecordingState.ERASED, 0.0, 0.0, 0, None)


class _Hashed:
    """A file, and the SHA-256 of what was written to it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self.written = 0

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()

    def write(self, data: bytes, /) -> int:
        done = self._file.write(data)
        self._hash.update(data[:done])
        self.written += done
        return done

    def reach_disk(self) -> None:
        os.fsync(self._file.fileno())

    def close(self) -> None:
        with suppress(OSError):
            self._file.close()
