"""The tick: once a frame time, all frames of all calls through the analysers, and the commands.

    bridge.wait -> bridge.collect -> Vad -> BargeIn -> bridge.duck, interrupt, resume -> sink

It is one thread. What it decides it applies itself; the sink only hears of it.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import numpy as np

from audio import _bridge
from audio.barge_in import BargeIn, Decision, Duck, Interrupt
from audio.events import (
    AudioEvent,
    BargeInPolicy,
    FalseAlarm,
    ItemPlayed,
    PlaybackDone,
    PlaybackStarted,
    SpeechEnded,
    SpeechStarted,
)
from audio.events import BargeIn as BargedIn
from audio.format import FRAME_SECONDS
from audio.stats import TickStats
from audio.vad import SHOWN_OF_QUIET, Vad, VadSettings, Voice

if TYPE_CHECKING:
    from audio._bridge import Bridge

_log = logging.getLogger(__name__)

_ROOM: Final = 4096
"""Frames taken by one collect; after a stall there are more, and it is asked again."""
_WAIT_SECONDS: Final = 0.2
_NICE: Final = -10
_NS: Final = 1e-9
_FRAME_NS: Final = 20_000_000
_NOT_SPEAKING: Final = -2

POLICY_NUMBER: Final = {
    BargeInPolicy.PROTECTED: _bridge.PROTECTED,
    BargeInPolicy.DUCK: _bridge.DUCK,
    BargeInPolicy.STOP: _bridge.STOP,
}
"""What `Bridge.play` calls a policy."""
# Indexed by the bridge's number; NOTHING is -1, the last.
_POLICIES: Final = (BargeInPolicy.PROTECTED, BargeInPolicy.DUCK, BargeInPolicy.STOP, None)

Sink = Callable[[AudioEvent], None]
"""Called on the tick thread, so it must be cheap: put the event in a queue, no more."""


class Tick:
    """Analyses the calls it watches. `watch` and `forget` may be called on any thread."""

    def __init__(self, bridge: Bridge, sink: Sink, vad: VadSettings | None = None) -> None:
        self.stats = TickStats()
        self._bridge = bridge
        self._sink = sink
        self._settings = vad or VadSettings()
        self._calls: dict[int, _Call] = {}
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
        call = _Call(handle, self._settings, self._bridge.rate, at_most)
        with self._watching:
            self._calls[handle] = call

    def forget(self, handle: int) -> None:
        """No event of this handle comes once this has returned. Unknown handles are forgiven."""
        with self._watching:
            self._calls.pop(handle, None)

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
        # No numpy on whole frames here: it lets go of the interpreter, and to get it back from a
        # busy thread costs a switch interval (sys.setswitchinterval) each time.
        self.stats.frames += count
        find, turn, quietest = self._calls.get, self.stats.ticks, self._settings.quietest
        rate, samples = self._bridge.rate, self._samples
        for handle, peak, over, row, taken in zip(
            self._handles[:count].tolist(),
            self._peaks[:count].tolist(),
            self._over[:count].tolist(),
            self._rows,
            self._taken[:count].tolist(),
            strict=False,
        ):
            call = find(handle)
            if call is None:
                continue
            vad = call.vad
            try:
                # Nearly every frame is one of somebody who listens, or who goes on speaking:
                # these two changes of nothing are told apart here, before any call of ours.
                if vad.quiet:
                    if peak < quietest and (turn + handle) % SHOWN_OF_QUIET:
                        continue
                    if not vad.detect(row, rate, samples):
                        continue
                    voiced = True
                else:
                    voiced = vad.detect(row, rate, samples)
                    if voiced and over == call.speaks_over and peak >= quietest:
                        continue
                self._follow(call, vad.follow(voiced, peak), over, taken)
            except KeyError:
                self.forget(handle)  # the call was closed meanwhile
            except Exception:  # noqa: BLE001  whatever it was, the other calls go on
                self._deafen(call)

    def _deafen(self, call: _Call) -> None:
        """One call's broken analyser must not cost the others their tick."""
        self.stats.analyser_failures += 1
        call.vad = _Deaf(self._settings, self._bridge.rate)
        with suppress(KeyError):
            self._bridge.unduck(call.handle)  # nobody is left to bring the prompt back
        _log.exception("an analyser failed: this call is no longer listened to")

    def _follow(self, call: _Call, voice: Voice, number: int, taken: int) -> None:
        """A frame that may change something. `number` is the bridge's, of what was played."""
        before, call.voice = call.voice, voice
        if voice is Voice.QUIET and before is Voice.QUIET:
            return
        if before is Voice.QUIET:
            call.onset = taken - (self._settings.start_frames - 1) * _FRAME_NS
            call.confirmed = False
        elif before is Voice.SPEAKING and voice is not Voice.SPEAKING:
            call.last_voiced = taken - _FRAME_NS
        decision = call.barge_in.hear(voice, _POLICIES[number])
        # First the command, then the telling: a sink must not stand between voice and prompt.
        told = None if decision is None else self._apply(call, decision, taken)
        speaks_on = voice is Voice.SPEAKING and call.barge_in.settled
        call.speaks_over = number if speaks_on else _NOT_SPEAKING
        if voice is Voice.SPEAKING and not call.confirmed:
            call.confirmed = True
            self._tell(SpeechStarted(call.handle, taken * _NS, call.onset * _NS))
        elif voice is Voice.QUIET and call.confirmed:
            duration = (call.last_voiced - call.onset) * _NS + FRAME_SECONDS
            self._tell(SpeechEnded(call.handle, taken * _NS, duration))
        if told is not None:
            self._tell(told)

    def _apply(self, call: _Call, decision: Decision, taken: int) -> AudioEvent | None:
        """Carry a decision out; what is to be told of it."""
        handle = call.handle
        if isinstance(decision, Duck):
            # Speech from before this prompt is no measure of how fast the prompt gave way.
            call.over_since = call.onset if call.voice is Voice.STARTING else taken
            call.ducked_at = self._bridge.duck(handle)
            if call.ducked_at is None:
                call.barge_in.forget()
                return None
            self.stats.ducked += 1
            self.stats.duck_latency.add((time.monotonic_ns() - call.over_since) * _NS)
        elif isinstance(decision, Interrupt):
            place = self._bridge.interrupt(handle)
            if place is None:
                return None
            self.stats.interrupted += 1
            self.stats.stop_latency.add((time.monotonic_ns() - call.over_since) * _NS)
            play_id, sample = place
            return BargedIn(handle, taken * _NS, call.onset * _NS, play_id, sample)
        elif call.ducked_at is not None:
            # That of the last Duck that the bridge took: without one there is nothing to restore.
            play_id, sample = call.ducked_at
            if not (decision.rewind and self._bridge.resume(handle, play_id, sample)):
                self._bridge.unduck(handle)
            if decision.false_alarm:
                self.stats.false_alarms += 1
                return FalseAlarm(handle, taken * _NS, play_id)
        return None

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
            if event.handle not in self._calls:
                return
            try:
                self._sink(event)
            except Exception:  # noqa: BLE001  as above
                self.stats.sink_failures += 1
                _log.exception("the sink of audio events failed")


class _Call:
    """What the tick keeps of one call."""

    __slots__ = (
        "barge_in",
        "confirmed",
        "ducked_at",
        "handle",
        "last_voiced",
        "onset",
        "over_since",
        "speaks_over",
        "vad",
        "voice",
    )

    def __init__(
        self, handle: int, settings: VadSettings, rate: int, at_most: BargeInPolicy
    ) -> None:
        self.handle = handle
        self.vad = Vad(settings, rate)
        self.barge_in = BargeIn(settings, at_most)
        self.voice = Voice.QUIET
        self.speaks_over = _NOT_SPEAKING
        """What is being played over confirmed speech, where more of both changes nothing."""
        self.confirmed = False
        self.onset = 0
        self.over_since = 0
        """The first voiced frame over the prompt that was ducked."""
        self.last_voiced = 0
        self.ducked_at: tuple[int, int] | None = None


class _Deaf(Vad):
    """In place of an analyser that raised."""

    __slots__ = ()

    def __init__(self, settings: VadSettings, rate: int) -> None:
        super().__init__(settings, rate)
        self.detect = lambda _row, _rate, _samples: False
