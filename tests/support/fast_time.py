"""An event loop in which waiting costs nothing: with nothing to do, time jumps to the next timer.

Everything on such a loop must wait for timers alone: what threads and sockets do comes at no
instant of this time.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

from dialer.testing import FakeClock

Result = TypeVar("Result")


def in_fast_time(clock: FakeClock, work: Coroutine[Any, Any, Result], limit: float) -> Result:
    """Run `work` on a loop whose time is `clock`'s; TimeoutError after `limit` of its seconds.

    AssertionError where nothing will ever happen again, yet `work` is not done.
    """

    async def bounded() -> Result:
        async with asyncio.timeout(limit):
            return await work

    with fast_runner(clock) as runner:
        return runner.run(bounded())


def fast_runner(clock: FakeClock) -> asyncio.Runner:
    """For work in many pieces on one such loop."""
    return asyncio.Runner(loop_factory=lambda: _FastLoop(clock))


class _FastLoop(asyncio.SelectorEventLoop):
    def __init__(self, clock: FakeClock) -> None:
        self._fake_clock = clock
        super().__init__(_Jumping(clock))

    def time(self) -> float:
        return self._fake_clock.monotonic()


class _Jumping(selectors.SelectSelector):
    """Never sleeps."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            assert timeout is not None, "nothing will ever happen again"
            self._clock.advance(max(0.0, timeout))
        return ready
