from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from dialer.testing import FakeClock, LoopTimers


def test_time_stands_still_until_it_is_moved() -> None:
    clock = FakeClock(monotonic=5.0)
    started = clock.utc()
    clock.advance(2.5)
    assert clock.monotonic() == 7.5
    assert clock.utc() == started + timedelta(seconds=2.5)
    with pytest.raises(ValueError, match="does not go back"):
        clock.advance(-1)


def test_timers_run_in_order_each_at_its_own_instant() -> None:
    clock = FakeClock(monotonic=0.0)
    ran: list[tuple[str, float]] = []

    def first() -> None:
        ran.append(("first", clock.monotonic()))
        clock.call_at(2.0, lambda: ran.append(("made on the way", clock.monotonic())))

    clock.call_at(3.0, lambda: ran.append(("last", clock.monotonic())))
    clock.call_at(1.0, first)
    clock.call_at(1.0, lambda: ran.append(("second", clock.monotonic())))
    clock.call_at(2.5, lambda: ran.append(("cancelled", 0.0))).cancel()
    clock.advance(2.75)
    assert ran == [("first", 1.0), ("second", 1.0), ("made on the way", 2.0)]
    clock.advance(0.25)
    assert ran[-1] == ("last", 3.0)


def test_a_timer_in_the_past_runs_soon_but_not_at_once() -> None:
    clock = FakeClock(monotonic=10.0)
    ran: list[float] = []
    clock.call_at(1.0, lambda: ran.append(clock.monotonic()))
    assert ran == []
    clock.advance()
    assert ran == [10.0]


def test_the_wall_clock_can_be_set_without_moving_time() -> None:
    clock = FakeClock(monotonic=10.0)
    clock.set_utc(datetime(2020, 1, 1, tzinfo=UTC))
    assert clock.monotonic() == 10.0
    clock.advance(1)
    assert clock.utc() == datetime(2020, 1, 1, 0, 0, 1, tzinfo=UTC)
    with pytest.raises(ValueError, match="aware"):
        FakeClock(utc=datetime(2020, 1, 1))  # noqa: DTZ001 - that is the point


async def test_timers_of_the_loop_call_on_the_loop() -> None:
    timers = LoopTimers()
    called = asyncio.Event()
    timers.call_at(timers.monotonic() + 0.01, called.set)
    timers.call_at(timers.monotonic(), called.clear).cancel()
    async with asyncio.timeout(5):
        await called.wait()
