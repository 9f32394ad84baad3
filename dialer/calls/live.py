"""The node at work: live calls, their timers, and the way of events from the line to each call.

Everything here belongs to the event loop's thread and never blocks it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Protocol, TypeVar

from dialer.calls.outbound import Session
from dialer.calls.pause import DialingPause
from dialer.clock import WatchedClock
from dialer.core.trunks.routing import Trunk
from dialer.core.trunks.trunk_state import StateReason, TrunkState
from dialer.core.values.events import Arrived
from dialer.core.values.outcome import Reason
from dialer.core.values.records import CallEnd
from dialer.errors import DialerError
from dialer.metrics.node import Metrics
from dialer.mqtt.table import Teller
from dialer.ports.line import AnyLineEvent, Line
from dialer.ports.store import Store
from dialer.recordings import CallRecordings
from dialer.trunks.other_nodes import OtherNodes
from dialer.trunks.pool import TrunkPool

_log = logging.getLogger(__name__)

_EXPECTED: Final = {StateReason.STARTING, StateReason.CLOSED}

WhenOver = Callable[[Session, CallEnd], Coroutine[Any, Any, None]]
"""Hears at once of a call's end; what it returns writes the record, before the store is closed."""

End = TypeVar("End")
EndOf_co = TypeVar("EndOf_co", covariant=True)


class Live(Protocol[EndOf_co]):
    """What lives on the line under a name of its own: a call, a second leg, a call that came in.

    Each method returns what it ended in, if it did; that comes exactly once.
    """

    def begin(self, now: float) -> EndOf_co | None: ...
    def take(self, event: AnyLineEvent, at: float) -> EndOf_co | None: ...
    def wake(self, now: float) -> EndOf_co | None: ...
    def end(self, reason: Reason, now: float) -> EndOf_co | None: ...
    def give_up(self, now: float) -> EndOf_co | None: ...
    def next_deadline(self) -> float | None: ...


@dataclass(frozen=True, slots=True)
class _Kept:
    live: Live[Any]
    when_over: Callable[[Any], Coroutine[Any, Any, None]]
    is_call: bool


@dataclass(frozen=True, slots=True)
class Parts:
    """What all that drives calls works with; `dialer.app` puts the real ones together."""

    node: str
    store: Store
    line: Line
    clock: WatchedClock
    metrics: Metrics
    teller: Teller


class LiveCalls:
    """The live calls of this node.

    `open` takes the store, closes what a killed process left, and brings the line up; `close`
    lets go of all. Between them `add` gives a session life. Without `recordings` no call is
    recorded.
    """

    def __init__(
        self, parts: Parts, pool: TrunkPool, recordings: CallRecordings | None = None
    ) -> None:
        self.parts = parts
        self.pool = pool
        self.rates = pool.rates
        self.other_nodes = OtherNodes(pool.rates, parts.store, parts.clock, parts.node)
        self.recordings = recordings
        self.pause = DialingPause(parts.clock, parts.metrics)
        self.cut_short = 0
        """Calls that an earlier process left unfinished, closed at `open`."""
        self._kept: dict[str, _Kept] = {}
        self._trunk_states: dict[str, TrunkState] = {}
        self._calls = 0
        self._timers: dict[str, tuple[float, asyncio.TimerHandle]] = {}
        self._records: set[asyncio.Task[Any]] = set()
        self._when_somebody_calls: Callable[[str, float, Arrived], None] | None = None
        self._farewells: list[Callable[[], Awaitable[None]]] = []

    async def open(self) -> None:
        """Raises StoreError or LineError, saying what to do, where the node cannot work."""
        await self.parts.store.open()
        try:
            utc = self.parts.clock.utc()
            self.cut_short = await self.parts.store.recover(self.parts.node, utc)
            if self.recordings is not None:
                await self.recordings.recover()
            await self.other_nodes.begin()
            self.parts.line.watch_trunks(self._on_trunk)
            await self.parts.line.start(self._on_event)
            for state in self.parts.line.trunk_states():
                self._on_trunk(state)
        except BaseException:
            await self.parts.store.close()
            raise

    async def close(self) -> None:
        """End what still lives, write its records, then let go of line and store."""
        self.parts.store.stop_waiting()
        try:
            self.end_all(Reason.DRAINED)
            await self.parts.line.close()
            self.give_up_all()
            while self._records:
                await asyncio.gather(*self._records, return_exceptions=True)
        finally:
            for _, timer in self._timers.values():
                timer.cancel()
            self._timers.clear()
            for farewell in self._farewells:
                try:
                    await farewell()
                except DialerError as error:
                    _log.warning("%s", error)
            await self.parts.store.close()

    def before_the_store_closes(self, farewell: Callable[[], Awaitable[None]]) -> None:
        """Have `farewell` awaited when every call has its record and nothing more will come."""
        self._farewells.append(farewell)

    @property
    def live(self) -> int:
        """Calls between their commit and their end; second legs and calls that came in are none."""
        return self._calls

    def add(self, session: Session, when_over: WhenOver) -> None:
        """Send the session's INVITE and see it through; `when_over` is called once."""

        def over(end: CallEnd) -> Coroutine[Any, Any, None]:
            return when_over(session, end)

        self._calls += 1
        self._keep(session.order.attempt, _Kept(session, over, is_call=True))

    def attend(
        self, name: str, live: Live[End], when_over: Callable[[End], Coroutine[Any, Any, None]]
    ) -> None:
        """See through what is no call of a campaign, but lives on the line as one."""
        self._keep(name, _Kept(live, when_over, is_call=False))

    def act(self, name: str, what: Callable[[float], object]) -> None:
        """Do something to what lives under `name`, at the present instant, and see to its end."""
        kept = self._kept.get(name)
        if kept is not None:
            self._after(name, kept, what(self.parts.clock.monotonic()))

    def see_through(self, record: Coroutine[Any, Any, End]) -> asyncio.Task[End]:
        """Run what must be done before the store is closed."""
        task = asyncio.get_running_loop().create_task(record)
        self._records.add(task)
        task.add_done_callback(self._records.discard)
        return task

    def end_all(self, reason: Reason) -> None:
        """Ask every live call to end."""
        now = self.parts.clock.monotonic()
        for name, kept in list(self._kept.items()):
            self._after(name, kept, kept.live.end(reason, now))

    def give_up_all(self) -> None:
        """Have every call that was told to end be over, though the line does not say so."""
        now = self.parts.clock.monotonic()
        for name, kept in list(self._kept.items()):
            self._after(name, kept, kept.live.give_up(now))

    def wall(self, monotonic: float) -> datetime:
        """The UTC time of a monotonic instant."""
        clock = self.parts.clock
        return clock.utc() - timedelta(seconds=clock.monotonic() - monotonic)

    def rest(self, trunk: Trunk, seconds: float) -> None:
        """Send no call over `trunk` for so long, as its 503 asks."""
        self._tell_rest(trunk.name, self.pool.rest(trunk, seconds))

    def _tell_rest(self, trunk: str, until: datetime) -> None:
        self.parts.metrics.trunk_rests(trunk, until)
        state, now = self._trunk_states.get(trunk), self.parts.clock.utc()
        if state is not None:
            rests_until = until if until > now else None
            self.parts.teller.trunk_changed(now, state, self.wall(state.since), rests_until)

    def _on_trunk(self, state: TrunkState) -> None:
        known = self._trunk_states.get(state.name)
        self._trunk_states[state.name] = state
        if self.pool.well(state.name, state.well_at):
            self._tell_rest(state.name, self.parts.clock.utc())
        if known is not None and replace(state, well_at=known.well_at) == known:
            return  # answered as before: that is no news
        since = self.wall(state.since)
        self.parts.metrics.trunk_changed(state, since)
        rests_until = self.pool.rests_until(state.name)
        self.parts.teller.trunk_changed(self.parts.clock.utc(), state, since, rests_until)
        _log.log(
            logging.INFO if state.up or state.why in _EXPECTED else logging.WARNING,
            "trunk %s is %s: %s",
            state.name,
            "up" if state.up else "down",
            state.reason,
        )
        self.pool.set_usable(state.name, usable=state.up)

    def when_somebody_calls(self, listener: Callable[[str, float, Arrived], None]) -> None:
        """Have `listener` told of calls that come in; without one they are turned away."""
        self._when_somebody_calls = listener

    def _on_event(self, attempt: str, at: float, event: AnyLineEvent) -> None:
        if isinstance(event, Arrived):
            if self._when_somebody_calls is None:
                self.parts.line.turn_away(attempt, 480)
            else:
                self._when_somebody_calls(attempt, at, event)
            return
        kept = self._kept.get(attempt)
        if kept is not None:
            self._after(attempt, kept, kept.live.take(event, at))

    def _keep(self, name: str, kept: _Kept) -> None:
        self._kept[name] = kept
        self._after(name, kept, kept.live.begin(self.parts.clock.monotonic()))

    def _after(self, name: str, kept: _Kept, end: object) -> None:
        """Tell of the end, or see to the next deadline."""
        if self._kept.get(name) is not kept:
            return  # it ended while it was being told something else
        if end is None:
            self._set_timer(name, kept.live.next_deadline())
            return
        self._set_timer(name, None)
        del self._kept[name]
        self._calls -= kept.is_call
        self.see_through(kept.when_over(end))

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

    def _wake(self, name: str) -> None:
        self._timers.pop(name, None)
        kept = self._kept.get(name)
        if kept is not None:
            self._after(name, kept, kept.live.wake(self.parts.clock.monotonic()))
