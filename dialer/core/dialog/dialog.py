"""What is said and heard on a leg once it is up: the seam between a leg's driver and its words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from audio.events import AudioEvent
from dialer.core.dialog.script_commands import Play, ScriptCommand
from dialer.core.values.events import DeadlinePassed, Joined, RefusalKept, TransferFailed


@dataclass(frozen=True, slots=True)
class HangingUp:
    """We are hanging up: nothing that is said from now on is heard at the far side."""


DialogEvent = AudioEvent | Joined | TransferFailed | RefusalKept | HangingUp | DeadlinePassed
"""What a dialog takes."""


class Dialog(Protocol):
    """What is said on one leg, and what comes of what is heard there.

    It ends the leg by EndCall, and knows nothing of how a leg is hung up. Events that mean nothing
    to it are ignored.
    """

    def opening(self) -> Play | None:
        """What is armed on the line before the answer, as `script_run.OPENING`; None: nothing."""
        ...

    def next_deadline(self) -> float | None:
        """The monotonic instant at which a DeadlinePassed is wanted; None: never."""
        ...

    def answered(self, now: float) -> tuple[ScriptCommand, ...]:
        """The leg is up and its far side hears the opening."""
        ...

    def handle(self, event: DialogEvent, now: float) -> tuple[ScriptCommand, ...]:
        """Take one event with its monotonic time, tell what to do."""
        ...


class NoDialog:
    """Of a leg that is joined with another one: nothing is said, nothing is heard."""

    def opening(self) -> None:
        return None

    def next_deadline(self) -> None:
        return None

    def answered(self, _now: float) -> tuple[ScriptCommand, ...]:
        return ()

    def handle(self, _event: DialogEvent, _now: float) -> tuple[ScriptCommand, ...]:
        return ()
