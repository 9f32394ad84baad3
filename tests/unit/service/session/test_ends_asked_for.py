"""Calls that we end ourselves."""

from __future__ import annotations

import logging

import pytest

from dialer.core.values.events import Answered
from dialer.core.values.outcome import Outcome, Reason
from dialer.testing import Callee, Press
from tests.support.sessions import SessionDesk, answering, key


@pytest.mark.parametrize("second", [0.0, 0.02, 0.3, 2.3])
def test_a_call_told_to_end_ends_for_that_reason(second: float) -> None:
    desk = SessionDesk(answering())
    desk.at(second, lambda: desk.session.end(Reason.DRAINED, desk.clock.monotonic()))
    end = desk.live()
    assert end.last.outcome == Outcome.of(Reason.DRAINED)
    assert (end.last.ended_at - desk.wall(desk.began)).total_seconds() < second + 0.1


def test_nothing_is_said_once_we_hang_up() -> None:
    desk = SessionDesk(answering())
    desk.at(0.3, lambda: desk.session.end(Reason.DRAINED, desk.clock.monotonic()))
    desk.begin()
    played: list[object] = []
    desk.line.play = lambda attempt, playlist: played.append(playlist)  # type: ignore[method-assign]
    desk.at(0.301, lambda: desk.session.take(key("1"), desk.clock.monotonic()))
    desk.clock.advance(100)
    assert played == []
    assert desk.ends[0].last.outcome == Outcome.of(Reason.OPTED_OUT)


@pytest.mark.parametrize(
    "callee,reason",
    [
        (answering(), Reason.DRAINED),
        (answering(Press("1", 0.1)), Reason.OPTED_OUT),
        (Callee(final=None), Reason.DRAINED),
    ],
)
def test_a_call_that_is_given_up_ends_as_it_was_going_to(callee: Callee, reason: Reason) -> None:
    desk = SessionDesk(callee).begin()
    desk.clock.advance(0.3)
    assert desk.session.end(Reason.DRAINED, desk.clock.monotonic()) is None
    end = desk.session.give_up(desk.clock.monotonic())
    assert end is not None
    assert end.last.outcome == Outcome.of(reason)
    assert desk.session.give_up(desk.clock.monotonic()) is None


def test_no_number_is_in_a_log_line_or_an_event(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        desk = SessionDesk(answering(Press("1", 0.3)))
        desk.at(0.5, lambda: desk.session.take(Answered(), desk.clock.monotonic()))
        desk.live()
    said = caplog.text + repr(desk.told.events) + repr(desk.session.order)
    assert caplog.records
    assert "7700900" not in said
