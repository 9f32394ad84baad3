"""Prompts, and the WAV files they come from."""

from __future__ import annotations

import os
import struct
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from audio.format import Samples
from audio.key_tones import keys_in
from audio.wav import WavError, wav_samples

if TYPE_CHECKING:
    from audio import _bridge

LONGEST_FILE: Final = 50_000_000
"""Bytes of a WAV file: 26 minutes at 16 kHz; no prompt is so long."""


class PromptMakingError(Exception):
    """A prompt cannot be read or spoken; the message says what is wrong and what is wanted."""


@dataclass(frozen=True, slots=True, eq=False)
class Prompt:
    """Speech ready to be played. `samples` is read-only int16 [n] at `rate` Hz."""

    name: str
    samples: Samples
    rate: int
    _native: list[_bridge.Prompt] = field(default_factory=list, init=False, repr=False)

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.rate

    @property
    def native(self) -> _bridge.Prompt:
        """The samples in the bridge's memory, copied there the first time they are wanted."""
        if not self._native:
            # Here, so that reading prompts (`dialer check`) does not load PJSIP.
            from audio._bridge import Prompt as Native  # noqa: PLC0415

            self._native.append(Native(self.samples, self.rate))
        return self._native[0]


def freeze(samples: Samples) -> Samples:
    """`samples` as a contiguous int16 array that nobody can write to."""
    frozen = np.ascontiguousarray(samples, dtype=np.int16)
    if frozen.flags.writeable:
        frozen = frozen.copy()
        frozen.flags.writeable = False
    return frozen


def read_wav(path: Path, rate: int) -> Prompt:
    """A recorded prompt at `rate` Hz: a whole WAV file of PCM. Raises PromptMakingError."""
    return wav_prompt(read_recording(path), path, rate)


def read_recording(path: Path) -> bytes:
    """The bytes of a recorded prompt's file. Raises PromptMakingError."""
    try:
        with path.open("rb") as stream:
            data = stream.read(LONGEST_FILE + 1)
    except OSError as error:
        raise PromptMakingError(f"{path}: cannot be read: {error.strerror}") from error
    if len(data) > LONGEST_FILE:
        raise PromptMakingError(f"{path}: is over {LONGEST_FILE // 1_000_000} MB")
    return data


def wav_prompt(file: bytes, path: Path, rate: int) -> Prompt:
    """The prompt whose WAV file, found at `path`, has these bytes; as `read_wav` makes it.

    One that sounds like a key is refused: its echo would be a key that the callee never pressed.
    """
    try:
        samples = wav_samples(file, rate)
    except WavError as error:
        raise PromptMakingError(f"{path}: {error}") from error
    if keys := keys_in(samples, rate):
        raise PromptMakingError(
            f"{path}: holds the tones of {' and '.join(keys)}, and their echo would count as a key "
            "of the callee's: record it without them"
        )
    return Prompt(path.name, freeze(samples), rate)


def wav_bytes(
    samples: Samples, rate: int, info: Mapping[str, str] | None = None, channels: int = 1
) -> bytes:
    """A WAV file of 16 bit. `info` holds RIFF INFO fields, e.g. ICMT: a comment.

    `samples` of several channels stand in turns.
    """
    data = np.ascontiguousarray(samples, dtype="<i2").tobytes()
    width = 2 * channels
    chunks = [
        (b"fmt ", struct.pack("<HHIIHH", 1, channels, rate, width * rate, width, 16)),
        (b"data", data),
    ]
    if info:
        fields = ((key.encode("ascii"), text.encode() + b"\0") for key, text in info.items())
        chunks.insert(1, (b"LIST", b"INFO" + b"".join(_chunk(*field) for field in fields)))
    return _chunk(b"RIFF", b"WAVE" + b"".join(_chunk(*chunk) for chunk in chunks))


def write_wav(path: Path, samples: Samples, rate: int, info: dict[str, str] | None = None) -> None:
    """Write a WAV file whole or not at all, as `wav_bytes` makes it."""
    made = wav_bytes(samples, rate, info)
    # A reader must never meet half a file, nor may a crash leave one under this name.
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(made)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
