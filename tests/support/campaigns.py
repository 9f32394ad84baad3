"""Whole campaigns on the fakes: imported, dialled to their end, and looked at."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from dialer.campaigns.plan import Say
from dialer.campaigns.run import CampaignRun, Summary
from dialer.core.dialog.script import Script
from dialer.core.values.records import Contact, Progress
from dialer.ports.line import Dial
from dialer.testing import Answer, Callee, Reject, ScriptedLine
from tests.support.fast_time import in_fast_time
from tests.support.nodes import Node, plan
from tests.support.store import record, rows

BUSY = Callee(final=Reject(486))
TALKING = Callee(final=Answer(0.2))
"""Hears all of the script: some seventeen seconds."""
RINGING = Callee(final=None)


@dataclass
class Desk:
    """A node and a campaign of `contacts` people on it."""

    node: Node
    contacts: int = 20
    concurrency: int = 100
    prepare: Callable[[Contact], Coroutine[Any, Any, Say]] | None = None
    script: Script | None = None

    def run(
        self,
        meanwhile: Callable[[CampaignRun], Coroutine[Any, Any, None]] | None = None,
        limit: float = 3600,
    ) -> Summary:
        """`dial` in time that jumps, for at most `limit` of its seconds."""
        return in_fast_time(self.node.clock, self.dial(meanwhile), limit)

    async def dial(
        self, meanwhile: Callable[[CampaignRun], Coroutine[Any, Any, None]] | None = None
    ) -> Summary:
        """Import the campaign, dial it to its end, close the node. Raises what the run raised.

        `meanwhile` is what else happens as it runs; it is cancelled at the run's end.
        """
        service = self.node.service
        await service.open()
        try:
            opened = await self.node.store.open_campaign(record(), rows(self.contacts))
            changes = {} if self.prepare is None else {"prepare": self.prepare}
            self.running = self.node.run_of(
                plan(
                    opened.id,
                    concurrency=self.concurrency,
                    fresh=opened.fresh,
                    script=self.script,
                    **changes,
                )
            )
            other = None if meanwhile is None else asyncio.create_task(meanwhile(self.running))
            try:
                return await self.running.run()
            finally:
                if other is not None:
                    other.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await other
        finally:
            await service.close()
            await self.node.store.open()  # to be read

    def progress(self) -> Progress:
        return asyncio.run(self.node.store.progress(1))

    @property
    def dialled(self) -> list[str]:
        return [dial.callee.clear for dial in self.node.scripted.dialled]

    def outcomes(self) -> Counter[str]:
        """How each call of the store ended."""
        return Counter(str(call.outcome) for call in asyncio.run(self.node.store.calls()))


class Watched(ScriptedLine):
    """Keeps, for every dial, when it was and what was live on the line with it."""

    def __init__(self, callee_of: Callable[[Dial], Callee]) -> None:
        super().__init__(callee_of)
        self.times: list[tuple[float, str]] = []
        self.live_then: list[Counter[str]] = []
        self._trunk_of: dict[str, str] = {}

    def dial(self, order: Dial) -> None:
        super().dial(order)
        self._trunk_of[order.attempt] = order.trunk
        self.times.append((self.now(), order.trunk))
        self.live_then.append(Counter(self._trunk_of[attempt] for attempt in self.live))

    def most_in(self, seconds: float, trunk: str) -> int:
        """The most dials on a trunk within any so many seconds."""
        at = [time for time, name in self.times if name == trunk]
        return max(sum(first <= time < first + seconds for time in at) for first in at)
