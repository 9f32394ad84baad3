"""The node at work: live calls, their timers, and the way of events from the line to each call.

Everything here belongs to the event loop's thread and never blocks it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from dialer.core.call import CallLimits
from dialer.core.compliance import Gate
from dialer.core.outcome import Reason
from dialer.core.records import CallEnd
from dialer.core.routing import Trunk
from dialer.core.trunk_state import TrunkState, Why
from dialer.metrics import Metrics
from dialer.mqtt_table import Teller
from dialer.ports import AnyLineEvent, Clock, Line, Store
from dialer.session import Session

_log = logging.getLogger(__name__)

_EXPECTED: Final = {Why.STARTING, Why.CLOSED}

WhenOver = Callable[[Session, CallEnd], Coroutine[Any, Any, None]]
"""Hears at once of a call's end; what it returns writes the record, before the store is closed."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a node works with; `dialer.app` puts the real ones together, tests the fakes."""

    node: str
    store: Store
    line: Line
    clock: Clock
    gate: Gate
    trunks: Sequence[Trunk]
    limits: CallLimits
    drain_limit: float
    """Seconds that live calls may go on after a drain was asked for."""
    metrics: Metrics
    teller: Teller


class Service:
    """The live calls of this node.

    `open` takes the store, closes what a killed process left, and brings the line up; `close`
    lets go of all. Between them `add` gives a session life.
    """

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.cut_short = 0
        """Calls that an earlier process left unfinished, closed at `open`."""
        self._sessions: dict[str, tuple[Session, WhenOver]] = {}
        self._timers: dict[str, tuple[float, asyncio.TimerHandle]] = {}
        self._records: set[asyncio.Task[None]] = set()
        self._loads = {trunk.name: trunk.load for trunk in parts.trunks}
        self._when_trunks_change: list[Callable[[], None]] = []

    async def open(self) -> None:
        """Raises StoreError or LineError, saying what to do, where the node cannot work."""
        await self.parts.store.open()
        try:
            self.cut_short = await self.parts.store.recover(self.parts.node, self.parts.clock.utc())
            self.parts.line.watch_trunks(self._on_trunk)
            await self.parts.line.start(self._on_event)
            for state in self.parts.line.trunk_states():
                self._on_trunk(state)
        except BaseException:
            await self.parts.store.close()
            raise

    async def close(self) -> None:
        """End what still lives, write its records, then let go of line and store."""
        try:
            self.end_all(Reason.DRAINED)
            await self.parts.line.close()
            self.give_up_all()
            await asyncio.gather(*self._records, return_exceptions=True)
        finally:
            for _, timer in self._timers.values():
                timer.cancel()
            self._timers.clear()
            await self.parts.store.close()

    @property
    def live(self) -> int:
        """Calls between their commit and their end."""
        return len(self._sessions)

    def when_trunks_change(self, listener: Callable[[], None]) -> None:
        """Have `listener` called when a trunk has become usable, or is no longer."""
        self._when_trunks_change.append(listener)

    def add(self, session: Session, when_over: WhenOver) -> None:
        """Send the session's INVITE and see it through; `when_over` is called once."""
        attempt = session.order.attempt
        self._sessions[attempt] = (session, when_over)
        self._after(attempt, session, session.begin(self.parts.clock.monotonic()))

    def end_all(self, reason: Reason) -> None:
        """Ask every live call to end."""
        now = self.parts.clock.monotonic()
        for attempt, (session, _) in list(self._sessions.items()):
            self._after(attempt, session, session.end(reason, now))

    def give_up_all(self) -> None:
        """Have every call that was told to end be over, though the line does not say so."""
        now = self.parts.clock.monotonic()
        for attempt, (session, _) in list(self._sessions.items()):
            self._after(attempt, session, session.give_up(now))

    def wall(self, monotonic: float) -> datetime:
        """The UTC time of a monotonic instant."""
        clock = self.parts.clock
        return clock.utc() - timedelta(seconds=clock.monotonic() - monotonic)

    def _on_trunk(self, state: TrunkState) -> None:
        since = self.wall(state.since)
        self.parts.metrics.trunk_changed(state, since)
        self.parts.teller.trunk_changed(self.parts.clock.utc(), state, since)
        _log.log(
            logging.INFO if state.up or state.why in _EXPECTED else logging.WARNING,
            "trunk %s is %s: %s",
            state.name,
            "up" if state.up else "down",
            state.reason,
        )
        load = self._loads.get(state.name)
        if load is not None and load.usable is not state.up:
            load.usable = state.up
            for listener in self._when_trunks_change:
                listener()

    def _on_event(self, attempt: str, at: float, event: AnyLineEvent) -> None:
        found = self._sessions.get(attempt)
        if found is not None:
            session, _ = found
            self._after(attempt, session, session.take(event, at))

    def _after(self, attempt: str, session: Session, end: CallEnd | None) -> None:
        """Tell of the end, or see to the next deadline."""
        if end is None:
            self._set_timer(attempt, session.next_deadline())
            return
        self._set_timer(attempt, None)
        _, when_over = self._sessions.pop(attempt)
        record = asyncio.get_running_loop().create_task(when_over(session, end))
        self._records.add(record)
        record.add_done_callback(self._records.discard)

    def _set_timer(self, attempt: str, deadline: float | None) -> None:
        before = self._timers.get(attempt)
        if before is not None:
            if before[0] == deadline:
                return
            before[1].cancel()
            del self._timers[attempt]
        if deadline is not None:
            delay = max(0.0, deadline - self.parts.clock.monotonic())
            timer = asyncio.get_running_loop().call_later(delay, self._wake, attempt)
            self._timers[attempt] = (deadline, timer)

    def _wake(self, attempt: str) -> None:
        self._timers.pop(attempt, None)
        found = self._sessions.get(attempt)
        if found is not None:
            session, _ = found
            self._after(attempt, session, session.wake(self.parts.clock.monotonic()))
