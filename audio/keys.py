"""The analyser that hears keys in band, on the calls for which it was asked to."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

import numpy as np

from audio.analysers import Frames, Tell
from audio.events import BargeInPolicy, DtmfReceived
from audio.format import frame_samples
from audio.key_tones import KeyTones
from audio.stats import TickStats

if TYPE_CHECKING:
    from audio._bridge import Bridge

_NS: Final = 1e-9


class KeyAnalyser:
    """Tells of the keys that callees press where they come as tones, and only there.

    It goes before whatever takes a tone for a voice: frames in which a key sounds are blank for the
    analysers after it, or each key would stop the prompt that it asks for.
    """

    def __init__(self, bridge: Bridge, tell: Tell, stats: TickStats) -> None:
        del stats
        self._tell = tell
        self._tones = KeyTones(bridge.rate, frame_samples(bridge.rate))
        self._listened: set[int] = set()
        self._asked: deque[tuple[int, bool]] = deque()
        """What other threads want: only the tick's touches the rest."""
        self._blank = bytes(2 * frame_samples(bridge.rate))

    def listen(self, handle: int, *, on: bool = True) -> None:
        """Hear the keys of this call from the next tick on, or no more. Any thread."""
        self._asked.append((handle, on))

    def watch(self, _handle: int, _at_most: BargeInPolicy) -> None:
        """Nothing is heard on a call until `listen` asks for it."""

    def forget(self, handle: int) -> None:
        self._asked.append((handle, False))

    def analyse(self, frames: Frames) -> None:
        while self._asked:
            self._take(*self._asked.popleft())
        if not self._listened:
            return
        # After a stall there are several frames of a call: they are looked at in their order.
        waiting = [(at, call) for at, call in enumerate(frames.handles) if call in self._listened]
        while waiting:
            now: dict[int, int] = {}
            later = []
            for at, call in waiting:
                if call in now:
                    later.append((at, call))
                else:
                    now[call] = at
            self._hear(frames, now)
            waiting = later

    def _hear(self, frames: Frames, at: dict[int, int]) -> None:
        """`at` has the place of one frame of each call."""
        calls = list(at)
        rows = np.stack([np.frombuffer(frames.rows[at[call]], np.int16) for call in calls])
        pressed = self._tones.hear(calls, rows)
        for call in calls:
            if self._tones.sounds(call):
                frames.rows[at[call]][:] = self._blank
                frames.peaks[at[call]] = 0
        for call, key in pressed:
            self._tell(DtmfReceived(call, frames.taken[at[call]] * _NS, key))

    def _take(self, handle: int, on: bool) -> None:  # noqa: FBT001
        if on:
            self._listened.add(handle)
            self._tones.listen(handle)
        else:
            self._listened.discard(handle)
            self._tones.forget(handle)
