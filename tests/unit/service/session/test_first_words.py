"""From the INVITE to the first words: what is told of each, and a notice that comes in time."""

from __future__ import annotations

import numpy as np
import pytest

from audio.events import PlaybackStarted
from audio.prompts import Prompt
from dialer.core.dialog.notice_watch import SPOKEN_BY, TELLING
from dialer.core.values.events import Answered, DialFailed, InviteSent, LocalFault
from dialer.core.values.outcome import Outcome, Reason
from dialer.testing import Callee
from tests.support.sessions import SessionDesk, answering


def test_the_instant_at_which_the_invite_left_is_told_once() -> None:
    desk = SessionDesk(Callee(rings_after=None, final=None))
    desk.line.dial = lambda _dial: None  # type: ignore[method-assign]
    desk.begin()
    assert (desk.sent, desk.session.was_sent) == ([], False)
    desk.session.take(InviteSent("one"), desk.began + 0.02)
    desk.session.take(InviteSent("one"), desk.began + 0.03)
    assert (desk.sent, desk.session.was_sent) == ([desk.began + 0.02], True)


def test_an_invite_that_never_left_is_not_told_as_sent() -> None:
    desk = SessionDesk(Callee(rings_after=None, final=None))
    desk.line.dial = lambda _dial: None  # type: ignore[method-assign]
    desk.begin()
    end = desk.session.take(DialFailed(LocalFault.VETOED), desk.began + 0.01)
    assert end is not None
    assert (desk.sent, desk.session.was_sent) == ([], False)


def test_the_first_packet_is_counted_from_the_answer() -> None:
    desk = SessionDesk(Callee(rings_after=None, final=None)).begin()
    desk.session.take(Answered(), desk.began + 2.0)
    desk.session.take(PlaybackStarted(1, 0.0, 0), desk.began + 2.021)
    desk.session.take(PlaybackStarted(1, 0.0, 0), desk.began + 2.5)
    assert list(desk.observer.figures.first_packet) == [pytest.approx(0.021)]


def test_the_first_packet_may_be_told_before_the_answer() -> None:
    """The tick tells of the one, the SIP thread of the other: nothing orders them."""
    desk = SessionDesk(Callee(rings_after=None, final=None)).begin()
    desk.session.take(PlaybackStarted(1, 0.0, 0), desk.began + 2.0)
    desk.session.take(Answered(), desk.began + 2.001)
    assert list(desk.observer.figures.first_packet) == [0.0]


def test_later_prompts_are_no_first_packet() -> None:
    desk = SessionDesk(Callee(rings_after=None, final=None)).begin()
    desk.session.take(Answered(), desk.began + 2.0)
    desk.session.take(PlaybackStarted(1, 0.0, 1), desk.began + 2.5)
    assert list(desk.observer.figures.first_packet) == []


def test_a_notice_that_is_too_long_is_hung_up_upon_and_told() -> None:
    desk = SessionDesk(answering())
    said = desk.session._say
    long = Prompt("disclosure.identity", np.zeros(8000 * 4, np.int16), 8000)
    desk.session._say = lambda key: long if key == "disclosure.identity" else said(key)
    end = desk.live()
    assert end.last.outcome == Outcome.of(Reason.NOTICE_LATE)
    assert end.last.notice_spoken is None
    assert desk.prompts == ["disclosure.identity"]
    assert desk.kinds.count("notice") == 1
    (payload,) = [each for topic, each in desk.told.events if topic.endswith("/notice")]
    assert payload["notice_spoken_seconds"] is None
    assert list(desk.observer.figures.notice) == []
    assert end.last.answered_at is not None
    held = (end.last.ended_at - end.last.answered_at).total_seconds()
    assert held == pytest.approx(SPOKEN_BY + TELLING, abs=0.05)
