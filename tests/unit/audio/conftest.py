from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from audio.synthesis import Synthesiser


@pytest.fixture(scope="session")
def speech(tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    """Whole 20 ms frames of somebody speaking, from the first frame on; int16 at 8 kHz."""
    cache: Path = tmp_path_factory.mktemp("speech")
    samples = Synthesiser(8000, cache).say("Hello, who is speaking please?").samples
    return samples[: len(samples) // 160 * 160].copy()
