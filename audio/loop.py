"""The tick: once a frame time, all frames of all calls through the analysers.

    bridge.wait -> bridge.collect -> each analyser -> commands to the bridge -> sink

It is one thread. What an analyser decides it applies itself; the sink only hears of it.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import numpy as np

from audio import _bridge
from audio.analysers import Frames, MakeAnalyser
from audio.events import AudioEvent, BargeInPolicy, ItemPlayed, PlaybackDone, PlaybackStarted
from audio.format import FRAME_SECONDS
from audio.stats import TickStats
from audio.voice import VoiceAnalyser

if TYPE_CHECKING:
    from audio._bridge import Bridge

_log = logging.getLogger(__name__)

_ROOM: Final = 4096
"""Frames taken by one collect; after a stall there are more, and it is asked again."""
_WAIT_SECONDS: Final = 0.2
_NICE: Final = -10
_NS: Final = 1e-9
Sink = Callable[[AudioEvent], None]
"""Called on the tick thread, so it must be cheap: put the event in a queue, no more."""


class Tick:
    """Has the calls that it watches analysed. `watch` and `forget` may be called on any thread.

    Analysers are asked in the order in which `analysers` make them.
    """

    def __init__(
        self, bridge: Bridge, sink: Sink, analysers: Sequence[MakeAnalyser] = (VoiceAnalyser,)
    ) -> None:
        self.stats = TickStats()
        self._bridge = bridge
        self._sink = sink
        self._watched: set[int] = set()
        self._analysers = [make(bridge, self._tell, self.stats) for make in analysers]
        self._watching = threading.RLock()
        """Held where an event is handed out, so that none follows `forget`."""
        self._quit = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tick", daemon=True)
        samples = bridge.frame_samples
        self._samples = samples
        self._frames = np.zeros((_ROOM, samples), np.int16)
        self._handles = np.zeros(_ROOM, np.int64)
        self._taken = np.zeros(_ROOM, np.int64)
        self._over = np.zeros(_ROOM, np.int8)
        self._peaks = np.zeros(_ROOM, np.int32)
        # Made once: slicing a frame out anew would cost as much as a fifth of the VAD.
        data, width = self._frames.data.cast("B"), 2 * samples
        self._rows = [data[at : at + width] for at in range(0, _ROOM * width, width)]

    def start(self) -> None:
        """Start the thread; the bridge must have been started."""
        self._thread.start()

    def stop(self) -> None:
        """End and join the thread. It also ends by itself when the bridge is shut down."""
        self._quit.set()
        if self._thread.is_alive():
            self._thread.join()

    def watch(self, handle: int, at_most: BargeInPolicy = BargeInPolicy.STOP) -> None:
        """Analyse this call from its next frame on, and tell of its playback.

        Watch before the first playback starts, or its PlaybackStarted is not told. `at_most` caps
        what speech may do to any prompt of this call.
        """
        with self._watching:
            for analyser in self._analysers:
                analyser.watch(handle, at_most)
            self._watched.add(handle)

    def forget(self, handle: int) -> None:
        """No event of this handle comes once this has returned. Unknown handles are forgiven."""
        with self._watching:
            self._watched.discard(handle)
            for analyser in self._analysers:
                analyser.forget(handle)

    def _run(self) -> None:
        # It works a few ms in 20, and whatever else wants the core can wait for that.
        with suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
        seen = 0
        while not self._quit.is_set():
            try:
                seen = self._bridge.wait(seen, _WAIT_SECONDS)
            except RuntimeError:
                return  # the bridge was shut down
            self.turn()

    def turn(self) -> None:
        """One tick's work: take what has come since the last, decide, apply, tell."""
        self._tell_playback()
        late = True
        while (count := self._take()) > 0:
            if late:
                self._note_lateness(max(self._taken[:count].tolist()))
                late = False
            self._analyse(count)
            if count < _ROOM:
                break
        self._tell_playback()

    def _take(self) -> int:
        return self._bridge.collect(
            self._frames, self._handles, self._taken, self._over, self._peaks
        )

    def _note_lateness(self, newest: int) -> None:
        lateness = (time.monotonic_ns() - newest) * _NS
        self.stats.ticks += 1
        self.stats.lateness.add(lateness)
        self.stats.late += lateness > FRAME_SECONDS

    def _analyse(self, count: int) -> None:
        self.stats.frames += count
        frames = Frames(
            turn=self.stats.ticks,
            rate=self._bridge.rate,
            samples=self._samples,
            handles=self._handles[:count].tolist(),
            peaks=self._peaks[:count].tolist(),
            over=self._over[:count].tolist(),
            taken=self._taken[:count].tolist(),
            rows=self._rows,
        )
        for analyser in self._analysers:
            try:
                analyser.analyse(frames)
            except Exception:  # noqa: BLE001  whatever it was, the other analysers go on
                self.stats.analyser_failures += 1
                _log.exception("an analyser failed: it has missed a turn")

    def _tell_playback(self) -> None:
        for kind, handle, at, play_id, sample, completed in self._bridge.events():
            if kind == _bridge.STARTED:
                self._tell(PlaybackStarted(handle, at * _NS, play_id))
            elif kind == _bridge.DONE:
                self._tell(PlaybackDone(handle, at * _NS, play_id, sample, completed))
            else:
                self._tell(ItemPlayed(handle, at * _NS, play_id, sample))

    def _tell(self, event: AudioEvent) -> None:
        with self._watching:
            if event.handle not in self._watched:
                return
            try:
                self._sink(event)
            except Exception:  # noqa: BLE001  as above
                self.stats.sink_failures += 1
                _log.exception("the sink of audio events failed")
