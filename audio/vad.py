"""Voice-activity detection: webrtcvad a frame, and four states counted in frames above it.

webrtcvad answers for 20 ms; its answer chatters within words and lingers four or five frames
after a sound. The states turn that into what a listener would say: quiet, something begins,
somebody speaks, somebody may have stopped.

    QUIET -> STARTING    `start_frames` voiced frames in a row
    STARTING -> SPEAKING `confirm_frames` voiced frames since the onset
    STARTING -> QUIET    `forget_frames` unvoiced frames in a row: it was a cough
    SPEAKING -> STOPPING an unvoiced frame
    STOPPING -> SPEAKING `return_frames` voiced frames in a row
    STOPPING -> QUIET    `stop_frames` unvoiced frames since speech paused
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Final

import webrtcvad

from audio.format import frame_samples

SHOWN_OF_QUIET: Final = 8
"""Of the frames below `VadSettings.quietest` while all is quiet, one in so many is shown to
webrtcvad. None of them can be speech; it only learns the line's noise from them, and learns it
from fewer: over conversations on noisy lines 0.07 % of its answers change, no onset moves."""


class Voice(IntEnum):
    """What one call's callee is doing."""

    QUIET = 0
    STARTING = 1
    SPEAKING = 2
    STOPPING = 3


_QUIET: Final = Voice.QUIET
_STARTING: Final = Voice.STARTING
_SPEAKING: Final = Voice.SPEAKING
_STOPPING: Final = Voice.STOPPING


@dataclass(frozen=True, slots=True)
class VadSettings:
    """Counts are frames of 20 ms. Raises ValueError for a count below 1 or an unknown mode."""

    mode: int = 2
    """webrtcvad's aggressiveness: 0 hears everything, 3 only clear speech."""
    quietest: int = 184
    """Frames whose peak is below this are no speech: -45 dBFS, under any telephone talker."""
    start_frames: int = 1
    """More would only add delay: webrtcvad follows one voiced frame with four more by itself."""
    confirm_frames: int = 12
    """240 ms of voice, of which webrtcvad may have added 100 to a shorter sound on a noisy line:
    longer than a click, a knock or a short cough, shorter than a word said to be heard."""
    forget_frames: int = 6
    """120 ms: longer than the closure of a stop consonant."""
    return_frames: int = 3
    stop_frames: int = 25
    """500 ms: a pause for breath within a sentence is shorter."""

    def __post_init__(self) -> None:
        if self.mode not in range(4):
            raise ValueError(f"webrtcvad's mode is 0 to 3, not {self.mode}")
        for field in fields(self):
            if field.name.endswith("_frames") and getattr(self, field.name) < 1:
                raise ValueError(f"{field.name} must be at least 1")


class Hysteresis:
    """The four states of one call; pure, fed one answer a frame."""

    __slots__ = ("_in_row", "_settings", "_voiced", "state")

    def __init__(self, settings: VadSettings) -> None:
        self._settings = settings
        self.state: Voice = Voice.QUIET
        self._voiced = 0
        """Voiced frames since the onset."""
        self._in_row = 0
        """Frames in a row that speak for leaving the state; in STOPPING, see `_stopping`."""

    def hear(self, voiced: bool) -> Voice:  # noqa: FBT001  called for every frame of every call
        """The state after one more frame."""
        state = self.state
        if state is _QUIET:
            if voiced:
                self._in_row += 1
                if self._in_row >= self._settings.start_frames:
                    self._enter(_STARTING, voiced=self._in_row)
                    if self._voiced >= self._settings.confirm_frames:
                        self._enter(_SPEAKING)
            else:
                self._in_row = 0
        elif state is _STARTING:
            self._starting(voiced)
        elif state is _SPEAKING:
            if not voiced:
                # `_voiced` counts voiced frames in a row from here, `_in_row` unvoiced ones.
                self._enter(_STOPPING)
                self._stopping(voiced)
        else:
            self._stopping(voiced)
        return self.state

    def _starting(self, voiced: bool) -> None:  # noqa: FBT001
        if voiced:
            self._in_row = 0
            self._voiced += 1
            if self._voiced >= self._settings.confirm_frames:
                self._enter(_SPEAKING)
        else:
            self._in_row += 1
            if self._in_row >= self._settings.forget_frames:
                self._enter(_QUIET)

    def _stopping(self, voiced: bool) -> None:  # noqa: FBT001
        if voiced:
            self._voiced += 1
            if self._voiced >= self._settings.return_frames:
                self._enter(_SPEAKING)
        else:
            self._voiced = 0
            self._in_row += 1
            if self._in_row >= self._settings.stop_frames:
                self._enter(_QUIET)

    def _enter(self, state: Voice, voiced: int = 0) -> None:
        self.state = state
        self._in_row = 0
        self._voiced = voiced


class Vad:
    """One call's detector: webrtcvad with its noise model, and the states above it."""

    __slots__ = ("_quietest", "_rate", "_samples", "detect", "quiet", "states")

    def __init__(self, settings: VadSettings, rate: int) -> None:
        self._quietest = settings.quietest
        self._rate = rate
        self._samples = frame_samples(rate)
        self.detect: Callable[[memoryview, int, int], bool] = webrtcvad.Vad(settings.mode).is_speech
        """webrtcvad's own answer to (int16 as bytes, rate, samples)."""
        self.states = Hysteresis(settings)
        self.quiet = True
        """Whether one more unvoiced frame changes nothing: no state, no hangover of webrtcvad's."""

    def hear(self, frame: memoryview, peak: int) -> Voice:
        """The state after `frame`, whose greatest absolute sample is `peak`."""
        return self.follow(self.detect(frame, self._rate, self._samples), peak)

    def follow(self, voiced: bool, peak: int) -> Voice:  # noqa: FBT001  as webrtcvad gives it
        """The state after a frame that webrtcvad found `voiced`, or not."""
        voice = self.states.hear(voiced and peak >= self._quietest)
        self.quiet = voice is Voice.QUIET and not voiced
        return voice
