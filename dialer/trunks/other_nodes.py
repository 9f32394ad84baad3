"""What the attempts on record say of the trunks: at the start, and of other nodes while we run.

A node that dials little would otherwise find out by itself, call by call, what the others know.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import Final

from dialer.core.trunks.past_attempts import settled
from dialer.errors import DialerError
from dialer.ports.clock import Clock
from dialer.ports.store import Store
from dialer.trunks.connect_rates import MOST_PAST, ConnectRates

_log = logging.getLogger(__name__)

LOOK_EVERY: Final = 10.0
"""Seconds between two looks at what other nodes have put on record."""
OVERLAP: Final = timedelta(seconds=10)
"""So much later may a commit be seen, or another node's clock be behind."""


class OtherNodes:
    """Tells the connect rates of attempts that this process did not make, each once."""

    def __init__(self, rates: ConnectRates, store: Store, clock: Clock, node: str) -> None:
        self._rates = rates
        self._store = store
        self._clock = clock
        self._node = node
        self._since = clock.utc() - rates.looks_back
        self._taken: frozenset[str] = frozenset()

    async def begin(self) -> None:
        """Take what is on record of the time before this process. Raises StoreError."""
        now = self._clock.utc()
        self._since = now - self._rates.looks_back
        past = await self._store.past_attempts(self._since, MOST_PAST)
        theirs = await self._store.past_attempts(self._since, MOST_PAST, but_of=self._node)
        known, until = settled(theirs, now)
        # What lives on another node is counted once it has ended: here nobody would tell of it.
        later = {each.attempt for each in theirs} - {each.attempt for each in known}
        self._rates.rebuild(
            each for each in past if each.outcome is not None and each.attempt not in later
        )
        self._taken, self._since = frozenset(each.attempt for each in known), until - OVERLAP

    async def look(self) -> None:
        """Count what has ended on other nodes since the last look. Raises StoreError."""
        now = self._clock.utc()
        past = await self._store.past_attempts(self._since, MOST_PAST, but_of=self._node)
        known, until = settled(past, now)
        self._rates.take_in(each for each in known if each.attempt not in self._taken)
        self._taken, self._since = frozenset(each.attempt for each in known), until - OVERLAP

    async def keep_looking(self) -> None:
        """Look every few seconds, until cancelled; a store that is away is looked at later."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                await self.look()
            except DialerError as failure:
                _log.warning("the connect rates of other nodes are not known: %s", failure)
