"""Barge-in: what the callee's voice does to the prompt. Pure; the tick applies what it decides.

At the first sign of a voice the prompt is ducked. Where the voice is confirmed, a prompt that may
be stopped is stopped; where it was a cough, that prompt goes on from where it was ducked, so that
nothing is lost. A prompt that is only ducked comes back when the callee has finished.

Speech that began over a protected prompt, or in silence, does not cut off the first word of the
next prompt: it ducks it, and stops it only after it has gone on over that prompt for as long as
a confirmation takes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from audio.events import BargeInPolicy
from audio.vad import VadSettings, Voice


@dataclass(frozen=True, slots=True)
class Duck:
    """Lower the prompt, and remember where."""


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Stop the prompt: the callee has the floor."""


@dataclass(frozen=True, slots=True)
class Restore:
    """Full volume again; if `rewind`, from where the prompt was ducked.

    `false_alarm` tells a cough from speech that ended before it could stop the prompt.
    """

    rewind: bool
    false_alarm: bool


Decision = Duck | Interrupt | Restore

_DUCK: Final = Duck()
_INTERRUPT: Final = Interrupt()
_PROTECTED, _DUCKED, _STOP = BargeInPolicy


class BargeIn:
    """One call's policy. `at_most` caps what speech may do to any prompt of this call."""

    __slots__ = (
        "_at_most",
        "_frames_over",
        "_may_stop",
        "_patience",
        "_spoke",
        "ducked",
        "settled",
    )

    def __init__(self, settings: VadSettings, at_most: BargeInPolicy = BargeInPolicy.STOP) -> None:
        self._at_most = at_most
        self._patience = max(1, settings.confirm_frames - settings.start_frames + 1)
        self._spoke = False
        """Whether the sound that ducked was speech."""
        self._frames_over = 0
        """Frames of voice over a prompt that may be stopped."""
        self._may_stop = False
        """Whether the prompt that was ducked may be stopped."""
        self.ducked = False
        self.settled = True
        """Whether nothing more is decided as long as neither voice nor prompt changes."""

    def hear(self, voice: Voice, over: BargeInPolicy | None) -> Decision | None:
        """What to do after a frame that left the callee in state `voice`.

        `over` is the policy of the prompt that was being played meanwhile, None for silence.
        """
        if over is _STOP and self._at_most is not _STOP:
            over = self._at_most
        if over is None or over is _PROTECTED or self._at_most is _PROTECTED:
            # The bridge lifts the ducking by itself where a protected prompt begins.
            self.forget()
            self._spoke = self._spoke and voice is not Voice.QUIET
            self.settled = True
            return None
        if voice is Voice.QUIET:
            return self._fell_quiet()
        if voice is Voice.STOPPING:
            return None
        self.settled = over is _DUCKED
        self._spoke = self._spoke or voice is Voice.SPEAKING
        if over is _STOP:
            self._frames_over += 1
            if voice is Voice.SPEAKING and self._frames_over >= self._patience:
                self.forget()
                return _INTERRUPT
        else:
            self._frames_over = 0
        if not self.ducked:
            self.ducked = True
            self._may_stop = over is _STOP
            return _DUCK
        return None

    def forget(self) -> None:
        """The bridge refused, or what was ducked is no longer being played."""
        self.ducked = False
        self.settled = False
        self._frames_over = 0

    def trust(self) -> None:
        """What is heard has been a voice for long enough: it stops what may be stopped at once."""
        self._frames_over = self._patience

    def _fell_quiet(self) -> Decision | None:
        spoke, self._spoke, self._frames_over = self._spoke, False, 0
        if not self.ducked:
            return None
        self.ducked = False
        return Restore(rewind=self._may_stop, false_alarm=not spoke)
