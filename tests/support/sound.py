"""What was said, found again in what was heard."""

from __future__ import annotations

import numpy as np

from audio.format import Samples


def found_in(heard: Samples, said: Samples) -> tuple[int, float]:
    """Where in `heard` all of `said` begins, in samples, and how alike they are, 0 to 1."""
    wanted = said.astype(np.float64)
    signal = heard.astype(np.float64)
    assert len(signal) >= len(wanted), "less was heard than said"
    size = len(signal) + len(wanted)
    matches = np.fft.irfft(np.fft.rfft(signal, size) * np.conj(np.fft.rfft(wanted, size)), size)
    begins = int(np.argmax(matches[: len(signal) - len(wanted) + 1]))
    part = signal[begins : begins + len(wanted)]
    return begins, float(part @ wanted / (np.linalg.norm(part) * np.linalg.norm(wanted)))
