"""The clocks of a node. The core never sees them: only the values they give."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from dialer.core.gate.clock_sanity import ClockWatch, Reading
from dialer.ports.clock import Clock


class SystemClock:
    """`ports.clock.Clock` over the machine's clocks; asyncio's loop runs on the same monotonic."""

    def monotonic(self) -> float:
        return time.monotonic()

    def steady(self) -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def utc(self) -> datetime:
        return datetime.now(UTC)


class WatchedClock:
    """A clock whose `utc` goes on as it went when somebody sets the wall clock.

    So all that the node puts on record meanwhile keeps its order, and no span comes out wrong. That
    the wall clock is in doubt is for `doubt` to say: nothing is launched then.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._watch = ClockWatch.begin(clock.utc(), clock.steady())

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def steady(self) -> float:
        return self._clock.steady()

    def utc(self) -> datetime:
        return self._watch.believed(self._clock.utc(), self._clock.steady())

    def read(self) -> Reading:
        """What time it is, and what the wall clock shows."""
        shown = self._clock.utc()
        return Reading(self._watch.believed(shown, self._clock.steady()), shown)

    def doubt(self) -> str:
        """Look at the clocks: what is wrong with the wall clock; nothing where it is sane.

        To be called every second or so: a wall clock that is put right little by little is
        followed from look to look.
        """
        # Replaced whole, as other threads may ask for the time.
        self._watch = self._watch.look(self._clock.utc(), self._clock.steady())
        return self._watch.doubt
