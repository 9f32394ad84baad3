"""What pauses dialing: while it does, no call is launched and no contact loses its turn."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from dialer.clock import WatchedClock
from dialer.core.gate.clock_sanity import CLOCK_SANE
from dialer.core.values.verdict import Deny
from dialer.errors import StoreAwayError
from dialer.metrics.node import Metrics

_log = logging.getLogger(__name__)

STORE_AWAY: Final = "store_away"
"""Pauses the node while its database is away; no rule of the gate's, which cannot be asked then."""
LOOK_EVERY = 1.0
"""Seconds between two looks at the clocks, and until a rule that pauses the node is asked again."""


class DialingPause:
    """The rules that pause this node now, each told once: when it begins, and when it is over."""

    def __init__(self, clock: WatchedClock, metrics: Metrics) -> None:
        self._clock = clock
        self._metrics = metrics
        self._was_doubted = False
        self._paused: dict[str, str] = {}
        self._tell: Callable[[str, str], None] = lambda _rule, _why: None

    def when_changed(self, tell: Callable[[str, str], None]) -> None:
        """Have `tell` called when a rule begins to pause the node, with why; with "" at its end."""
        self._tell = tell

    @property
    def why(self) -> str:
        """The rule that pauses the node; nothing where none does."""
        return next(iter(self._paused), "")

    def clock_doubt(self) -> str:
        """Look at the clocks: what is wrong with the wall clock; nothing where it is sane."""
        doubt = self._clock.doubt()
        if doubt:
            self.begin(Deny(CLOCK_SANE, f"{doubt}; set it right, or start anew if it is right"))
        elif self._was_doubted:
            self.over(CLOCK_SANE)
        self._was_doubted = bool(doubt)
        return doubt

    def begin(self, verdict: Deny) -> None:
        """The gate would launch nothing now, by this rule."""
        if verdict.rule not in self._paused:
            _log.error("no calls are launched (%s): %s", verdict.rule, verdict.why)
            self._metrics.held(verdict.rule, held=True)
            self._tell(verdict.rule, verdict.why)
        self._paused[verdict.rule] = verdict.why

    def away(self, failure: StoreAwayError) -> Deny:
        """The store is away: the verdict on whoever was to be called now."""
        verdict = Deny(STORE_AWAY, str(failure), held=True)
        self.begin(verdict)
        return verdict

    def over(self, rule: str) -> None:
        """The rule allows again."""
        if self._paused.pop(rule, None) is not None:
            _log.info("calls are launched again (%s)", rule)
            self._metrics.held(rule, held=False)
            self._tell(rule, "")

    def all_over(self) -> None:
        """Every rule has allowed an attempt."""
        for rule in list(self._paused):
            self.over(rule)

    async def keep_watching(self) -> None:
        """Look at the clocks for ever, calls or none."""
        while True:
            self.clock_doubt()
            await asyncio.sleep(LOOK_EVERY)
