"""Tones that we make ourselves."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np

from audio.prompts import Prompt

RINGING_HZ: Final = 450.0
"""The ringing tone of China, and by ITU-T E.180 within what every country uses."""
RINGING_ON: Final = 1.0
RINGING_OFF: Final = 4.0
_LEVEL: Final = 0.06
"""Of full scale, some -27 dBm0: heard, and no louder than the prompts."""
_FADE: Final = 0.01


@cache
def ringing(rate: int) -> Prompt:
    """One period of the tone that a caller hears while the other's phone rings, at `rate` Hz."""
    on = round(RINGING_ON * rate)
    wave = np.sin(2 * np.pi * RINGING_HZ * np.arange(on) / rate)
    fade = round(_FADE * rate)
    ramp = np.linspace(0, 1, fade)
    wave[:fade] *= ramp
    wave[-fade:] *= ramp[::-1]
    samples = np.zeros(round((RINGING_ON + RINGING_OFF) * rate), np.int16)
    samples[:on] = np.round(wave * _LEVEL * 32767).astype(np.int16)
    return Prompt("ringing", samples, rate)
