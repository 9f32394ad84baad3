"""The one audio format inside the house: mono, signed 16 bit, 20 ms frames."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from audio.rates import RATES

FRAME_SECONDS: Final = 0.020
"""RTP's usual packet time (RFC 3551 4.2), and webrtcvad's middle frame length."""

Samples = NDArray[np.int16]
"""One-dimensional int16 samples, full scale +-32767."""

Frames = NDArray[np.int16]
"""[n, frame_samples(rate)] int16, C-contiguous."""


def frame_samples(rate: int) -> int:
    """Samples in one frame at `rate` Hz. Raises ValueError for a rate not in RATES."""
    if rate not in RATES:
        msg = f"the bridge runs at 8000 or 16000 Hz, not {rate}"
        raise ValueError(msg)
    return rate // 50
