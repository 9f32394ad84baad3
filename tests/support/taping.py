"""Sound for recordings: taps that a test fills, and what a WAV file says."""

from __future__ import annotations

import io
import wave
from dataclasses import dataclass, field

import numpy as np

from audio.recording import TwoSides

FRAME = 160


def frames(count: int, callee: int = 1000, ours: int = -1000) -> TwoSides:
    """Frames whose sides can be told apart."""
    made = np.empty((count, 2, FRAME), np.int16)
    made[:, 0], made[:, 1] = callee, ours
    return made


@dataclass
class FilledTap:
    """A tap of `audio._bridge` as Python sees it, filled by hand: (period, frame) in order."""

    waiting: list[tuple[int, np.ndarray]] = field(default_factory=list)
    lost: int = 0
    stopped: bool = False
    frame_samples: int = FRAME

    @property
    def ended(self) -> bool:
        return self.stopped and not self.waiting

    def stop(self) -> None:
        self.stopped = True

    def put(self, first: int, count: int) -> None:
        self.waiting += [(first + at, frame) for at, frame in enumerate(frames(count))]

    def take(self, out: TwoSides, periods: np.ndarray) -> int:
        count = min(len(out), len(self.waiting))
        for at in range(count):
            periods[at], out[at] = self.waiting.pop(0)
        return count


@dataclass
class Sound:
    """What a WAV file holds: int16 [n, channels], and its INFO fields as text."""

    samples: np.ndarray
    rate: int
    info: bytes


def read_wav(file: bytes) -> Sound:
    with wave.open(io.BytesIO(file)) as sound:
        data = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")
        channels, rate = sound.getnchannels(), sound.getframerate()
    at = file.index(b"LIST")
    length = int.from_bytes(file[at + 4 : at + 8], "little")
    return Sound(data.reshape(-1, channels), rate, file[at + 8 : at + 8 + length])
