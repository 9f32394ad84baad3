"""What the walk of a script tells its session to do, imperative and frozen."""

from __future__ import annotations

from dataclasses import dataclass

from audio.events import BargeInPolicy
from dialer.core.dialog.script import Transfer
from dialer.core.values.outcome import Reason


@dataclass(frozen=True, slots=True)
class Play:
    """Play these without a gap, in place of what is being played.

    Each item is a key of `script.utterances` and what the callee's voice may do to it.
    """

    play_id: int
    items: tuple[tuple[str, BargeInPolicy], ...]


@dataclass(frozen=True, slots=True)
class RecordOptOut:
    """Whom we speak with has refused, now: keep that, and answer with RefusalKept.

    `decides`: however the call ends from here on, this is its outcome, kept or not.
    """

    decides: bool = True


@dataclass(frozen=True, slots=True)
class EndCall:
    """Hang up, for this reason. Comes once, and only RecordOptOut may come after it."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class CallOff:
    """Stop handing the callee over; no TransferFailed is wanted any more."""


@dataclass(frozen=True, slots=True)
class StartRecording:
    """The callee has been told that the call is recorded: from now on it is. Comes once."""


@dataclass(frozen=True, slots=True)
class StopRecording:
    """Record nothing more; `erase` what was, too. May come where nothing is recorded."""

    erase: bool


@dataclass(frozen=True, slots=True)
class OpenComplaint:
    """Whom we speak with complains of us: comes once, before or after their RecordOptOut."""


@dataclass(frozen=True, slots=True)
class CallLater:
    """Whom we speak with asks for a call at another time, and is told that they get one."""


ScriptCommand = (
    Play
    | RecordOptOut
    | EndCall
    | Transfer
    | CallOff
    | StartRecording
    | StopRecording
    | OpenComplaint
    | CallLater
)
"""`Transfer` is the script's own value: hand the callee over, or answer with TransferFailed."""
