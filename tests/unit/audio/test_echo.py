from __future__ import annotations

import numpy as np
import pytest

from audio.echo import LATEST, find_echo

RATE = 8000
HEARD = 2240
SAID = HEARD + int((LATEST + 0.04) * RATE)


def signal(samples: np.ndarray) -> np.ndarray:
    return samples.astype(np.float32)


def come_back(said: np.ndarray, decibels: float, seconds: float) -> np.ndarray:
    taps = np.array([1.0, 0.3, -0.2, 0.1]) * 10 ** (decibels / 20)
    delay = int(seconds * RATE)
    return np.concatenate([np.zeros(delay), np.convolve(said, taps)])[: len(said)]


@pytest.mark.parametrize("decibels", [0, -10, -20, -25])
@pytest.mark.parametrize("seconds", [0.04, 0.1503, 0.3])
def test_an_echo_is_known_by_its_delay_and_gain(
    speech: np.ndarray, decibels: float, seconds: float
) -> None:
    said = speech[:SAID].astype(float)
    noise = np.random.default_rng(1).normal(0, 5, SAID)
    echo = find_echo(
        signal((come_back(said, decibels, seconds) + noise)[-HEARD:]), signal(said), RATE
    )
    assert echo is not None
    assert echo.share > 0.75
    assert echo.delay == pytest.approx(seconds, abs=0.001)
    assert echo.gain == pytest.approx(10 ** (decibels / 20), rel=0.4)
    assert np.sqrt(np.mean(echo.rest**2)) < 20 + 0.02 * np.sqrt(np.mean(said**2))


def test_somebody_else_is_no_echo_and_is_what_is_left_of_double_talk(speech: np.ndarray) -> None:
    said = speech[:SAID].astype(float)
    other = speech[6400 : 6400 + HEARD].astype(float)[::-1]
    alone = find_echo(signal(other), signal(said), RATE)
    assert alone is None or alone.share < 0.5
    both = find_echo(signal(other + come_back(said, -15, 0.1)[-HEARD:]), signal(said), RATE)
    assert both is not None
    assert both.share < 0.75


@pytest.mark.parametrize("heard", [np.ones(HEARD), np.zeros(HEARD)])
def test_silence_has_no_echo(heard: np.ndarray, speech: np.ndarray) -> None:
    assert find_echo(signal(heard), np.zeros(SAID, np.float32), RATE) is None
    if not heard.any():
        assert find_echo(signal(heard), signal(speech[:SAID]), RATE) is None


def test_too_little_of_what_was_said_tells_nothing(speech: np.ndarray) -> None:
    heard = signal(speech[:HEARD])
    assert find_echo(heard, heard, RATE) is None
