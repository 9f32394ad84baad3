"""Who speaks over a prompt stops it; a cough, or words over the notice, stop nothing."""

from __future__ import annotations

from dialer.testing import Talk
from tests.support.sessions import SessionDesk, answering


def test_every_stop_is_counted_and_coughs_are_not() -> None:
    desk = SessionDesk(answering(Talk(2.05, 0.05), Talk(2.15, 0.5)))
    assert desk.live().last.barge_ins == 1
    assert desk.kinds.count("barge_in") == 1


def test_speech_over_the_notice_stops_nothing() -> None:
    desk = SessionDesk(answering(Talk(0.1, 0.3)))
    assert desk.live().last.barge_ins == 0
    assert desk.line.heard[0].completed
