"""What a callee's side of the line may bring: people, and all that is not somebody speaking to us.

People are recordings that come with Debian's packages (`deploy/setup/human_voices.py`), fetched at
the first run and kept out of the repository; the rest is made here. Each kind is split by source:
odd ones to tune on, even ones that nothing was tuned on.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
from support.peers import CHECKOUT

from audio.resample import resample
from audio.synthesis import Synthesiser
from deploy.setup import human_voices
from deploy.setup.checkout import Checkout
from deploy.setup.progress import Steps
from deploy.setup.shell import Machine

RATE = 8000
SPEECH_LEVEL = 10 ** (-22 / 20) * 32768
"""RMS of a talker on the line, while he talks."""
SPREAD = 6.0
"""dB by which talkers and sounds differ from that, up and down."""

Sound = npt.NDArray[np.float64]

BACKCHANNELS = {
    "en": ("mm", "mm-hm", "uh-huh", "okay", "right", "yeah"),
    "zh-CN": ("嗯", "哦", "对", "嗯嗯"),
}
HUMAN_BACKCHANNELS = ("ㄣ", "ㄛ", "ㄜ", "ㄉㄨㄟ4", "ㄏㄠ3", "ㄠ")
"""Mandarin syllables, as people say 嗯, 哦, 呃, 对, 好."""


def folder() -> Path:
    """Where the recordings lie; fetched now where they are not there yet."""
    with Steps(1).step("recordings of people") as step:
        return human_voices.ensure(Checkout(CHECKOUT), Machine(), step) / "usr" / "share"


def read(path: Path, seconds: float = 60.0) -> Sound:
    """A recording's first `seconds` at 8 kHz, from its first sound on."""
    if path.suffix == ".raw":
        data = np.fromfile(path, np.int16).astype(np.float64)
        rate = 16000 if "pocketsphinx" in path.parts else RATE
    else:
        data, rate = soundfile.read(path, frames=60 * 48000, dtype="float64")
        data = data * 32768
    if data.ndim > 1:
        data = data.mean(axis=1)
    data = data[: int(seconds * rate)]
    if rate != RATE:
        data = resample(data, rate, RATE)
    return trimmed(data)


def trimmed(sound: Sound) -> Sound:
    """Without what lies 30 dB under its peak at either end."""
    loud = np.flatnonzero(np.abs(sound) > np.abs(sound).max(initial=1.0) * 10 ** (-30 / 20))
    return sound[loud[0] : loud[-1] + 1] if loud.size else sound


def levelled(sound: Sound, rms: float) -> Sound:
    """Brought to `rms`, measured where it sounds."""
    active = np.abs(sound) > np.abs(sound).max(initial=1.0) * 10 ** (-25 / 20)
    found = np.sqrt(np.mean(sound[active] ** 2)) if active.any() else 1.0
    return sound * (rms / max(found, 1e-9))


class Sounds:
    """Clips by kind; `held_out` says from which half of the sources."""

    def __init__(self, held_out: bool) -> None:  # noqa: FBT001
        self._half = int(held_out)
        self._root = folder()
        self._rng = np.random.default_rng(100 + self._half)

    def _mine(self, paths: list[Path]) -> list[Path]:
        mine = [path for number, path in enumerate(sorted(paths)) if number % 2 == self._half]
        self._rng.shuffle(mine)
        return mine

    def level(self) -> float:
        return float(SPEECH_LEVEL * 10 ** (self._rng.uniform(-SPREAD, SPREAD) / 20))

    def people(self) -> Iterator[Sound]:
        """Whole utterances of 0.5 s and more, many speakers, endless."""
        found = [
            *self._root.glob("asterisk/sounds/*/*.wav"),
            *self._root.glob("pocketsphinx/test/data/**/*.wav"),
            *self._root.glob("codec2/raw/[fhmkv]*.raw"),
        ]
        bad = ("beep", "tone", "silence", "tt-", "ascending", "descending", "sine", "test")
        paths = self._mine([path for path in found if not path.name.startswith(bad)])
        while True:
            for path in paths:
                sound = read(path, 8.0)
                if len(sound) >= RATE // 2:
                    yield levelled(sound, self.level())

    def prompt(self, seconds: float) -> Sound:
        """What we say: one voice, with its pauses."""
        parts = []
        for path in self._mine(list(self._root.glob("asterisk/sounds/en*/vm-*.wav"))):
            parts += [levelled(read(path), SPEECH_LEVEL), np.zeros(RATE // 5)]
            if sum(map(len, parts)) > seconds * RATE:
                break
        return np.concatenate(parts)[: int(seconds * RATE)]

    def music(self) -> Iterator[Sound]:
        pieces = [read(path) for path in sorted(self._root.glob("asterisk/moh/*.wav"))]
        pieces = [piece[self._half * len(piece) // 2 :][: len(piece) // 2] for piece in pieces]
        while True:
            piece = pieces[self._rng.integers(len(pieces))]
            at = self._rng.integers(len(piece) - 4 * RATE)
            yield levelled(piece[at : at + 4 * RATE], self.level())

    def babble(self, below: float) -> Iterator[Sound]:
        """Eight people at once, `below` dB under a talker."""
        people = self.people()
        while True:
            mixed = np.zeros(4 * RATE)
            for _ in range(8):
                one = np.concatenate([next(people) for _ in range(8)])
                mixed += np.resize(one / np.sqrt(np.mean(one**2)), 4 * RATE)
            yield levelled(mixed, SPEECH_LEVEL * 10 ** (-below / 20))

    def street(self, below: float) -> Iterator[Sound]:
        """Traffic: rumble that swells, wind, now and then a horn or a brake."""
        while True:
            yield street(self._rng, 4 * RATE) * SPEECH_LEVEL * 10 ** (-below / 20)

    def coughs(self) -> Iterator[Sound]:
        while True:
            bursts = [cough(self._rng) for _ in range(self._rng.integers(1, 4))]
            gap = np.zeros(int(self._rng.uniform(0.15, 0.4) * RATE))
            sound = np.concatenate([part for burst in bursts for part in (burst, gap)])
            yield levelled(sound, self.level() * 1.5)

    def clicks(self) -> Iterator[Sound]:
        while True:
            yield clicks(self._rng) * self.level() * 4

    def backchannels(self) -> Iterator[Sound]:
        made = [*_spoken_backchannels(), *self._human_backchannels()]
        made = [sound for number, sound in enumerate(made) if number % 2 == self._half]
        while True:
            yield levelled(made[self._rng.integers(len(made))], self.level())

    def _human_backchannels(self) -> list[Sound]:
        return [
            read(path)
            for name in HUMAN_BACKCHANNELS
            for path in sorted(self._root.glob(f"gcin-voice/ogg/{name}/*.ogg"))
        ]

    def backgrounds(self, name: str, below: float) -> Callable[[], Iterator[Sound]]:
        return lambda: getattr(self, name)(below)


@cache
def _spoken_backchannels() -> list[Sound]:
    made = []
    with tempfile.TemporaryDirectory() as kept:
        speaker = Synthesiser(RATE, Path(kept))
        for language, texts in BACKCHANNELS.items():
            made += [trimmed(speaker.say(text, language).samples.astype(float)) for text in texts]
    return made


def shaped(noise: Sound, low: float, high: float) -> Sound:
    """Noise between two frequencies, by its spectrum."""
    spectrum = np.fft.rfft(noise)
    hertz = np.fft.rfftfreq(len(noise), 1 / RATE)
    spectrum[(hertz < low) | (hertz > high)] = 0
    found = np.fft.irfft(spectrum, len(noise))
    return found / max(1e-9, float(np.sqrt(np.mean(found**2))))


def cough(rng: np.random.Generator) -> Sound:
    """A burst of breath through a throat, a short voiceless tail, sometimes a voiced end."""
    seconds = rng.uniform(0.12, 0.3)
    count = int(seconds * RATE)
    at = np.arange(count) / RATE
    burst = shaped(rng.normal(size=count), 300, 3300) * np.exp(-at / (seconds / 4))
    throat = sum(
        shaped(rng.normal(size=count), centre * 0.85, centre * 1.15)
        for centre in (rng.uniform(500, 800), rng.uniform(1200, 1700))
    ) * np.exp(-at / (seconds / 2))
    voiced = np.sign(np.sin(2 * np.pi * rng.uniform(120, 250) * at)) * (at > seconds * 0.6)
    return burst * 1.5 + throat + shaped(voiced + 1e-6, 200, 2500) * 0.4 * (rng.random() < 0.4)


def clicks(rng: np.random.Generator) -> Sound:
    """Knocks and clicks of a handset, one to six in a second and a half."""
    sound = np.zeros(int(1.5 * RATE))
    for _ in range(rng.integers(1, 7)):
        length = int(rng.uniform(0.002, 0.06) * RATE)
        at = rng.integers(len(sound) - length)
        knock = rng.normal(size=length) * np.exp(-np.arange(length) / (length / 5))
        sound[at : at + length] += knock
    return sound


def street(rng: np.random.Generator, count: int) -> Sound:
    at = np.arange(count) / RATE
    swell = 1 + 0.6 * np.sin(2 * np.pi * (rng.uniform(0.1, 0.4) * at + rng.random()))
    sound = shaped(rng.normal(size=count), 60, 500) * swell
    sound += 0.5 * shaped(rng.normal(size=count), 300, 3000) * swell
    motor = rng.uniform(70, 140)
    sound += 0.4 * sum(np.sin(2 * np.pi * motor * part * at) / part for part in range(1, 8))
    if rng.random() < 0.5:
        begin, length = rng.integers(count // 2), int(rng.uniform(0.2, 0.7) * RATE)
        horn = at[:length]
        tone = np.sin(2 * np.pi * rng.uniform(350, 500) * horn)
        tone += np.sin(2 * np.pi * rng.uniform(450, 600) * horn)
        sound[begin : begin + length] += 1.5 * tone
    return sound / np.sqrt(np.mean(sound**2))
