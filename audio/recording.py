"""Recording: what both sides of calls say, from the bridge's taps to tapes.

The audio thread puts frames into a call's tap (3 s of them fit), one thread here takes them out and
gives them to the call's tape: neither the audio thread nor the tick waits for anybody.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from audio._bridge import Tap

_log = logging.getLogger(__name__)

TURN: Final = 0.2
"""Seconds between two looks at the taps: a fifteenth of what they hold."""
_ROOM: Final = 150
"""Frames taken at once: as many as a tap holds."""

TwoSides = NDArray[np.int16]
"""[n, 2, frame_samples(rate)] int16: n frames, each the callee's side, then ours."""


class Tape(Protocol):
    """Where one call's sound goes. All of it runs on the recorder's thread, and may wait for disks.

    What it raises ends this recording, and no other.
    """

    @property
    def is_ready(self) -> bool:
        """Whether it takes sound already; until then the tap keeps it."""
        ...

    def write(self, frames: TwoSides) -> None:
        """The next frames, without a gap to those before."""
        ...

    def skip(self, frames: int) -> None:
        """So many frames in which nothing was kept: the call was on hold, or they were lost."""
        ...

    def end(self, lost: int) -> None:
        """Nothing more comes. `lost` frames found the tap full. Called once, last."""
        ...


class Recorder:
    """One thread for all recordings. `add` may be called on any."""

    def __init__(self) -> None:
        self._new: deque[_Reel] = deque()
        self._reels: list[_Reel] = []
        self._quit = threading.Event()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self.live = 0
        """Recordings under way."""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End every recording with what is there, then the thread."""
        self._quit.set()
        if self._thread.is_alive():
            self._thread.join()

    def add(self, tap: Tap, tape: Tape) -> None:
        """Bring what `tap` keeps to `tape`, until the tap has ended."""
        self._new.append(_Reel(tap, tape))

    def drop(self, tape: Tape) -> None:
        """There is nothing to be recorded: end it."""
        self._new.append(_Reel(None, tape))

    def turn(self) -> None:
        """Take what has come since the last turn."""
        while self._new:
            self._reels.append(self._new.popleft())
        self._reels = [reel for reel in self._reels if not reel.turn()]
        self.live = len(self._reels)

    def _run(self) -> None:
        while not self._quit.wait(TURN):
            self.turn()
        self.turn()
        for reel in self._reels:
            reel.cut_off()


class _Reel:
    """One recording."""

    def __init__(self, tap: Tap | None, tape: Tape) -> None:
        self._tap = tap
        self._tape = tape
        samples = 0 if tap is None else tap.frame_samples
        self._frames = np.zeros((_ROOM, 2, samples), np.int16)
        self._periods = np.zeros(_ROOM, np.int64)
        self._next: int | None = None

    def turn(self) -> bool:
        """Whether it is over."""
        try:
            if not self._tape.is_ready:
                return False
            if self._tap is None:
                self._tape.end(0)
                return True
            self._drain(self._tap)
            if not self._tap.ended:
                return False
            self._tape.end(self._tap.lost)
        except Exception:  # noqa: BLE001  one call's fault must not cost the others their sound
            _log.exception("a recording failed")
            self._stop()
            with suppress(Exception):
                self._tape.end(0)
        return True

    def cut_off(self) -> None:
        """End it, wherever its call is."""
        self._stop()
        if self._tape.is_ready:
            self.turn()
        else:
            self._tape.end(0)

    def _stop(self) -> None:
        if self._tap is not None:
            self._tap.stop()

    def _drain(self, tap: Tap) -> None:
        while count := tap.take(self._frames, self._periods):
            numbers = self._periods[:count].tolist()
            # Where each run of periods without a jump begins; nearly always there is one.
            starts = [0, *(at for at, (a, b) in enumerate(pairwise(numbers), 1) if b != a + 1)]
            for start, end in pairwise([*starts, count]):
                if self._next is not None and numbers[start] > self._next:
                    self._tape.skip(numbers[start] - self._next)
                self._tape.write(self._frames[start:end])
                self._next = numbers[end - 1] + 1
            if count < _ROOM:
                return
