"""Two tones at once, as a telephone's keys make them."""

from __future__ import annotations

from typing import Final

import numpy as np

from audio.key_tones import HIGH, KEYS, LOW
from audio.prompts import Samples

LOUD: Final = 6000
ALL_KEYS: Final = "".join(KEYS)


def frequencies(key: str) -> tuple[float, float]:
    """Low and high, in Hz."""
    row = next(at for at, keys in enumerate(KEYS) if key in keys)
    return LOW[row], HIGH[KEYS[row].index(key)]


def pair(
    low: float,
    high: float,
    seconds: float,
    rate: int = 8000,
    louder: float = 0.0,
    level: float = LOUD,
) -> Samples:
    """The high tone is `louder` by so many dB; the weaker of them has the amplitude `level`."""
    at = np.arange(round(seconds * rate)) / rate
    up, down = (10 ** (max(0.0, each) / 20) for each in (louder, -louder))
    sound = level * (down * np.sin(2 * np.pi * low * at + 0.3) + up * np.sin(2 * np.pi * high * at))
    return np.clip(np.round(sound), -32768, 32767).astype(np.int16)


def key_sound(key: str, seconds: float = 0.1, rate: int = 8000) -> Samples:
    return pair(*frequencies(key), seconds, rate)
