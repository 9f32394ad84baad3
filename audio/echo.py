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
_GRAIN: Final = 640
"""A transform of a multiple of this many samples is quick."""
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
    spare = len(said) - len(heard) - half
    delay = _likeliest_delay(_halved(heard), _halved(said), rate // 2, spare // 2) * 2
    energy = float(heard @ heard)
    if delay <= 0 or energy == 0.0:
        return None
    start = spare - delay
    echo = _best_fit(heard, said[start : start + len(heard) + 2 * half], 2 * half + 1)
    rest = heard - echo
    share = max(0.0, 1.0 - float(rest @ rest) / energy)
    alike = said[start + half : start + half + len(heard)]
    gain = float(np.sqrt((echo @ echo) / max(1.0, float(alike @ alike))))
    return Echo(share, delay / rate, gain, rest)


def _halved(sound: Signal) -> Signal:
    """At half the rate: enough to find a delay by, as voices are strong below 1 kHz."""
    even = sound[len(sound) % 2 :]
    return even[0::2] + even[1::2]


def _likeliest_delay(heard: Signal, said: Signal, rate: int, spare: int) -> int:
    """In samples; 0 where nothing was said that could come back. At most `spare`."""
    most, least = min(int(LATEST * rate), spare), int(EARLIEST * rate)
    if most <= least:
        return 0
    # Place p of `window` goes with a delay of most - p.
    window = said[len(said) - len(heard) - most : len(said) - least]
    powers = np.concatenate(([0.0], np.cumsum(np.square(window, dtype=np.float64))))
    power = powers[len(heard) :] - powers[: -len(heard)]
    if power.max() < len(heard) * _FAINTEST**2:
        return 0
    size = -(-len(window) // _GRAIN) * _GRAIN  # the places wanted are free of what wraps around
    together = np.fft.irfft(np.fft.rfft(window, size) * np.conj(np.fft.rfft(heard, size)), size)
    fit = np.abs(together[: len(power)]) / np.sqrt(np.maximum(power, len(heard) * _FAINTEST**2))
    return most - int(fit.argmax())


def _best_fit(heard: Signal, around: Signal, count: int) -> Signal:
    """What a filter of `count` taps makes of `around` that comes nearest to `heard`.

    Products of vectors only: a product of matrices would set all cores spinning for microseconds of
    work (OpenBLAS), which costs the calls ten times what is gained.
    """
    length = len(heard)
    products = np.empty((count, count))
    products[0] = [around[:length] @ around[at : at + length] for at in range(count)]
    products[:, 0] = products[0]
    before, after = around[:count].astype(float), around[length:].astype(float)
    for row in range(count - 1):
        # The next row is this one, a sample later.
        products[row + 1, 1:] = (
            products[row, :-1] - before[row] * before[:-1] + after[row] * after[: count - 1]
        )
    products[np.diag_indices(count)] += _SOFTEN * np.trace(products) / count + 1.0
    wanted = [around[at : at + length] @ heard for at in range(count)]
    taps = np.linalg.solve(products, np.array(wanted, float)).astype(np.float32)
    return np.correlate(around, taps, "valid")
