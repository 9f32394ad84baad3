"""Our own voice come back: whether what is heard is what was said, a while ago. Pure.

A line's echo is what was said, later, weaker and coloured by a short filter. The delay is where
both fit best (normalised correlation); the filter around it is what explains most of what is heard
(least squares). What it does not explain is somebody else's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Signal = npt.NDArray[np.float32]

EARLIEST: Final = 0.020
"""Seconds. What was said goes out as what is heard comes in: nothing comes back sooner."""
LATEST: Final = 0.360
"""Seconds: 300 ms of the line, and jitter buffers on both sides."""
_TAPS: Final = 0.004
"""Seconds of the filter, half of it before the delay: a hybrid's ring-down, a codec's filter."""
_FAINTEST: Final = 30.0
"""RMS. Below this what was said is silence: what is heard is not its echo."""
_SOFTEN: Final = 1e-3
"""Of the power, added to every tap's own: speech leaves whole bands empty."""


@dataclass(frozen=True, slots=True)
class Echo:
    """How much of what was heard is our own voice."""

    share: float
    """Of its energy, from 0 to 1."""
    delay: float
    """Seconds."""
    gain: float
    """By which what was said was multiplied; 0.1 is -20 dB."""
    rest: Signal
    """What was heard, without it."""


def find_echo(heard: Signal, said: Signal, rate: int) -> Echo | None:
    """The echo of `said` in `heard`; None where nothing was said that could come back.

    Both end at the same time. `said` is the longer, by LATEST or more.
    """
    half = int(_TAPS * rate / 2)
    most = min(int(LATEST * rate), len(said) - len(heard) - half)
    least = int(EARLIEST * rate)
    energy = float(heard @ heard)
    if most <= least or energy == 0.0:
        return None
    # Place p of `window` goes with a delay of most - p.
    begin = len(said) - len(heard) - most
    window = said[begin : len(said) - least]
    powers = np.concatenate(([0.0], np.cumsum(np.square(window, dtype=np.float64))))
    power = powers[len(heard) :] - powers[: -len(heard)]
    size = 1 << (len(window) + len(heard) - 1).bit_length()
    together = np.fft.irfft(np.fft.rfft(window, size) * np.conj(np.fft.rfft(heard, size)), size)[
        : len(power)
    ]
    loud = power > len(heard) * _FAINTEST**2
    if not loud.any():
        return None
    fit = np.where(loud, np.abs(together) / np.sqrt(np.maximum(power, 1.0) * energy), 0.0)
    place = int(fit.argmax())
    # Each column is what was said, by one sample later than in the column before.
    start = begin + place - half
    columns = np.lib.stride_tricks.sliding_window_view(
        said[start : start + len(heard) + 2 * half], len(heard)
    )
    matrix = (columns @ columns.T).astype(np.float64)
    matrix[np.diag_indices_from(matrix)] += _SOFTEN * np.trace(matrix) / len(matrix) + 1.0
    taps = np.linalg.solve(matrix, (columns @ heard).astype(np.float64)).astype(np.float32)
    echo = taps @ columns
    rest = heard - echo
    share = max(0.0, 1.0 - float(rest @ rest) / energy)
    gain = float(np.sqrt((echo @ echo) / max(1.0, float(power[place]))))
    return Echo(share, (most - place) / rate, gain, rest)
