"""Keeps the carriers' names looked up while the line is up, and tells what became of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Final

from dialer.sip.names import Directory, Hop, UnresolvedError, Wanted

_log = logging.getLogger(__name__)

_AGAIN: Final = 5.0
"""Seconds until a name that led nowhere, or that nobody knew, is asked for again."""

TellHops = Callable[[str, tuple[Hop, ...]], None]
"""Hears where a trunk's name leads, best first; with no hops it leads nowhere."""


class Reach:
    """Looks after the trunks `wanted`, by name. Runs on the event loop.

    A carrier whose name servers do not answer for a while keeps the hops it had: they are more
    likely to be right than none.
    """

    def __init__(self, directory: Directory, wanted: Mapping[str, Wanted]) -> None:
        self._directory = directory
        self._wanted = wanted
        self._known: dict[str, tuple[Hop, ...]] = {}
        self._lasts: dict[str, float] = {}
        self._failing: dict[str, str] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def first(self) -> dict[str, tuple[Hop, ...]]:
        """Where each leads now, all of them looked up at the same time."""
        await asyncio.gather(*(self._look(trunk) for trunk in self._wanted))
        return dict(self._known)

    def start(self, tell: TellHops) -> None:
        """Look them up anew when what is known has grown old."""
        self._tasks |= {asyncio.create_task(self._keep(trunk, tell)) for trunk in self._wanted}

    def stop(self) -> None:
        for task in self._tasks:
            task.cancel()

    def ask(self, wanted: Wanted, tell: Callable[[tuple[Hop, ...]], None]) -> None:
        """Look up a name that a far side has given, in its Contact; `tell` hears where it leads."""
        task = asyncio.create_task(self._ask(wanted, tell))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask(self, wanted: Wanted, tell: Callable[[tuple[Hop, ...]], None]) -> None:
        try:
            tell((await self._directory.find(wanted)).hops)
        except UnresolvedError:
            tell(())

    async def _keep(self, trunk: str, tell: TellHops) -> None:
        while True:
            await asyncio.sleep(self._lasts[trunk])
            await self._look(trunk)
            tell(trunk, self._known[trunk])

    async def _look(self, trunk: str) -> None:
        wanted = self._wanted[trunk]
        try:
            found = await self._directory.find(wanted)
        except UnresolvedError as error:
            if self._failing.get(trunk) != str(error):
                self._failing[trunk] = str(error)
                _log.warning("trunk %s: host %s not found: %s", trunk, wanted.host, error)
            kept = self._known.get(trunk, ())
            self._known[trunk] = () if error.known else kept
            self._lasts[trunk] = _AGAIN
            return
        if self._failing.pop(trunk, None) is not None:
            _log.info("trunk %s: host %s found", trunk, wanted.host)
        # SRV shuffles by weight each time (RFC 2782), so that the load is shared.
        self._known[trunk], self._lasts[trunk] = found.hops, found.lasts
