"""The service: timers of live calls, the way of events to them, and how it opens and closes."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import datetime
from typing import Any

import pytest

from audio.events import ItemPlayed
from dialer.calls.observer import Observer
from dialer.calls.outbound import Outside, Session, outbound_leg
from dialer.core.calls.call import CallLimits
from dialer.core.dialog.notice_watch import TELLING
from dialer.core.values.events import Answered, Progressed, RemoteHungUp
from dialer.core.values.outcome import Outcome, Reason
from dialer.core.values.records import CallEnd
from dialer.errors import LineError, StoreError
from dialer.ports.line import LineSink
from dialer.testing import Answer, Callee, MemoryStore, OnCancel, ScriptedLine
from tests.support.fast_time import in_fast_time
from tests.support.nodes import NODE, Node, prompt
from tests.support.orders import contact, order
from tests.support.scripts import renewal
from tests.support.store import allow, begin, claim_one

SILENT = Callee(rings_after=None, final=None)
"""Never a word: only the tests' own events come, and timers."""
LIMITS = CallLimits(no_progress=4, ring=20, talk=60, cancel_grace=10, bye_grace=10)


class Desk:
    """An open service and the ends that it told of."""

    def __init__(self, callee: Callee = SILENT, store: MemoryStore | None = None) -> None:
        self.node = Node(
            callee_of=lambda _dial: callee, limits=LIMITS, store=store or MemoryStore()
        )
        self.service = self.node.service
        self.clock = self.node.clock
        self.line = self.node.scripted
        self.ends: list[tuple[float, Session, CallEnd]] = []
        self.recorded: list[str] = []
        self.record_takes = 0.0

    def session(self, name: str = "1") -> Session:
        observer = Observer(self.node.metrics, self.service.parts.teller, "card-renewal")
        placed = order(name, self.clock.utc(), contact(int(name)))
        return outbound_leg(
            placed,
            renewal(),
            LIMITS,
            prompt,
            Outside(
                line=self.line,
                observer=observer,
                sent=lambda _at: None,
                answered=lambda _delay, _at: None,
                refused=lambda _at: None,
                wall=self.service.wall,
            ),
        )

    def add(self, name: str = "1") -> Session:
        session = self.session(name)
        self.service.add(session, self.when_over)
        return session

    def when_over(self, session: Session, end: CallEnd) -> Coroutine[Any, Any, None]:
        self.ends.append((self.clock.monotonic(), session, end))
        return self._record(session)

    async def _record(self, session: Session) -> None:
        await asyncio.sleep(self.record_takes)
        self.recorded.append(session.order.attempt)

    @property
    def outcomes(self) -> list[str]:
        return [str(end.last.outcome) for _, _, end in self.ends]

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        async def opened() -> None:
            await self.service.open()
            await work
            await self.service.close()

        in_fast_time(self.clock, opened(), limit=1000)


def timers_of(desk: Desk) -> list[float]:
    return [at for at, _ in desk.service._timers.values()]


# Timers.


def test_a_deadline_is_met_at_its_instant() -> None:
    desk = Desk()
    began = desk.clock.monotonic()

    async def work() -> None:
        desk.add()
        await asyncio.sleep(3.999)
        assert desk.ends == []
        await asyncio.sleep(1)

    desk.run(work())
    ((at, _, end),) = desk.ends
    assert end.last.outcome == Outcome.of(Reason.NO_REPLY)
    assert at - began == pytest.approx(LIMITS.no_progress, abs=0.01)


def test_a_timer_moves_with_the_state_of_its_call() -> None:
    desk = Desk()
    began = desk.clock.monotonic()

    async def work() -> None:
        session = desk.add()
        await asyncio.sleep(0)  # the INVITE's own event
        assert timers_of(desk) == [pytest.approx(began + LIMITS.no_progress)]
        attempt = session.order.attempt
        desk.service._on_event(attempt, began + 1, Progressed(180, early_media=False))
        assert timers_of(desk) == [pytest.approx(began + LIMITS.ring)]
        desk.service._on_event(attempt, began + 2, Answered())
        assert timers_of(desk) == [pytest.approx(began + 2 + LIMITS.notice + TELLING)]
        spoken = ItemPlayed(1, began + 2.5, 0, 0)
        desk.service._on_event(attempt, began + 2.5, spoken)
        assert timers_of(desk) == [pytest.approx(began + 2 + LIMITS.talk)]
        desk.service._on_event(attempt, began + 3, RemoteHungUp())
        assert timers_of(desk) == []
        await asyncio.sleep(500)  # and the timers that were moved never ring

    desk.run(work())
    assert desk.outcomes == ["callee.hung_up"]


def test_an_event_that_moves_nothing_leaves_the_timer_alone() -> None:
    desk = Desk()

    async def work() -> None:
        session = desk.add()
        await asyncio.sleep(0)
        desk.service._on_event(
            session.order.attempt, desk.clock.monotonic(), Progressed(180, early_media=False)
        )
        before = dict(desk.service._timers)
        desk.service._on_event(
            session.order.attempt, desk.clock.monotonic(), Progressed(180, early_media=False)
        )
        assert desk.service._timers == before

    desk.run(work())


def test_each_call_has_its_own_timer() -> None:
    desk = Desk(Callee(final=None))

    async def work() -> None:
        for name in ("1", "2", "3"):
            desk.add(name)
            await asyncio.sleep(2)
        assert desk.service.live == 3
        await asyncio.sleep(30)

    desk.run(work())
    assert desk.outcomes == ["callee.no_answer"] * 3
    ended = [at for at, _, _ in desk.ends]
    assert [round(after - ended[0]) for after in ended] == [0, 2, 4]


# Events.


def test_events_of_attempts_that_nobody_knows_are_ignored() -> None:
    desk = Desk()

    async def work() -> None:
        desk.add()
        desk.service._on_event("never heard of", 1.0, Answered())
        desk.service._on_event("never heard of", 1.0, RemoteHungUp())
        assert desk.service.live == 1

    desk.run(work())


def test_nothing_reaches_a_call_that_is_over(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(Callee(final=Answer(0.1)))

    async def work() -> None:
        session = desk.add()
        await asyncio.sleep(30)
        assert desk.service.live == 0
        for event in (Answered(), RemoteHungUp()):
            desk.service._on_event(session.order.attempt, desk.clock.monotonic(), event)

    desk.run(work())
    assert desk.outcomes == ["dialer.completed"]
    assert caplog.records == []


def test_the_wall_time_of_an_instant_is_utc() -> None:
    desk = Desk()
    clock = desk.clock
    assert desk.service.wall(clock.monotonic()) == clock.utc()
    assert (clock.utc() - desk.service.wall(clock.monotonic() - 2.5)).total_seconds() == 2.5


# Ends.


def test_all_are_told_to_end_and_each_ends_once() -> None:
    desk = Desk(Callee(final=Answer(0.1)))

    async def work() -> None:
        for name in ("1", "2", "3"):
            desk.add(name)
        await asyncio.sleep(0.05)
        desk.add("4")
        await asyncio.sleep(0.07)
        desk.service.end_all(Reason.DRAINED)
        desk.service.end_all(Reason.DRAINED)
        await asyncio.sleep(1)
        assert desk.service.live == 0

    desk.run(work())
    assert desk.outcomes == ["dialer.drained"] * 4
    assert sorted(desk.recorded) == sorted(f"attempt-{name}-1" for name in "1234")


def test_calls_of_which_the_line_says_nothing_can_be_given_up() -> None:
    desk = Desk(Callee(final=None, on_cancel=OnCancel.IGNORES))

    async def work() -> None:
        desk.add()
        await asyncio.sleep(1)
        desk.service.end_all(Reason.DRAINED)
        await asyncio.sleep(1)
        assert desk.service.live == 1
        desk.service.give_up_all()
        assert desk.service.live == 0
        assert timers_of(desk) == []

    desk.run(work())
    assert desk.outcomes == ["dialer.drained"]


# Opening and closing.


class ShutStore(MemoryStore):
    """Tells whether it was closed, and how it stood then."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = 0

    async def close(self) -> None:
        self.closed += 1
        await super().close()


class BrokenLine(ScriptedLine):
    async def start(self, sink: LineSink) -> None:
        raise LineError("the port is taken")


def test_a_line_that_cannot_start_leaves_the_store_closed() -> None:
    store = ShutStore()
    node = Node(store=store, line=BrokenLine(lambda _dial: SILENT))
    with pytest.raises(LineError, match="taken"):
        in_fast_time(node.clock, node.service.open(), limit=10)
    assert store.closed == 1


def test_a_store_that_cannot_recover_is_closed_and_nothing_starts() -> None:
    class Refusing(ShutStore):
        async def recover(self, node: str, at: datetime) -> int:
            raise StoreError("the disk is full")

    store = Refusing()
    node = Node(store=store)
    with pytest.raises(StoreError, match="full"):
        in_fast_time(node.clock, node.service.open(), limit=10)
    assert store.closed == 1
    with pytest.raises(RuntimeError):
        node.scripted.end("x")


def test_what_a_killed_process_left_is_closed_at_the_opening() -> None:
    desk = Desk()
    store = desk.node.store

    async def left_behind() -> None:
        await store.open()
        campaign = await begin(store, 3)
        called = await claim_one(store, campaign, desk.clock.utc())
        await claim_one(store, campaign, desk.clock.utc())
        placed = order("left", desk.clock.utc(), called)
        assert placed.node == NODE
        await store.authorise(placed, allow)
        await store.close()

    asyncio.run(left_behind())

    async def look() -> None:
        assert desk.service.cut_short == 1
        progress = await store.progress(1)
        assert progress.outcomes == {"dialer.cut_short": 1}
        assert (progress.waiting, progress.claimed, progress.done) == (2, 0, 1)

    desk.run(look())


@pytest.mark.parametrize("callee", [Callee(final=None), SILENT, Callee(final=Answer(0.1))])
def test_closing_ends_what_lives_and_waits_for_its_records(callee: Callee) -> None:
    store = ShutStore()
    desk = Desk(callee, store)
    desk.record_takes = 3.0
    order_of_things: list[object] = []

    async def close() -> None:
        assert desk.recorded == ["attempt-1-1", "attempt-2-1"]
        order_of_things.append("store closed")

    async def work() -> None:
        desk.add("1")
        desk.add("2")
        await asyncio.sleep(0.5)
        store.close = close  # type: ignore[method-assign]

    desk.run(work())
    assert order_of_things == ["store closed"]
    assert desk.outcomes == ["dialer.drained"] * 2
    assert desk.service.live == 0
    assert timers_of(desk) == []


def test_a_line_that_keeps_a_call_to_itself_does_not_keep_the_service_open() -> None:
    class Forgetful(ScriptedLine):
        async def close(self) -> None:
            self._legs.clear()

    desk = Desk()
    desk.node = Node(line=Forgetful(lambda _dial: Callee(final=None)), limits=LIMITS)
    desk.service, desk.clock, desk.line = (
        desk.node.service,
        desk.node.clock,
        desk.node.scripted,
    )

    async def work() -> None:
        desk.add()
        await asyncio.sleep(0.5)

    desk.run(work())
    assert desk.outcomes == ["dialer.drained"]
    assert desk.recorded == ["attempt-1-1"]


def test_a_record_that_fails_does_not_keep_the_others_from_being_written() -> None:
    desk = Desk()

    async def failing() -> None:
        raise StoreError("no")

    async def work() -> None:
        desk.service.add(desk.session("1"), lambda _session, _end: failing())
        desk.add("2")

    desk.run(work())
    assert desk.recorded == ["attempt-2-1"]


def test_a_line_that_fails_to_close_leaves_the_store_closed() -> None:
    class Broken(ScriptedLine):
        async def close(self) -> None:
            raise LineError("the stack is stuck")

    store = ShutStore()
    node = Node(line=Broken(lambda _dial: SILENT), store=store)

    async def work() -> None:
        await node.service.open()
        with pytest.raises(LineError):
            await node.service.close()

    in_fast_time(node.clock, work(), limit=10)
    assert store.closed == 1
