"""An INVITE that drew no reply and was given up, until the line has let go of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from dialer.core.events import (
    Answered,
    DialFailed,
    LocalEnded,
    PeerLost,
    Rejected,
    RemoteHungUp,
)
from dialer.core.outcome import Reason
from dialer.ports import AnyLineEvent

_ENDS: Final = (DialFailed, LocalEnded, PeerLost, Rejected, RemoteHungUp)


class LeftBehind:
    """What the service sees through after the attempt itself is over; ends in True, once.

    The line CANCELs what still rings and hangs up what still answers, by itself
    (`dialer.core.events.CancelWaits`). `answered` is told of that answer: the callee was reached.
    """

    def __init__(self, answered: Callable[[float], None]) -> None:
        self._answered = answered

    def begin(self, _now: float) -> bool | None:
        return None

    def take(self, event: AnyLineEvent, at: float) -> bool | None:
        """Only an answer and the end matter."""
        if isinstance(event, Answered):
            self._answered(at)
        return True if isinstance(event, _ENDS) else None

    def wake(self, _now: float) -> bool | None:
        return None

    def end(self, _reason: Reason, _now: float) -> bool | None:
        """It was told to end already."""
        return None

    def give_up(self, _now: float) -> bool | None:
        return True

    def next_deadline(self) -> float | None:
        """The line itself bounds how long an INVITE lives (RFC 3261 17.1.1.2)."""
        return None
