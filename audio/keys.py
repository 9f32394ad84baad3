"""The analyser that hears keys in band, on the calls for which it was asked to."""

from __future__ import annotations

from collections import deque
from threading import Lock
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
_SAME_PRESS: Final = 2.0
"""Seconds: INFO of a key leaves when it is let go, and its tone was heard when it was pressed."""


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
        self._telling = Lock()
        """Never taken inside the tick's own: `watch` and `forget` do without."""
        self._told: dict[int, tuple[str, float]] = {}
        """The last key of each call that was heard as a tone, and when."""
        self._elsewhere: set[int] = set()

    def listen(self, handle: int, *, on: bool = True) -> None:
        """Hear the keys of this call from the next tick on, or no more. Any thread."""
        self._asked.append((handle, on))

    def came_otherwise(self, handle: int, key: str, at: float) -> bool:
        """A key came as an event or by INFO: from now on this call's tones are only sound.

        True where it is one that was just told as a tone: one press is one key. Any thread.
        """
        with self._telling:
            first = handle not in self._elsewhere
            self._elsewhere.add(handle)
            told, when = self._told.pop(handle, ("", 0.0))
        self.listen(handle, on=False)
        return first and told == key and at - when < _SAME_PRESS

    def watch(self, _handle: int, _at_most: BargeInPolicy) -> None:
        """Nothing is heard on a call until `listen` asks for it."""

    def forget(self, handle: int) -> None:
        self._asked.append((handle, False))
        self._elsewhere.discard(handle)

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
            self._say(DtmfReceived(call, frames.taken[at[call]] * _NS, key))

    def _say(self, pressed: DtmfReceived) -> None:
        with self._telling:
            if pressed.handle not in self._elsewhere:
                self._told[pressed.handle] = (pressed.digit, pressed.at)
                self._tell(pressed)

    def _take(self, handle: int, on: bool) -> None:  # noqa: FBT001
        if on and handle not in self._elsewhere:
            self._listened.add(handle)
            self._tones.listen(handle)
        else:
            self._told.pop(handle, None)
            self._listened.discard(handle)
            self._tones.forget(handle)
