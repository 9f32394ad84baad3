"""What a running node does for its data besides dialling: watch complaints, destroy old data."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from dialer.clock import WatchedClock
from dialer.errors import DialerError
from dialer.metrics.life import LifeMetrics
from dialer.ports.desks import ComplaintDesk
from dialer.upkeep.destroyer import Destroyer

_log = logging.getLogger(__name__)

COMPLAINTS_EVERY: Final = 30.0
"""Seconds between two looks at the complaints: they are taken down by other processes."""
DESTROY_EVERY: Final = 3600.0
"""Seconds between two looks for data that is over its term."""


class Upkeep:
    """Runs beside the dialling, in the store's own transactions. Whatever fails is tried again."""

    def __init__(
        self,
        destroyer: Destroyer,
        complaints: ComplaintDesk,
        metrics: LifeMetrics,
        node: str,
        clock: WatchedClock,
    ) -> None:
        self._destroyer = destroyer
        self._complaints = complaints
        self._metrics = metrics
        self._node = node
        self._clock = clock

    async def watch_complaints(self) -> None:
        """Tell how the complaints stand, for ever."""
        while True:
            await self.look_at_complaints()
            await asyncio.sleep(COMPLAINTS_EVERY)

    async def destroy_what_is_due(self) -> None:
        """Destroy data that is over its term, for ever."""
        while True:
            await self.destroy_once()
            await asyncio.sleep(DESTROY_EVERY)

    async def look_at_complaints(self) -> None:
        try:
            self._metrics.complaints(await self._complaints.figures(self._clock.utc()))
        except DialerError as error:
            _log.warning("complaints could not be looked at: %s", error)

    async def destroy_once(self) -> None:
        doubt = self._clock.doubt()
        if doubt:
            # The destroyer would go by the time that it should be: a doubt keeps the data.
            self._metrics.not_destroyed()
            _log.warning("nothing was destroyed: %s; set it right, or start anew", doubt)
            return
        try:
            made = await self._destroyer.run(self._node)
            now = self._clock.utc()
            late = sum(term.is_late(now) for term in await self._destroyer.plan())
        except DialerError as error:
            self._metrics.not_destroyed()
            _log.warning("nothing was destroyed: %s", error)
            return
        self._metrics.destroyed(now, late)
        for signed in made:
            done = signed.certificate
            _log.info("destroyed %s: certificate %s", done.matter, done.id)
