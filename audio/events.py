"""What the tick tells the rest of the house, past tense and frozen.

`handle` is the native bridge's name of a call's port: a positive int that is never given to a
second call. `at` is `time.monotonic()` seconds at which the deciding frame was taken.
This module imports nothing but the standard library: `dialer.core` may use it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class BargeInPolicy(Enum):
    """What the callee's voice may do to a prompt."""

    PROTECTED = "protected"
    """Nothing: the identity notice is heard to its end, at full volume."""
    DUCK = "duck"
    """The prompt goes quiet while the callee speaks, and comes back; it is never stopped."""
    STOP = "stop"
    """Ducked at onset, stopped when speech is confirmed, back from where it was after a cough."""


@dataclass(frozen=True, slots=True)
class PlaybackStarted:
    """The first frame of playback `play_id` was handed to the RTP stream."""

    handle: int
    at: float
    play_id: int


@dataclass(frozen=True, slots=True)
class ItemPlayed:
    """The last frame of item `item`, from 0, of playback `play_id` was handed to the RTP stream.

    Told once for each item that was played to its end, before the PlaybackDone of a whole list.
    """

    handle: int
    at: float
    play_id: int
    item: int


@dataclass(frozen=True, slots=True)
class PlaybackDone:
    """Playback `play_id` is over. `completed` is False where it was stopped or replaced.

    `sample` is how far into the whole playlist it got, in samples of the bridge's rate.
    """

    handle: int
    at: float
    play_id: int
    sample: int
    completed: bool


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Speech was confirmed; `onset` is the monotonic time of its first frame."""

    handle: int
    at: float
    onset: float


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """The callee fell silent after `duration` seconds of confirmed speech."""

    handle: int
    at: float
    duration: float


@dataclass(frozen=True, slots=True)
class BargeIn:
    """Confirmed speech stopped a prompt at `sample` of its playlist.

    `onset` is that of SpeechStarted, which is told first.
    """

    handle: int
    at: float
    onset: float
    play_id: int
    sample: int


@dataclass(frozen=True, slots=True)
class FalseAlarm:
    """A sound too short for speech had ducked the prompt; it goes on from where it was."""

    handle: int
    at: float
    play_id: int


@dataclass(frozen=True, slots=True)
class DtmfReceived:
    """One key of the callee's: `digit` is one of 0-9 * # A-D, by RFC 4733, SIP INFO or in band."""

    handle: int
    at: float
    digit: str


@dataclass(frozen=True, slots=True)
class WordsHeard:
    """What the recogniser made of one turn of the callee's, from its SpeechStarted's `onset`.

    `text` is as the recogniser wrote it; empty where it understood nothing, came too late or is
    away. A turn has any number of partial results, each in place of the one before, and one that is
    `final`, after its SpeechEnded. `confidence` is from 0 to 1; None where the recogniser has none.
    """

    handle: int
    at: float
    onset: float
    text: str
    final: bool
    confidence: float | None = None


AudioEvent = (
    PlaybackStarted
    | ItemPlayed
    | PlaybackDone
    | SpeechStarted
    | SpeechEnded
    | BargeIn
    | FalseAlarm
    | DtmfReceived
    | WordsHeard
)
