"""What a session does not expect is logged, and changes nothing."""

from __future__ import annotations

import logging

import pytest

from dialer.core.values.events import Answered, HoldChanged, PeerLost, Progressed, RemoteHungUp
from dialer.core.values.outcome import Outcome, Reason
from dialer.testing import RemoteBye
from tests.support.sessions import ATTEMPT, SessionDesk, answering, key


def test_unexpected_events_are_logged_and_change_nothing(caplog: pytest.LogCaptureFixture) -> None:
    desk = SessionDesk(answering())
    for second, event in ((0.5, Answered()), (0.6, Progressed(180, early_media=False))):
        desk.at(second, lambda event=event: desk.session.take(event, desk.clock.monotonic()))
    with caplog.at_level(logging.ERROR):
        end = desk.live()
    assert end.last.outcome == Outcome.of(Reason.COMPLETED)
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"]
    assert all(ATTEMPT in record.getMessage() for record in caplog.records)


def test_what_was_not_expected_is_not_told_either() -> None:
    desk = SessionDesk(answering())
    desk.at(0.5, lambda: desk.session.take(Answered(), desk.clock.monotonic()))
    desk.live()
    assert desk.kinds.count("answered") == 1
    answers = desk.metrics.registry.get_sample_value(
        "dialer_trunk_answers_total", {"trunk": "carrier-a"}
    )
    assert answers == 1


def test_what_comes_after_the_end_is_heard_without_effect(
    caplog: pytest.LogCaptureFixture,
) -> None:
    desk = SessionDesk(answering(RemoteBye(0.7)))
    desk.live()
    told = list(desk.told.events)
    for event in (Answered(), RemoteHungUp(), PeerLost("late"), HoldChanged(held=True), key("1")):
        assert desk.session.take(event, desk.clock.monotonic()) is None
    assert desk.session.wake(desk.clock.monotonic()) is None
    assert desk.session.end(Reason.DRAINED, desk.clock.monotonic()) is None
    assert desk.told.events == told
    assert caplog.records == []


def test_a_wake_up_that_comes_early_does_nothing() -> None:
    desk = SessionDesk(answering()).begin()
    deadline = desk.session.next_deadline()
    assert deadline is not None
    assert desk.session.wake(deadline - 0.001) is None
    assert desk.session.next_deadline() == deadline
