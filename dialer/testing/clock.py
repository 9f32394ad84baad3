"""Time that a test moves, and timers on it or on the event loop."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Protocol


class Timer(Protocol):
    """One call to come."""

    def cancel(self) -> None:
        """Don't call; a call already made stays made."""
        ...


class Timers(Protocol):
    """Monotonic time, and calls at instants of it."""

    def monotonic(self) -> float:
        """Seconds that only grow."""
        ...

    def call_at(self, when: float, callback: Callable[[], None]) -> Timer:
        """Call `callback` at `when`; soon, but never at once, where that is past."""
        ...


class LoopTimers:
    """The running event loop's own time and timers."""

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    def call_at(self, when: float, callback: Callable[[], None]) -> Timer:
        return asyncio.get_running_loop().call_at(when, callback)


class _FakeTimer:
    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self.callback = None


class FakeClock:
    """A Clock, and Timers, that stand still until `advance`."""

    def __init__(
        self,
        utc: datetime = datetime(2026, 3, 2, 2, 0, tzinfo=UTC),
        monotonic: float = 1000.0,
    ) -> None:
        if utc.utcoffset() is None:
            raise ValueError("utc: an aware instant, please")
        self._utc = utc.astimezone(UTC)
        self._monotonic = monotonic
        self._order = count()
        self._timers: list[tuple[float, int, _FakeTimer]] = []

    def monotonic(self) -> float:
        return self._monotonic

    def steady(self) -> float:
        return self._monotonic

    def utc(self) -> datetime:
        return self._utc

    def call_at(self, when: float, callback: Callable[[], None]) -> Timer:
        timer = _FakeTimer(callback)
        heapq.heappush(self._timers, (when, next(self._order), timer))
        return timer

    def advance(self, seconds: float = 0.0) -> None:
        """Let time pass; every timer due on the way is called, in order, at its own instant.

        Raises ValueError for a span below 0.
        """
        if seconds < 0:
            raise ValueError("monotonic time does not go back; see set_utc")
        end = self._monotonic + seconds
        while self._timers and self._timers[0][0] <= end:
            when, _, timer = heapq.heappop(self._timers)
            self._move(max(when, self._monotonic))
            if timer.callback is not None:
                timer.callback()
        self._move(end)

    def set_utc(self, utc: datetime) -> None:
        """Set the wall clock, as an operator or NTP might: monotonic time does not notice."""
        self._utc = utc.astimezone(UTC)

    def _move(self, to: float) -> None:
        self._utc += timedelta(seconds=to - self._monotonic)
        self._monotonic = to
