"""Tones that lines, machines and faxes send: what each frame holds, for all calls at once. Pure.

A beep may have any frequency, so the whole spectrum of a frame and the one before is looked at, in
bins of 25 Hz. A frame holds nothing, one tone, two tones or another sound; frames of one kind in a
row make a tone's length, and lengths in a row its cadence. What a tone means is decided elsewhere.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np
import numpy.typing as npt

from audio.format import FRAME_SECONDS, Samples

_QUIETEST: Final = 10 ** (-43 / 10) / 2
"""A tone's power: -40 dBm0. What is less is silence, of a line with noise as well."""
_NEAR: Final = 2
"""Bins to either side that hold one tone: Hann's main lobe."""
_LOWEST: Final = 275.0
_PURE: Final = 0.85
"""Of the power of all, what a tone, or two, must hold: 7 dB over noise."""
_SECOND: Final = 0.08
"""Of the power of all, what makes a second tone: it may be 10 dB the weaker."""
_SAME: Final = 0.03
"""Of a frequency, by which frames of one tone may differ."""
_LEAVES_TONE: Final = 3
_LEAVES_OTHER: Final = 2
"""Frames of another kind that end a run; fewer are an edge, or the turned phase of an answering
modem (ITU-T V.8)."""


class Tone(Enum):
    """What was heard."""

    RINGBACK = "ringback"
    """The far side rings (ITU-T E.180 supplement 2): 0.8 to 2.3 s, and a pause as long or longer;
    or two short ones."""
    BUSY = "busy"
    """0.3 to 0.6 s, and as long a pause, twice."""
    REORDER = "reorder"
    """The network has no way: a cadence as of busy, faster or, in China, slower."""
    SIT = "special information"
    """Three rising tones before an announcement (ITU-T E.180, 7)."""
    CNG = "fax calls"
    """1100 Hz for half a second (ITU-T T.30, 4.2)."""
    CED = "fax or modem answers"
    """2100 Hz (ITU-T T.30, 4.1; V.8)."""
    BEEP = "beep"
    """One clean tone, and silence after it: a machine begins to record. A first ring may be told as
    one, since what comes after it is not known yet."""


@dataclass(frozen=True, slots=True)
class ToneHeard:
    """`hertz` is of the tone, or of the lower of two; `seconds` is how long it has sounded."""

    tone: Tone
    hertz: float
    seconds: float


@dataclass(slots=True)
class _Run:
    """Frames of one kind in a row. A tone has frequencies; silence and other sound have none."""

    low: float
    high: float
    sounds: bool
    frames: int = 1

    @property
    def seconds(self) -> float:
        return self.frames * FRAME_SECONDS

    @property
    def is_tone(self) -> bool:
        return self.low > 0

    @property
    def is_single(self) -> bool:
        return self.low > 0 and self.high == 0

    def takes(self, low: float, high: float, sounds: bool) -> bool:  # noqa: FBT001
        if not self.is_tone:
            return not low and sounds is self.sounds
        near = abs(low - self.low) <= _SAME * self.low
        return near and bool(high) is bool(self.high) and abs(high - self.high) <= _SAME * self.high


def _within(value: float, least: float, most: float) -> bool:
    return least <= value <= most


_NONE: Final = _Run(0.0, 0.0, sounds=False)
_NOTHING: Final[frozenset[Tone]] = frozenset()


class _Line:
    """One call's runs, and what they have come to."""

    __slots__ = ("_ended", "_next", "_passed", "_run", "_told")

    def __init__(self) -> None:
        self._run = _Run(0.0, 0.0, sounds=False)
        self._ended: deque[_Run] = deque(maxlen=6)
        self._next: _Run | None = None
        """What may have begun."""
        self._passed = 0
        """Frames since the run was last heard."""
        self._told = _NOTHING
        """Of the tone that sounds, or of the pause after it."""

    def frame(self, low: float, high: float, sounds: bool) -> ToneHeard | None:  # noqa: FBT001
        run = self._run
        if run.takes(low, high, sounds):
            run.frames += 1 + self._passed
            self._passed, self._next = 0, None
        else:
            self._passed += 1
            if self._next is None or not self._next.takes(low, high, sounds):
                self._next = _Run(low, high, sounds, 0)
            self._next.frames += 1
            if self._next.frames < (_LEAVES_TONE if run.is_tone else _LEAVES_OTHER):
                return None
            self._ended.append(run)
            self._run = run = self._next
            run.frames = self._passed  # edges are of what comes: they look like neither
            self._passed, self._next, self._told = 0, None, _NOTHING
        heard = self._of_tone(run) if run.is_tone else self._of_pause(run)
        if heard is None or heard.tone in self._told:
            return None
        self._told |= {heard.tone}
        return heard

    def _of_tone(self, run: _Run) -> ToneHeard | None:
        if run.is_single and _within(run.low, 2075, 2125) and run.seconds >= _CED_LEAST:
            return ToneHeard(Tone.CED, run.low, run.seconds)
        if len(self._ended) < 2:
            return None
        first, second = self._ended[-2], self._ended[-1]
        rising = zip((first, second, run), _SIT, strict=True)
        if all(
            each.is_single and abs(each.low - hertz) <= _SIT_OFF and each.seconds >= _SIT_LEAST
            for each, hertz in rising
        ):
            return ToneHeard(Tone.SIT, first.low, first.seconds + second.seconds + run.seconds)
        return None

    def _of_pause(self, run: _Run) -> ToneHeard | None:
        if not self._ended or not self._ended[-1].is_tone:
            return None
        last = self._ended[-1]
        if _is_of_a_line(last) and (tone := self._cadence(run)) is not None:
            return ToneHeard(tone, last.low, last.seconds)
        if run.frames == _AFTER and last.is_single and not run.sounds and self._is_alone():
            if _within(last.low, 1055, 1145) and _within(last.seconds, 0.4, 0.65):
                return ToneHeard(Tone.CNG, last.low, last.seconds)
            if _within(last.low, 430, 2010) and _within(last.seconds, 0.1, 2.0):
                return ToneHeard(Tone.BEEP, last.low, last.seconds)
        return None

    def _is_alone(self) -> bool:
        """Whether the last tone is none of several: of a cadence, or of special information."""
        *_, before, pause = (_NONE, _NONE, *self._ended)[:-1]
        return not pause.is_tone and not (before.is_tone and pause.seconds < _APART)

    def _cadence(self, pause: _Run) -> Tone | None:
        """What line tones in a row say, as the pause after the last of them goes on."""
        if pause.sounds:
            return None
        runs = [*self._ended, pause]
        on = runs[-2].seconds
        if pause.seconds >= _RING_PAUSE and (_within(on, 0.8, 2.3) or _is_double(runs)):
            return Tone.RINGBACK
        if len(runs) < 4 or not (_is_of_a_line(runs[-4]) and not runs[-3].sounds):
            return None
        lengths = [each.seconds for each in runs[-4:-1]]
        if max(lengths) - min(lengths) > _UNEVEN or pause.seconds < min(lengths) - _UNEVEN:
            return None
        mean = sum(lengths) / len(lengths)
        if _within(mean, 0.3, 0.58):
            return Tone.BUSY
        return Tone.REORDER if _within(mean, 0.17, 0.3) or _within(mean, 0.58, 0.8) else None


_CED_LEAST: Final = 0.8
_SIT: Final = (950.0, 1400.0, 1790.0)
_SIT_OFF: Final = 65.0
_SIT_LEAST: Final = 0.18
_AFTER: Final = 4
"""Frames of silence after a beep, before it is told: its last may be the next syllable's first."""
_RING_PAUSE: Final = 1.6
_APART: Final = 1.0
"""Seconds after which a tone has nothing to do with the one before."""
_UNEVEN: Final = 0.1


def _is_of_a_line(run: _Run) -> bool:
    """One or two of the frequencies that exchanges use (ITU-T E.180, 3)."""
    return run.is_tone and _within(run.low, 370, 500) and (not run.high or run.high <= 650)


def _is_double(runs: list[_Run]) -> bool:
    """Two short rings, as in Britain and Australia."""
    if len(runs) < 4 or not _is_of_a_line(runs[-4]):
        return False
    first, between, second = (each.seconds for each in runs[-4:-1])
    return _within(first, 0.3, 0.5) and _within(second, 0.3, 0.5) and between <= 0.3


class CallTones:
    """The tones of all calls that are listened to, at one rate. Not for several threads."""

    def __init__(self, rate: int) -> None:
        self._samples = round(rate * FRAME_SECONDS)
        window = 2 * self._samples
        self._weights = np.hanning(window + 1)[:-1] / 32768
        self._bin = rate / window
        self._first = round(_LOWEST / self._bin)
        self._last = round(2300 / self._bin)
        # Of a sine of power 1: what its five bins come to.
        self._gain = float((np.hanning(window + 1)[:-1] ** 2).sum()) * window / 2
        self._tails: dict[int, Samples] = {}
        self._lines: dict[int, _Line] = {}

    def listen(self, call: int) -> None:
        """Listen to this call from its next frame on."""
        self._tails.setdefault(call, np.zeros(self._samples, np.int16))
        self._lines.setdefault(call, _Line())

    def forget(self, call: int) -> None:
        """Listen to it no more. Unknown ones are forgiven."""
        self._tails.pop(call, None)
        self._lines.pop(call, None)

    def hear(self, calls: list[int], frames: Samples) -> list[tuple[int, ToneHeard]]:
        """Tones that have just become certain, each with its call.

        `frames` is int16 of shape (calls, 20 ms), one for each of `calls`, which are listened to.
        """
        sound = np.concatenate([np.stack([self._tails[call] for call in calls]), frames], axis=1)
        for call, row in zip(calls, frames, strict=True):
            self._tails[call] = row.copy()
        low, high, sounds = self._look(sound)
        found = []
        for call, one, other, sounding in zip(calls, low, high, sounds, strict=True):
            heard = self._lines[call].frame(one, other, sounding)
            if heard is not None:
                found.append((call, heard))
        return found

    def _look(self, sound: Samples) -> tuple[list[float], list[float], list[bool]]:
        """Of each call its one or two tones in Hz, 0 for none; and whether it sounds at all."""
        power = np.square(np.abs(np.fft.rfft(sound * self._weights, axis=1)))
        whole = power[:, 1:].sum(axis=1)
        first, first_hertz, rest = self._strongest(power)
        second, second_hertz, _ = self._strongest(rest)
        sounds = whole >= _QUIETEST * self._gain
        one = sounds & (first >= _PURE * whole)
        two = sounds & ~one & (first + second >= _PURE * whole) & (second >= _SECOND * whole)
        low = np.where(two, np.minimum(first_hertz, second_hertz), first_hertz * one)
        high = np.maximum(first_hertz, second_hertz) * two
        return low.tolist(), high.tolist(), sounds.tolist()

    def _strongest(
        self, power: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """The strongest tone's power and frequency, and the spectrum without it."""
        every = np.arange(len(power))[:, None]
        middle = power[:, self._first : self._last].argmax(axis=1)[:, None] + self._first
        bins = middle + np.arange(-_NEAR, _NEAR + 1)
        near = power[every, bins]
        total = near.sum(axis=1)
        hertz = (near * bins).sum(axis=1) / np.maximum(total, 1e-12) * self._bin
        rest = power.copy()
        rest[every, bins] = 0
        return total, hertz, rest
