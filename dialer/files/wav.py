"""Is a WAV file one that can be played? Its samples are read later, by `audio.prompts`."""

from __future__ import annotations

import wave
from collections.abc import Collection
from pathlib import Path
from typing import Final

from dialer.errors import InputError
from dialer.reading.text import size_of

_LIMIT: Final = 50_000_000
"""Bytes: 26 minutes at 16 kHz; no prompt is so long."""


def wav_fault(path: Path, rates: Collection[int]) -> str | None:
    """What is wrong with the file as a prompt at one of `rates` Hz; None where it is fine."""
    try:
        size = size_of(path, str(path))
    except InputError as error:
        return f"{path}: {error.faults[0].what}"
    if size > _LIMIT:
        return f"{path}: is {size / 1e6:.0f} MB, too long for a prompt"
    try:
        with path.open("rb") as stream, wave.open(stream) as sound:
            channels, width, rate = sound.getnchannels(), sound.getsampwidth(), sound.getframerate()
            frames = sound.getnframes()
            first = sound.readframes(1)
    except OSError as error:
        return f"{path}: cannot be read: {error.strerror}"
    except (wave.Error, EOFError, ValueError, OverflowError, RuntimeError) as error:
        return f"{path}: not a PCM WAV file: {str(error) or 'it ends early'}"
    return _format_fault(path, (channels, width, rate), rates) or (
        None if frames and first else f"{path}: holds no sound"
    )


def _format_fault(path: Path, form: tuple[int, int, int], rates: Collection[int]) -> str | None:
    channels, width, rate = form
    if channels != 1:
        return f"{path}: has {channels} channels; a prompt is mono"
    if width != 2:
        return f"{path}: has {8 * width} bits a sample; a prompt has 16"
    if rate not in rates:
        wanted = " or ".join(str(wanted) for wanted in sorted(rates))
        return f"{path}: is sampled at {rate} Hz; {wanted} Hz is wanted"
    return None
