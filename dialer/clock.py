"""The clocks of a node. The core never sees them: only the values they give."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from dialer.core.clock_sanity import ClockWatch, Reading
from dialer.ports import Clock


class SystemClock:
    """`dialer.ports.Clock` over the machine's clocks; asyncio's loop runs on the same monotonic."""

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
        return self.read().at

    def read(self) -> Reading:
        """What time it is, and what the wall clock shows."""
        shown = self._clock.utc()
        # Replaced whole, as other threads may ask: whoever comes second has looked as well.
        watch = self._watch = self._watch.look(shown, self._clock.steady())
        return watch.read(shown)

    def doubt(self) -> str:
        """What is wrong with the wall clock now, in words; nothing where it is sane."""
        self.read()
        return self._watch.doubt
