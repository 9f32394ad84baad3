from __future__ import annotations

import asyncio
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.core.values.events import (
    Answered,
    DialFailed,
    HoldChanged,
    LocalEnded,
    LocalFault,
    PeerLost,
    Rejected,
    RemoteHungUp,
)
from dialer.ports.line import AnyLineEvent
from dialer.sip.mailbox import Mailbox

LAST: list[AnyLineEvent] = [
    Rejected(486),
    DialFailed(LocalFault.INTERNAL),
    RemoteHungUp(16),
    LocalEnded(),
    PeerLost("why"),
]


class Sink:
    def __init__(self) -> None:
        self.got: list[tuple[str, AnyLineEvent]] = []

    def __call__(self, attempt: str, at: float, event: AnyLineEvent) -> None:
        self.got.append((attempt, event))


async def test_events_come_in_the_order_they_were_posted_and_in_one_batch() -> None:
    sink = Sink()
    mailbox = Mailbox(asyncio.get_running_loop(), sink)
    mailbox.open("a")
    mailbox.open("b")
    posted = [("a", Answered()), ("b", Answered()), ("a", HoldChanged(held=True))]
    for attempt, event in posted:
        mailbox.post(attempt, 0.0, event)
    assert sink.got == []
    await asyncio.sleep(0)
    assert sink.got == posted


@pytest.mark.parametrize("last", LAST, ids=lambda event: type(event).__name__)
async def test_nothing_follows_a_terminal_event(last: AnyLineEvent) -> None:
    sink = Sink()
    mailbox = Mailbox(asyncio.get_running_loop(), sink)
    mailbox.open("a")
    for event in (Answered(), last, Answered(), *LAST):
        mailbox.post("a", 0.0, event)
    await mailbox.wait_idle()
    await asyncio.sleep(0)
    assert sink.got == [("a", Answered()), ("a", last)]
    assert not mailbox.is_open("a")


async def test_an_attempt_that_was_never_opened_is_not_told_of() -> None:
    sink = Sink()
    mailbox = Mailbox(asyncio.get_running_loop(), sink)
    mailbox.post("ghost", 0.0, Answered())
    await asyncio.sleep(0)
    assert sink.got == []
    mailbox.open("a")
    with pytest.raises(ValueError, match="being dialled"):
        mailbox.open("a")


async def test_a_failing_sink_costs_one_event_only(caplog: pytest.LogCaptureFixture) -> None:
    got = []

    def sink(attempt: str, at: float, event: AnyLineEvent) -> None:
        if isinstance(event, Answered):
            raise ZeroDivisionError
        got.append(event)

    mailbox = Mailbox(asyncio.get_running_loop(), sink)
    mailbox.open("a")
    mailbox.post("a", 0.0, Answered())
    mailbox.post("a", 0.0, LocalEnded())
    await mailbox.wait_idle()
    assert got == [LocalEnded()]
    assert "ZeroDivisionError" in caplog.text


async def test_events_of_many_threads_all_come_each_threads_in_order() -> None:
    sink = Sink()
    mailbox = Mailbox(asyncio.get_running_loop(), sink)
    names = [f"t{number}" for number in range(8)]
    for name in names:
        mailbox.open(name)

    def talk(name: str) -> None:
        for number in range(500):
            mailbox.post(name, float(number), HoldChanged(held=number % 2 == 0))
        mailbox.post(name, 500.0, LocalEnded())

    threads = [threading.Thread(target=talk, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    async with asyncio.timeout(10):
        await mailbox.wait_idle()
    for thread in threads:
        thread.join()
    for name in names:
        own = [event for attempt, event in sink.got if attempt == name]
        assert own[:-1] == [HoldChanged(held=number % 2 == 0) for number in range(500)]
        assert own[-1] == LocalEnded()


def test_posting_after_the_loop_has_closed_does_nothing() -> None:
    loop = asyncio.new_event_loop()
    mailbox = Mailbox(loop, Sink())
    mailbox.open("a")
    loop.close()
    mailbox.post("a", 0.0, LocalEnded())


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([Answered(), *LAST]))))
def test_exactly_one_end_an_attempt_under_any_order(
    events: list[tuple[str, AnyLineEvent]],
) -> None:
    async def run() -> None:
        sink = Sink()
        mailbox = Mailbox(asyncio.get_running_loop(), sink)
        for attempt in "abc":
            mailbox.open(attempt)
        for attempt, event in events:
            mailbox.post(attempt, 0.0, event)
        await asyncio.sleep(0)
        for attempt in "abc":
            meant = [event for name, event in events if name == attempt]
            ends = [index for index, event in enumerate(meant) if event in LAST]
            expected = meant[: ends[0] + 1] if ends else meant
            assert [event for name, event in sink.got if name == attempt] == expected
            assert mailbox.is_open(attempt) is not bool(ends)

    asyncio.run(run())
