"""The door of each trunk: INVITEs leave it in the order of their commits, no faster than it may."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from typing import Final

from dialer.core.trunks.routing import Trunk
from dialer.ports.clock import Clock

LOOK_AGAIN: Final = 0.005
"""Seconds between two looks at a trunk whose INVITEs are all on their way to the wire."""


class Departures:
    """One for all that dials on this node."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._doors: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def depart(self, trunk: Trunk, wanted: Callable[[], bool]) -> bool:
        """Wait until the INVITE of a seizure may leave; it was made ahead, so that is soon.

        False where it was no longer `wanted` by then.
        """
        async with self._doors[trunk.name]:
            while wanted():
                now = self._clock.monotonic()
                at = trunk.load.next_departure(now)
                if at is not None and at <= now:
                    trunk.load.depart(now)
                    return True
                await asyncio.sleep(LOOK_AGAIN if at is None else max(0.001, at - now))
        return False
