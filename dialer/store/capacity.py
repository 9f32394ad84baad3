"""The node's part of every trunk, held by lease: renewed each second, given up before it ends.

Beside it the nodes that died are found, and what they left is closed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Final

from dialer.core.trunks.shares import NOTHING, Capacity, TrunkShare, fair
from dialer.core.trunks.trunk import TrunkLoad
from dialer.errors import StoreAwayError, StoreError
from dialer.store.link import Link
from dialer.store.membership import LEASE, Others
from dialer.store.postgres import PostgresDatabase

_log = logging.getLogger(__name__)

EVERY: Final = 1.0
"""Seconds between two renewals."""
_SAFE: Final = LEASE - 1.5
"""Seconds after the beginning of a renewal for which its shares are used."""


class SharedCapacity:
    """Sees to what the trunks' `loads` may carry while other nodes share them.

    `bury` closes what a dead node left, `changed` hears when a trunk may have room that it had
    not. Belongs to the event loop.
    """

    def __init__(
        self,
        database: PostgresDatabase,
        loads: Mapping[str, TrunkLoad],
        bury: Callable[[str], Awaitable[None]],
        changed: Callable[[], None],
    ) -> None:
        self._database = database
        self._loads = loads
        self._bury = bury
        self._changed = changed
        self._shares = {
            name: TrunkShare(Capacity(load.limits.channels, load.limits.cps))
            for name, load in loads.items()
        }
        self._link = Link(database, database.keeper)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store-lease")
        self._keeping: asyncio.Task[None] | None = None
        self._lapse: asyncio.TimerHandle | None = None
        self._is_away = False
        for load in loads.values():
            load.allow(NOTHING)

    async def start(self) -> None:
        """The first round. Raises StoreError."""
        await self._round()
        self._keeping = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait([self._keeping])
        if self._lapse is not None:
            self._lapse.cancel()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._link.close)
        self._thread.shutdown()

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            try:
                await self._round()
            except StoreError as error:
                self._say(error)
            else:
                self._is_away = False

    def _say(self, error: StoreError) -> None:
        """Once for each time that it goes wrong; the shares end with the lease."""
        if not self._is_away:
            self._is_away = True
            _log.error("this node's part of the trunks is not renewed: %s", error)

    async def _round(self) -> None:
        began = monotonic()
        in_use = {name: load.in_use for name, load in self._loads.items()}
        loop = asyncio.get_running_loop()
        allowed, others = await loop.run_in_executor(self._thread, self._agree, in_use, began)
        self._allow(allowed)
        if self._lapse is not None:
            self._lapse.cancel()
        self._lapse = loop.call_later(began + _SAFE - monotonic(), self._lapsed)
        for dead in others.dead:
            try:
                await self._bury(dead)
            except StoreAwayError:
                return

    def _agree(self, in_use: Mapping[str, int], now: float) -> tuple[dict[str, Capacity], Others]:
        """One round with the other nodes, on the thread of the lease."""
        membership = self._database.membership
        if membership is None:
            raise StoreError("the store is not open for writing")
        try:
            connection = self._link.connection()
            with connection.begin():
                others = membership.renew(connection)
                allowed: dict[str, Capacity] = {}
                said: dict[str, Capacity] = {}
                for name, share in self._shares.items():
                    due = fair(share.whole, others.alive, membership.node, others.at)
                    theirs = others.shares.get(name, ())
                    allowed[name], said[name] = share.plan(due, theirs, in_use[name], now)
                membership.say(connection, said)
        except self._database.refusals as error:
            self._link.undo()
            raise self._database.explain(error) from None
        return allowed, others

    def _allow(self, allowed: Mapping[str, Capacity]) -> None:
        now = monotonic()
        grown = False
        for name, what in allowed.items():
            share = self._shares[name]
            before = share.allowed
            grown |= what.channels > before.channels or what.cps > before.cps
            share.allow(what, now)
            self._loads[name].allow(what)
        if grown:
            self._changed()

    def _lapsed(self) -> None:
        """The lease may end: others may take what was this node's."""
        self._allow(dict.fromkeys(self._shares, NOTHING))
