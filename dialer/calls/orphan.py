"""An INVITE that drew no reply and was given up, until the line has let go of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from dialer.core.values.events import (
    Answered,
    DialFailed,
    LocalEnded,
    PeerLost,
    Rejected,
    RemoteHungUp,
    Unread,
)
from dialer.core.values.outcome import Reason
from dialer.ports.line import AnyLineEvent

LONGEST: Final = 96.0
"""Seconds after which it is over whatever the line says: 64*T1 each for INVITE, CANCEL and BYE
(RFC 3261 17.1.1.2, 9.1, 17.1.2.2)."""

_ENDS: Final = (DialFailed, LocalEnded, PeerLost, Rejected, RemoteHungUp)


class LeftBehind:
    """What the service sees through after the attempt itself is over; ends in True, once.

    The line CANCELs what still rings and hangs up what still answers, by itself
    (`core.values.events.CancelWaits`). `answered` is told of that answer: the callee was reached.
    """

    def __init__(self, answered: Callable[[float], None]) -> None:
        self._answered = answered
        self._over_at = 0.0
        self._told = False

    def begin(self, now: float) -> bool | None:
        self._over_at = now + LONGEST
        return None

    def take(self, event: AnyLineEvent, at: float) -> bool | None:
        """Only an answer and the end matter."""
        reached = isinstance(event, Answered) or (
            # It may have been the answer, and is repeated.
            isinstance(event, Unread) and 200 <= event.code < 300
        )
        if reached and not self._told:
            self._told = True
            self._answered(at)
        return True if isinstance(event, _ENDS) else None

    def wake(self, now: float) -> bool | None:
        return True if now >= self._over_at else None

    def end(self, _reason: Reason, _now: float) -> bool | None:
        """It was told to end already."""
        return None

    def give_up(self, _now: float) -> bool | None:
        return True

    def next_deadline(self) -> float | None:
        return self._over_at
