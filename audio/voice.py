"""Voice activity and barge-in: the analyser that lets a prompt give way to the callee's voice.

Vad -> BargeIn -> bridge.duck, interrupt, resume, unduck -> told
"""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from audio import _bridge
from audio.analysers import Frames, Tell
from audio.barge_in import BargeIn, Decision, Duck, Interrupt
from audio.events import AudioEvent, BargeInPolicy, FalseAlarm, SpeechEnded, SpeechStarted
from audio.events import BargeIn as BargedIn
from audio.format import FRAME_SECONDS
from audio.stats import TickStats
from audio.vad import SHOWN_OF_QUIET, Vad, VadSettings, Voice

if TYPE_CHECKING:
    from audio._bridge import Bridge

_log = logging.getLogger(__name__)

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


class VoiceAnalyser:
    """Tells when callees speak, and ducks and stops what is being played to them meanwhile."""

    def __init__(
        self, bridge: Bridge, tell: Tell, stats: TickStats, settings: VadSettings | None = None
    ) -> None:
        self._bridge = bridge
        self._tell = tell
        self._stats = stats
        self._settings = settings or VadSettings()
        self._calls: dict[int, _Call] = {}

    def watch(self, handle: int, at_most: BargeInPolicy) -> None:
        self._calls[handle] = _Call(handle, self._settings, self._bridge.rate, at_most)

    def forget(self, handle: int) -> None:
        self._calls.pop(handle, None)

    def analyse(self, frames: Frames) -> None:
        # No numpy on whole frames here: it lets go of the interpreter, and to get it back from a
        # busy thread costs a switch interval (sys.setswitchinterval) each time.
        find, turn, quietest = self._calls.get, frames.turn, self._settings.quietest
        rate, samples = frames.rate, frames.samples
        for handle, peak, over, row, taken in zip(
            frames.handles, frames.peaks, frames.over, frames.rows, frames.taken, strict=False
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
        self._stats.analyser_failures += 1
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
            self._stats.ducked += 1
            self._stats.duck_latency.add((time.monotonic_ns() - call.over_since) * _NS)
        elif isinstance(decision, Interrupt):
            place = self._bridge.interrupt(handle)
            if place is None:
                return None
            self._stats.interrupted += 1
            self._stats.stop_latency.add((time.monotonic_ns() - call.over_since) * _NS)
            play_id, sample = place
            return BargedIn(handle, taken * _NS, call.onset * _NS, play_id, sample)
        elif call.ducked_at is not None:
            # That of the last Duck that the bridge took: without one there is nothing to restore.
            play_id, sample = call.ducked_at
            if not (decision.rewind and self._bridge.resume(handle, play_id, sample)):
                self._bridge.unduck(handle)
            if decision.false_alarm:
                self._stats.false_alarms += 1
                return FalseAlarm(handle, taken * _NS, play_id)
        return None


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
