"""INVITEs leave a trunk's door in the order in which they came to it, each trunk by its own."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import cast

import pytest

from dialer.core.trunks.routing import Trunk
from dialer.testing import FakeClock
from dialer.trunks.departures import Departures
from tests.support.fast_time import in_fast_time


class Door:
    """A trunk that lets an INVITE out from `opens` on; until `told`, nobody knows when that is."""

    def __init__(self, clock: FakeClock, opens: float, told: float = 0.0) -> None:
        self.name = f"opens at {opens}"
        self.load = self
        self.left: list[float] = []
        self._clock = clock
        self._began = clock.monotonic()
        self._opens, self._told = self._began + opens, self._began + told

    def next_departure(self, now: float) -> float | None:
        return None if now < self._told else max(now, self._opens)

    def depart(self, now: float) -> None:
        self.left.append(round(now - self._began, 4))


def test_who_came_first_leaves_first_and_no_trunk_waits_for_another() -> None:
    clock = FakeClock()
    departures, busy, free = Departures(clock), Door(clock, 0.012, 0.012), Door(clock, 0.0)
    order: list[str] = []

    async def leave(name: str, after: float, door: Door) -> None:
        await asyncio.sleep(after)
        await departures.depart(cast("Trunk", door), lambda: True)
        order.append(name)

    async def all_leave() -> None:
        # The second comes as the door has opened, between two looks of the first.
        await asyncio.gather(
            leave("first", 0.0, busy), leave("second", 0.013, busy), leave("other", 0.001, free)
        )

    in_fast_time(clock, all_leave(), 1)
    assert order == ["other", "first", "second"]
    assert busy.left == [0.015, 0.015], "looked at every 5 ms"


@pytest.mark.parametrize("opens", [0.0, 0.4, 1.7])
def test_an_instant_that_is_known_is_waited_for_and_not_looked_for(opens: float) -> None:
    clock = FakeClock()
    door = Door(clock, opens)
    looks = SimpleNamespace(count=0)
    look = door.next_departure

    def counting(now: float) -> float | None:
        looks.count += 1
        return look(now)

    door.next_departure = counting  # type: ignore[method-assign]
    in_fast_time(clock, Departures(clock).depart(cast("Trunk", door), lambda: True), 10)
    assert door.left == [pytest.approx(opens, abs=0.002)]
    assert looks.count <= 3
