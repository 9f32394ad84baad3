from __future__ import annotations

import numpy as np
import pytest

from audio.resample import resample


def tone(hertz: float, rate: int, seconds: float = 0.5) -> np.ndarray:
    return np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate)


def level_db(samples: np.ndarray) -> float:
    middle = samples[len(samples) // 4 : -len(samples) // 4]
    return float(20 * np.log10(np.sqrt(2 * np.mean(middle**2)) + 1e-12))


@pytest.mark.parametrize("target", [8000, 16000])
@pytest.mark.parametrize("hertz", [60, 300, 1000, 3000, 3400])
def test_the_telephone_band_passes_untouched(hertz: float, target: int) -> None:
    out = resample(tone(hertz, 22050), 22050, target)
    assert abs(level_db(out)) < 0.1
    wanted = tone(hertz, target)[: len(out)]
    middle = slice(len(out) // 4, -len(out) // 4)
    assert np.abs(out[middle] - wanted[middle]).max() < 0.02, "shifted"


@pytest.mark.parametrize("hertz, target", [(4200, 8000), (5000, 8000), (9000, 8000), (8500, 16000)])
def test_nothing_folds_back(hertz: float, target: int) -> None:
    assert level_db(resample(tone(hertz, 22050), 22050, target)) < -70


def test_the_length_is_the_duration() -> None:
    assert len(resample(np.zeros(22050), 22050, 8000)) == 8000
    assert len(resample(np.zeros(1), 22050, 8000)) == 1
    assert len(resample(np.zeros(0), 22050, 8000)) == 0


def test_up_and_down_again_is_the_same() -> None:
    sound = tone(700, 8000)
    back = resample(resample(sound, 8000, 16000), 16000, 8000)
    assert np.abs(back - sound)[200:-200].max() < 0.01


def test_a_rate_must_be_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        resample(np.zeros(4), 0, 8000)
