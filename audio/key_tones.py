"""Keys in band: the two tones of a telephone's key, where nobody agreed on telephone-event.

The limits are those of ITU-T Q.24 and, where Q.24 leaves them to the network, of the strictest
network in its table. All calls that are listened to are looked at together, in one product of
matrices a tick: each looks 25 ms back, twice in 20 ms. A look gives, for each of the eight
frequencies of Q.23, strength and true frequency: the phase of a tone goes on by its frequency
between two windows that lie 5 ms apart, and by that a tone is known to be a third of its spacing
nearer than its strength tells. What is said with nearly all of the sound in two such tones, for two
looks, is a key. Speech hardly ever is (`benchmarks/tones.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

KEYS: Final = ("123A", "456B", "789C", "*0#D")
LOW: Final = (697.0, 770.0, 852.0, 941.0)
"""Hz, a row of the keypad each (ITU-T Q.23)."""
HIGH: Final = (1209.0, 1336.0, 1477.0, 1633.0)
"""Hz, a column each."""

LOOKS: Final = 2
"""In one frame."""
_LOOK_SECONDS: Final = 0.025
_APART: Final = 0.005
_OFF: Final = 0.025
"""Of a frequency: Q.24 has 1.5 % accepted, and 3.5 % refused; this lies between."""
_QUIETEST: Final = 10 ** (-32 / 20) * 32768
"""A tone's amplitude. Q.24 has -25 to -29 dBm accepted; digital full scale is +3."""
_HIGH_LOUDER: Final = 10 ** (5 / 20)
"""By how much the high tone may be the louder: Q.24 has 4 dB accepted."""
_LOW_LOUDER: Final = 10 ** (9 / 20)
"""By how much the low one may be: 8 dB, on lines that lose high frequencies."""
_SHARE: Final = 0.80
"""Of the sound, that is in the two tones. At 15 dB over noise, which Q.24 has accepted, it is 0.97;
in speech over a prompt's echo hardly ever so much."""
_EVEN: Final = 0.30
"""Of the mean, the sound in the first and the last quarter of a look: else the tone began or ended
in it. So a tone of 20 ms is heard once, and one of 40 ms twice or more."""
_TO_BEGIN: Final = 2
"""Looks in a row that make a key."""
_TO_END: Final = 2
"""Looks in a row without its tones, after which the same key is another press: Q.24 has pauses of
40 ms known, and interruptions of 10 ms overlooked."""
_GONE: Final = 0.1
"""Of both tones' amplitude, below which they are gone. A lost packet that was made up for leaves
more, and so does an interruption of 10 ms: neither makes two presses of one."""
_BLURRED: Final = 4
"""Looks for which a key that is not certain any more, and not gone, is taken to sound."""
_LANE: Final = 64
_OVERLAP: Final = 8
"""Frames: of what is looked through at once, and of that what the lane before has seen too."""

Samples = npt.NDArray[np.int16]


def keys_in(sound: Samples, rate: int) -> str:
    """The keys whose tones are in a recording, each once."""
    samples = rate // 50
    count = -(-len(sound) // samples)
    step = _LANE - _OVERLAP
    lanes = max(1, -(-count // step))
    frames = np.zeros((_OVERLAP + lanes * step, samples), np.int16)
    frames.reshape(-1)[_OVERLAP * samples :][: len(sound)] = sound
    tones, calls, found = KeyTones(rate, samples), list(range(lanes)), set()
    for call in calls:
        tones.listen(call)
    for at in range(_LANE):
        heard = tones.hear(calls, frames[at::step][:lanes])
        found |= {key for _, key in heard}
    return "".join(sorted(found))


@dataclass(slots=True)
class _Press:
    """What the looks at one call have come to."""

    key: str = ""
    """That was told and has not ended."""
    tones: tuple[float, float] = (0.0, 0.0)
    """How strong its tones were, as it was told."""
    candidate: str = ""
    seen: int = 0
    missed: int = 0
    blurred: int = 0
    """Looks since the key that was told was last certain."""

    def look(self, key: str, strength: npt.NDArray[np.float32]) -> str:
        """The key that has just become certain; empty for none."""
        if key and key == self.key:
            self.missed = self.blurred = 0
            return ""
        if self.key:
            self.blurred += 1
            still = zip(_of(self.key, strength), self.tones, strict=True)
            gone = all(now < _GONE * then for now, then in still)
            self.missed = self.missed + 1 if gone else 0
            if self.missed >= _TO_END:
                self.key = ""
        if key and key == self.candidate:
            self.seen += 1
        else:
            self.candidate, self.seen = key, int(bool(key))
        if self.seen < _TO_BEGIN:
            return ""
        self.key, self.candidate, self.seen, self.missed, self.blurred = key, "", 0, 0, 0
        self.tones = _of(key, strength)
        return key

    @property
    def sounds(self) -> bool:
        """Whether a key is being pressed, or may be."""
        return bool(self.candidate or (self.key and self.blurred < _BLURRED))


def _of(key: str, strength: npt.NDArray[np.float32]) -> tuple[float, float]:
    """The strength of that key's two tones, of all eight."""
    row = next(at for at, keys in enumerate(KEYS) if key in keys)
    return float(strength[row]), float(strength[len(LOW) + KEYS[row].index(key)])


class KeyTones:
    """The keys of all calls that are listened to, at one rate. Not for several threads."""

    def __init__(self, rate: int, samples: int) -> None:
        """`rate` is in Hz, `samples` is a frame of 20 ms."""
        self._samples = samples
        self._look = round(_LOOK_SECONDS * rate)
        self._kept = self._look - samples // LOOKS
        self._tails: dict[int, npt.NDArray[np.float32]] = {}
        self._presses: dict[int, _Press] = {}
        window = round(_LOOK_SECONDS * rate) - round(_APART * rate)
        weights = np.hanning(window + 2)[1:-1]
        tones = np.array([*LOW, *HIGH])
        turns = np.exp(-2j * np.pi * np.outer(np.arange(window), tones) / rate)
        early = np.zeros((self._look, tones.size), complex)
        late = np.zeros_like(early)
        early[:window] = turns * weights[:, None]
        late[-window:] = turns * weights[:, None]
        both = np.concatenate([early, late], axis=1)
        self._filters = np.concatenate([both.real, both.imag], axis=1).astype(np.float32)
        self._weights = np.zeros(self._look, np.float32)
        self._weights[:window] = weights**2
        self._gain = float(weights.sum()) / 2
        self._power = float((weights**2).sum()) / 2
        self._advance = np.exp(-2j * np.pi * tones * (self._look - window) / rate)
        self._per_radian = rate / (2 * np.pi * (self._look - window))
        self._tones = tones
        self._bend = np.pi**2 * (window / rate) ** 2
        self._starts = [
            self._kept + samples - self._look - step * (samples // LOOKS)
            for step in range(LOOKS - 1, -1, -1)
        ]

    def listen(self, call: int) -> None:
        """Look at this call from its next frame on."""
        self._tails.setdefault(call, np.zeros(self._kept, np.float32))
        self._presses.setdefault(call, _Press())

    def forget(self, call: int) -> None:
        """Look at it no more. Unknown ones are forgiven."""
        self._tails.pop(call, None)
        self._presses.pop(call, None)

    def sounds(self, call: int) -> bool:
        """Whether a key is being pressed there, or may be."""
        press = self._presses.get(call)
        return press is not None and press.sounds

    def hear(self, calls: list[int], frames: Samples) -> list[tuple[int, str]]:
        """Keys that have just become certain, each with its call.

        `frames` is int16 of shape (calls, samples), a frame for each of `calls`, which are listened
        to and each here once.
        """
        tails = np.stack([self._tails[call] for call in calls])
        sound = np.concatenate([tails, frames.astype(np.float32)], axis=1)
        for call, row in zip(calls, sound, strict=True):
            self._tails[call] = row[-self._kept :].copy()
        found = []
        for start in self._starts:
            rows, columns, certain, strength = self._judge(sound[:, start : start + self._look])
            for at, call in enumerate(calls):
                key = KEYS[rows[at]][columns[at]] if certain[at] else ""
                press = self._presses[call]
                if (key or press.key or press.candidate) and (
                    pressed := press.look(key, strength[at])
                ):
                    found.append((call, pressed))
        return found

    def _judge(
        self, looks: npt.NDArray[np.float32]
    ) -> tuple[
        npt.NDArray[np.intp],
        npt.NDArray[np.intp],
        npt.NDArray[np.bool_],
        npt.NDArray[np.float32],
    ]:
        """Of each look its likeliest row and column, whether they are a key; all eight tones."""
        found = looks @ self._filters
        count = self._tones.size
        early = found[:, :count] + 1j * found[:, 2 * count : 3 * count]
        late = found[:, count : 2 * count] + 1j * found[:, 3 * count :]
        strength = np.abs(early)
        every = np.arange(len(looks))
        low = strength[:, :4].argmax(axis=1)
        high = strength[:, 4:].argmax(axis=1) + 4
        # A tone beside its nominal frequency is weaker in the window than it is on the line.
        turned = np.angle(late * np.conj(early) * self._advance)
        off = turned * self._per_radian
        lows, highs = (
            strength[every, at] / self._gain / self._loss(off[every, at]) for at in (low, high)
        )
        whole = (looks**2 @ self._weights) + 1e-9
        share = (lows**2 + highs**2) * self._power / whole
        quarter = looks.shape[1] // 4
        ends = np.minimum(
            (looks[:, :quarter] ** 2).mean(axis=1), (looks[:, -quarter:] ** 2).mean(axis=1)
        )
        certain = (
            (np.minimum(lows, highs) >= _QUIETEST)
            & (highs <= lows * _HIGH_LOUDER)
            & (lows <= highs * _LOW_LOUDER)
            & (share >= _SHARE)
            & (ends >= _EVEN * (looks**2).mean(axis=1))
            & (np.abs(off[every, low]) <= _OFF * self._tones[low])
            & (np.abs(off[every, high]) <= _OFF * self._tones[high])
        )
        return low, high - 4, certain, strength

    def _loss(self, off: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """What the window leaves of a tone that lies `off` Hz beside: Hann's, near its middle."""
        return np.maximum(0.25, 1 - self._bend * off**2 * (1 / 6 - 1 / np.pi**2))
