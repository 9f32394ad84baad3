"""How many calls to launch now.

Launches keep an even pace: the calls per second that the trunks allow together are spread over
the second instead of leaving at its start. Carriers count in windows shorter than a second, and
a hundred INVITEs in one tick delay the answers of the calls that are up.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from dialer.core.trunks.trunk import TrunkLoad

CATCH_UP: Final = 0.05
"""Seconds by which a wake-up may be late and its launches still be made good, at once.

Who comes later than that was not late but idle, and starts anew with one launch.
"""


class Pacer:
    """The pace of one campaign: at most `concurrency` calls live, over the `trunks` that carry.

    Each trunk keeps its own limits; the pacer only spreads. `use` tells it which carry from now
    on. Raises ValueError for a concurrency below 1 or no trunk. `now` is monotonic seconds.
    """

    def __init__(self, concurrency: int, trunks: Sequence[TrunkLoad]) -> None:
        if concurrency < 1:
            raise ValueError("concurrency: at least 1")
        self._concurrency = concurrency
        self._next_slot = -math.inf
        self.use(trunks)

    def use(self, trunks: Sequence[TrunkLoad]) -> None:
        """These carry from now on: the pace is theirs together. Raises ValueError for none."""
        if not trunks:
            raise ValueError("no trunk to launch on")
        self._trunks = tuple(trunks)
        rate = sum(trunk.rate for trunk in self._trunks)
        # Without a share of any trunk nothing is due, at whatever pace.
        self._gap = 1.0 / rate if rate > 0 else 1.0

    @property
    def next_slot(self) -> float:
        """Before this instant nothing is due, whichever trunks carry."""
        return self._next_slot

    def due(self, now: float, live: int) -> int:
        """How many calls to launch at this instant, `live` being the calls that have not ended."""
        if now < self._next_slot:
            return 0
        behind = now - self._next_slot
        slots = 1 if behind > CATCH_UP else 1 + math.floor(behind / self._gap)
        room = sum(trunk.room(now) for trunk in self._trunks)
        return max(0, min(slots, self._concurrency - live, room))

    def launched(self, now: float) -> None:
        """One call was launched: its slot is used up."""
        slot = self._next_slot if now - self._next_slot <= CATCH_UP else now
        self._next_slot = slot + self._gap

    def next_launch(self, now: float, live: int) -> float | None:
        """The earliest instant, `now` or later, at which a call is due, if nothing else happens.

        None while as many calls are live as may be, or every channel is in use: a call must end
        first.
        """
        if live >= self._concurrency:
            return None
        free = [at for trunk in self._trunks if (at := trunk.next_free(now)) is not None]
        return max(min(free), self._next_slot) if free else None
