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

from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Final

import webrtcvad

from audio.format import frame_samples


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
    confirm_frames: int = 10
    """200 ms of voice: longer than a click or most coughs, shorter than "no"."""
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
    """One call's detector: keeps webrtcvad's noise model and the states."""

    __slots__ = ("_detector", "_quietest", "_rate", "_samples", "_states", "lingering")

    def __init__(self, settings: VadSettings, rate: int) -> None:
        self._detector = webrtcvad.Vad(settings.mode)
        self._quietest = settings.quietest
        self._rate = rate
        self._samples = frame_samples(rate)
        self._states = Hysteresis(settings)
        self.lingering = False
        """Whether webrtcvad called the last frame voiced: it may still count down its own
        hangover, so even zeros must be shown to it then. Else it learns nothing from zeros."""

    @property
    def state(self) -> Voice:
        return self._states.state

    def hear(self, frame: memoryview, peak: int) -> Voice:
        """The state after `frame` (int16 as bytes), whose greatest absolute sample is `peak`."""
        if peak > 0 or self.lingering:
            self.lingering = self._detector.is_speech(frame, self._rate, self._samples)
        return self._states.hear(self.lingering and peak >= self._quietest)
