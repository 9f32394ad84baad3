"""Voice activity and barge-in: the analyser that lets a prompt give way to the callee's voice.

Vad -> known echo? -> Doubt -> BargeIn -> bridge.duck, interrupt, resume, unduck -> told

While something is being played, a sound counts as a voice only where a second opinion agrees
(`doubt.py`). It is formed beside the tick; nothing waits for it.
"""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import numpy as np

from audio import _bridge
from audio.analysers import Frames, Tell
from audio.barge_in import BargeIn, Decision, Duck, Interrupt
from audio.doubt import Doubt, DoubtSettings, Trust
from audio.echo import LATEST
from audio.events import AudioEvent, BargeInPolicy, FalseAlarm, SpeechEnded, SpeechStarted
from audio.events import BargeIn as BargedIn
from audio.format import FRAME_SECONDS
from audio.opinions import Opinions, OpinionsBeside
from audio.second_opinion import Question
from audio.stats import TickStats
from audio.vad import SHOWN_OF_QUIET, Vad, VadSettings, Voice

if TYPE_CHECKING:
    from audio._bridge import Bridge

_log = logging.getLogger(__name__)

_NS: Final = 1e-9
_FRAME_NS: Final = 20_000_000
_NOT_SPEAKING: Final = -2
_FOREVER: Final = 1 << 62
_NO_CEILING: Final = float("inf")
_HEARD_FRAMES: Final = 12
"""Asked about: 180 ms of sound, and 60 ms before it."""
_SAID_FRAMES: Final = _HEARD_FRAMES + round(LATEST / FRAME_SECONDS) + 2
_ECHO_MARGIN: Final = 1.6
"""4 dB: a known echo's peak may be so far over what its gain foretells."""
_CLEAN: Final = 0.3
"""Of a loud sound: with less of it our own the line has no echo worth asking about again, where
nothing is to be stopped."""
_FLOOR_PACE: Final = 0.05
"""The line's noise is followed within 20 of the quiet frames that webrtcvad is shown."""

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
        self,
        bridge: Bridge,
        tell: Tell,
        stats: TickStats,
        settings: VadSettings | None = None,
        doubts: DoubtSettings | None = None,
        opinions: Opinions | None = None,
    ) -> None:
        self._bridge = bridge
        self._tell = tell
        self._stats = stats
        self._settings = settings or VadSettings()
        self._doubts = doubts or DoubtSettings()
        self._opinions = opinions or OpinionsBeside(bridge.rate)
        self._calls: dict[int, _Call] = {}

    def watch(self, handle: int, at_most: BargeInPolicy) -> None:
        self._calls[handle] = _Call(
            handle, self._settings, self._doubts, self._bridge.rate, at_most
        )

    def forget(self, handle: int) -> None:
        self._calls.pop(handle, None)

    def analyse(self, frames: Frames) -> None:
        self._learn()
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
                        call.floor += _FLOOR_PACE * (peak - call.floor)
                        continue
                    voiced = True
                else:
                    voiced = vad.detect(row, rate, samples)
                    if (
                        voiced
                        and over == call.speaks_over
                        and quietest <= peak <= call.ceiling
                        and taken < call.until
                    ):
                        continue
                self._follow(call, voiced, over, peak, taken)
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

    def _learn(self) -> None:
        """Take in the second opinions that have come; they tell in each call's next frame."""
        for handle, number, finding in self._opinions.take():
            call = self._calls.get(handle)
            if call is None:
                continue
            call.speaks_over = _NOT_SPEAKING
            if finding.share is not None and finding.share < _CLEAN and not call.echo_gain:
                call.clean = True
            if finding.echo is not None:
                call.clean = False
                call.echo_gain = finding.echo.gain * _ECHO_MARGIN
                call.echo_frames = finding.echo.delay / FRAME_SECONDS
            if call.doubt.learn(number, finding):
                call.barge_in.trust()

    def _echo_peak(self, call: _Call, taken: int) -> float:
        """How loud this call's echo may be in the frame that came at `taken`."""
        first = int(call.echo_frames)
        said = self._bridge.said_peak(call.handle, taken, first, first + 1)
        return call.echo_gain * said

    def _ask(self, call: _Call, taken: int, *, only_echo: bool) -> None:
        heard, said = np.empty((2, _SAID_FRAMES, self._bridge.frame_samples), np.int16)
        if self._bridge.recent(call.handle, taken, heard, said):
            question = Question(
                heard[-_HEARD_FRAMES:].ravel(),
                said.ravel(),
                call.floor,
                call.doubt.may_murmur,
                only_echo,
            )
            self._opinions.ask(call.handle, call.doubt.number, question)
            self._stats.doubted += 1

    def _follow(self, call: _Call, voiced: bool, number: int, peak: int, taken: int) -> None:  # noqa: FBT001
        """A frame that may change something. `number` is the bridge's, of what was played."""
        if voiced and call.echo_gain:
            voiced = peak > self._echo_peak(call, taken)
        voice = call.vad.follow(voiced, peak)
        before, call.voice = call.voice, voice
        if voice is Voice.QUIET and before is Voice.QUIET:
            return
        if before is Voice.QUIET:
            call.onset = taken - (self._settings.start_frames - 1) * _FRAME_NS
            call.confirmed = False
            call.doubt.reopen()
        elif before is Voice.SPEAKING and voice is not Voice.SPEAKING:
            call.last_voiced = taken - _FRAME_NS
        doubt, shown = call.doubt, voice
        whole = number == _bridge.STOP
        doubted = whole or (number != _bridge.NOTHING and not call.clean)
        if doubted:
            if doubt.hear(voice, peak, taken, whole=whole):
                self._ask(call, taken, only_echo=not whole)
            shown = doubt.shown(voice)
        decision = call.barge_in.hear(shown, _POLICIES[number])
        # First the command, then the telling: a sink must not stand between voice and prompt.
        told = None if decision is None else self._apply(call, decision, taken)
        self._skip(call, voice, number, doubted=doubted)
        if shown is Voice.SPEAKING and not call.confirmed:
            call.confirmed = True
            self._tell(SpeechStarted(call.handle, taken * _NS, call.onset * _NS))
        elif voice is Voice.QUIET and call.confirmed:
            duration = (call.last_voiced - call.onset) * _NS + FRAME_SECONDS
            self._tell(SpeechEnded(call.handle, taken * _NS, duration))
        if told is not None:
            self._tell(told)

    def _skip(self, call: _Call, voice: Voice, number: int, *, doubted: bool) -> None:
        """Note which frames change nothing: more of what is decided, as loud, and not for ever."""
        doubt, call.speaks_over = call.doubt, _NOT_SPEAKING
        if voice is not Voice.SPEAKING:
            return
        call.ceiling, call.until = _NO_CEILING, _FOREVER
        if doubted:
            call.ceiling, call.until = doubt.ceiling, doubt.until
        if (doubted and doubt.trust is Trust.DISMISSED) or call.barge_in.settled:
            call.speaks_over = number

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
            if not (decision.rewind and self._bridge.resume(handle, play_id, sample, True)):
                self._bridge.unduck(handle)
            if decision.false_alarm:
                self._stats.false_alarms += 1
                return FalseAlarm(handle, taken * _NS, play_id)
        return None


class _Call:
    """What the tick keeps of one call."""

    __slots__ = (
        "barge_in",
        "ceiling",
        "clean",
        "confirmed",
        "doubt",
        "ducked_at",
        "echo_frames",
        "echo_gain",
        "floor",
        "handle",
        "last_voiced",
        "onset",
        "over_since",
        "speaks_over",
        "until",
        "vad",
        "voice",
    )

    def __init__(
        self,
        handle: int,
        settings: VadSettings,
        doubts: DoubtSettings,
        rate: int,
        at_most: BargeInPolicy,
    ) -> None:
        self.handle = handle
        self.doubt = Doubt(doubts)
        self.floor = 0.0
        """Peak of the line's own noise."""
        self.clean = False
        """Whether this line is known to give nothing back."""
        self.echo_gain = 0.0
        """Of this call's line, with its margin; 0 where no echo is known."""
        self.echo_frames = 0.0
        """Its delay."""
        self.vad = Vad(settings, rate)
        self.barge_in = BargeIn(settings, at_most)
        self.voice = Voice.QUIET
        self.speaks_over = _NOT_SPEAKING
        """What is being played over confirmed speech, where more of both changes nothing."""
        self.ceiling = _NO_CEILING
        self.until = _FOREVER
        """That change nothing up to this peak, and before this time."""
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
