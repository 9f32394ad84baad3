"""Is a WAV file one that can be played? It is read to its end, as it will be for the calls."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from dialer.errors import InputError
from dialer.reading.text import size_of

_LIMIT: Final = 50_000_000
"""Bytes: 26 minutes at 16 kHz; no prompt is so long."""


def wav_fault(path: Path) -> str | None:
    """What is wrong with the file as a prompt; None where it is fine."""
    # What checks no recording does without the library.
    from audio.wav import WavError, wav_samples  # noqa: PLC0415

    try:
        size = size_of(path, str(path))
    except InputError as error:
        return f"{path}: {error.faults[0].what}"
    if size > _LIMIT:
        return f"{path}: is {size / 1e6:.0f} MB, too long for a prompt"
    try:
        wav_samples(path.read_bytes())
    except OSError as error:
        return f"{path}: cannot be read: {error.strerror}"
    except WavError as error:
        return f"{path}: {error}"
    return None
