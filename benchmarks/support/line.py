"""One call without a network: a prompt that plays, a callee's side, and the line's echo of us.

What the analyser decides takes effect in the next frame and is heard in the echo: a ducked prompt
gives a weaker one. Both ways go through G.711.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from audio import _bridge, g711
from audio.analysers import Frames
from audio.events import AudioEvent, BargeInPolicy
from audio.opinions import OpinionsAtOnce
from audio.second_opinion import Model
from audio.stats import TickStats
from audio.vad import VadSettings
from audio.voice import VoiceAnalyser

RATE = 8000
SAMPLES = 160
FRAME_NS = 20_000_000
_HANDLE = 1
_BEGIN = 1_000_000_000

Sound = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Hybrid:
    """How a line gives back what is said into it: a delay in samples, and a short filter."""

    delay: int
    taps: Sound

    @classmethod
    def made(cls, rng: np.random.Generator, decibels: float, seconds: float) -> Hybrid:
        taps = np.zeros(24)
        taps[0] = 1.0
        taps += 0.3 * rng.normal(size=24) * np.exp(-np.arange(24) / 5)
        return cls(int(seconds * RATE), taps * 10 ** (decibels / 20) / np.sqrt(np.sum(taps**2)))


@dataclass
class Heard:
    """What came of one clip; times in frames from its first."""

    ducked: list[int] = field(default_factory=list)
    stopped: int | None = None
    restored: list[int] = field(default_factory=list)
    told: list[tuple[int, AudioEvent]] = field(default_factory=list)
    asked: int = 0


class Line:
    """Stands in for the bridge of one call that plays a prompt which speech may stop."""

    rate = RATE
    frame_samples = SAMPLES

    def __init__(self, prompt: Sound, model: Model | None, hybrid: Hybrid | None = None) -> None:
        self._player = _bridge.Player(RATE)
        made = _bridge.Prompt(np.clip(prompt, -32768, 32767).astype(np.int16), RATE)
        self._player.play(1, [(made, _bridge.STOP)])
        self._hybrid = hybrid
        self._said = np.zeros((0, SAMPLES), np.int16)
        self._heard = np.zeros((0, SAMPLES), np.int16)
        self._now = 0
        self._first = 0
        self.found = Heard()
        self._stats = TickStats()
        self._analyser = VoiceAnalyser(
            self,  # type: ignore[arg-type]  as much of a bridge as the analyser asks for
            self._tell,
            self._stats,
            settings=VadSettings(),
            opinions=OpinionsAtOnce(RATE, model),
        )
        self._analyser.watch(_HANDLE, BargeInPolicy.STOP)

    def run(self, near: Sound, lead: int) -> Heard:
        """Hear `near`, of which the first `lead` frames are the line before the clip."""
        self._first = lead
        count = len(near) // SAMPLES
        room = np.zeros((count, SAMPLES), np.int16)
        self._said, self._heard = room.copy(), room
        echo = np.zeros((count + 40) * SAMPLES)
        for self._now in range(count):
            playing = self._player.place() is not None
            said = g711.decode(g711.encode(self._player.render(1)[0], 0), 0)
            self._said[self._now] = said
            here = self._now * SAMPLES
            if self._hybrid is not None:
                back = np.convolve(said.astype(float), self._hybrid.taps)
                at = here + self._hybrid.delay
                echo[at : at + len(back)] += back
            mixed = near[here : here + SAMPLES] + echo[here : here + SAMPLES]
            frame = g711.decode(g711.encode(np.clip(mixed, -32768, 32767).astype(np.int16), 0), 0)
            self._heard[self._now] = frame
            self._analyser.analyse(
                Frames(
                    turn=self._now,
                    rate=RATE,
                    samples=SAMPLES,
                    handles=[_HANDLE],
                    peaks=[int(np.abs(frame.astype(np.int32)).max())],
                    over=[_bridge.STOP if playing else _bridge.NOTHING],
                    taken=[_BEGIN + self._now * FRAME_NS],
                    rows=[memoryview(frame.tobytes())],
                )
            )
        self.found.asked = self._stats.doubted
        return self.found

    def _tell(self, event: AudioEvent) -> None:
        self.found.told.append((self._now - self._first, event))

    # What the analyser asks of a bridge.

    def recent(
        self, _handle: int, taken: int, heard: npt.NDArray[np.int16], said: npt.NDArray[np.int16]
    ) -> bool:
        end = (taken - _BEGIN) // FRAME_NS + 1
        begin = max(0, end - len(heard))
        heard[:], said[:] = 0, 0
        heard[begin - end :] = self._heard[begin:end]
        said[begin - end :] = self._said[begin:end]
        return True

    def said_peak(self, _handle: int, taken: int, first: int, last: int) -> int:
        at = (taken - _BEGIN) // FRAME_NS
        rows = self._said[max(0, at - last) : max(0, at - first + 1)]
        return int(np.abs(rows.astype(np.int32)).max(initial=0))

    def duck(self, _handle: int) -> tuple[int, int] | None:
        self.found.ducked.append(self._now - self._first)
        return self._player.duck()

    def unduck(self, _handle: int) -> None:
        self.found.restored.append(self._now - self._first)
        self._player.unduck()

    def resume(self, _handle: int, play_id: int, sample: int, from_pause: bool) -> bool:  # noqa: FBT001
        self.found.restored.append(self._now - self._first)
        return self._player.resume(play_id, sample, from_pause)

    def interrupt(self, _handle: int) -> tuple[int, int] | None:
        place = self._player.interrupt()
        if place is not None:
            self.found.stopped = self._now - self._first
        return place
