"""What a session tells of itself, and to whom: spans, the recording, the other side, the record."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import Mock, call

import numpy as np
import pytest

from audio.events import BargeIn, ItemPlayed
from audio.prompts import Prompt
from dialer.core.dialog.script import GOODBYE, Say, Script, Transfer
from dialer.core.dialog.script import Node as Turn
from dialer.core.values.events import Answered, Joined, RemoteHungUp
from dialer.core.values.outcome import Outcome, Reason
from dialer.core.values.records import CallEnd
from dialer.core.values.targets import Extension
from dialer.ports.line import Playlist
from dialer.testing import Callee, Press, Reject, RemoteBye
from tests.support.scripts import renewal, script
from tests.support.sessions import SessionDesk, answering

SILENT = Callee(rings_after=None, final=None)


def handing_over() -> Script:
    """Hands over as soon as the disclosure is over."""
    target = Transfer(Extension("queue", "pbx"))
    return script(Turn("moment", Say("One moment."), otherwise=GOODBYE, transfer=target))


def test_spans_are_told_in_seconds_from_where_they_begin() -> None:
    desk = SessionDesk(answering())
    desk.live()
    assert desk.answers == [(pytest.approx(0.01), pytest.approx(desk.began + 0.05))]
    assert desk.told.bodies("/answered")[0]["setup_seconds"] == pytest.approx(0.05)


def test_a_barge_in_is_timed_by_the_tick_however_late_it_is_told() -> None:
    desk = SessionDesk(answering())
    desk.at(2.3, lambda: desk.session.take(BargeIn(1, 7.25, 7.0, 1, 10), desk.clock.monotonic()))
    desk.live()
    assert list(desk.observer.figures.barge_in) == [pytest.approx(0.25)]


@pytest.mark.parametrize(
    "callee, speech",
    [(Callee(final=Reject(486)), None), (answering(), False), (answering(Press("3", 0.3)), True)],
)
def test_whether_a_callee_was_heard_is_said_of_answered_calls_alone(
    callee: Callee, *, speech: bool | None
) -> None:
    assert SessionDesk(callee).live().last.speech is speech


@pytest.mark.parametrize(
    "seconds, by_callee, abandoned", [(1.9, True, False), (2.1, True, True), (1.9, False, True)]
)
def test_who_hangs_up_before_anybody_had_to_speak_was_not_abandoned(
    *, seconds: float, by_callee: bool, abandoned: bool
) -> None:
    desk = SessionDesk(SILENT).begin()
    desk.session.take(Answered(), desk.began + 1.0)
    at = desk.began + 1.0 + seconds
    end: CallEnd | None
    if by_callee:
        end = desk.session.take(RemoteHungUp(), at)
    else:
        desk.session.end(Reason.DRAINED, at)
        end = desk.session.give_up(at)
    assert end is not None
    assert end.last.abandoned is abandoned


# The other side of a handing over.


def test_an_opt_out_calls_the_other_side_off_at_once_and_once() -> None:
    side, called_off = Mock(), []
    desk = SessionDesk(answering(Press("1", 4.0)), handing_over(), hand_over=lambda _wish: side)
    side.call_off = lambda: called_off.append(round(desk.clock.monotonic() - desk.began, 2))
    desk.live()
    assert called_off == [4.05]


@pytest.mark.parametrize("failed", [True, False])
def test_the_end_calls_off_a_side_that_has_not_failed(*, failed: bool) -> None:
    side = Mock()
    desk = SessionDesk(answering(RemoteBye(4.0)), handing_over(), hand_over=lambda _wish: side)
    if failed:
        desk.at(3.9, lambda: desk.session.transfer_failed(desk.clock.monotonic()))
    desk.live()
    assert side.call_off.call_count == (not failed)


@pytest.mark.parametrize("rate", [8000, 16000])
def test_the_ringing_tone_has_the_rate_of_the_prompts(rate: int) -> None:
    desk = SessionDesk(answering(RemoteBye(4.0)), handing_over(), hand_over=lambda _wish: Mock())
    desk.session._say = lambda key: Prompt(key, np.zeros(rate // 2, np.int16), rate)
    played: list[Playlist] = []
    play = desk.line.play

    def noted(attempt: str, playlist: Playlist) -> None:
        played.append(playlist)
        play(attempt, playlist)

    desk.line.play = noted  # type: ignore[method-assign]
    desk.live()
    rates = {item.prompt.rate for each in played for item in each.items}
    assert "ringing" in {item.prompt.name for each in played for item in each.items}
    assert rates == {rate}


# The recording.


def test_a_recording_begins_after_its_notice_and_the_callee_may_have_it_erased() -> None:
    recording, plain = Mock(), renewal()
    with_key = replace(plain, disclosure=replace(plain.disclosure, stop_recording_key="9"))
    SessionDesk(answering(Press("9", 1.7)), with_key, recording=recording).live()
    assert recording.mock_calls == [call.start(), call.stop(erase=True)]


def test_what_was_recorded_up_to_a_person_is_kept() -> None:
    recording = Mock()
    desk = SessionDesk(
        answering(RemoteBye(6.0)), handing_over(), hand_over=lambda _: Mock(), recording=recording
    )
    desk.at(4.0, lambda: desk.session.take(Joined("b"), desk.clock.monotonic()))
    desk.live()
    assert recording.mock_calls == [call.start(), call.stop(erase=False)]


def test_a_call_that_is_ending_is_not_recorded_any_more() -> None:
    recording = Mock()
    desk = SessionDesk(answering(), recording=recording)
    desk.at(1.0, lambda: desk.session.end(Reason.DRAINED, desk.clock.monotonic()))
    # The notice of the recording was over as the BYE left.
    desk.at(1.001, lambda: desk.session.take(ItemPlayed(1, 0.0, 0, 2), desk.clock.monotonic()))
    assert desk.live().last.outcome == Outcome.of(Reason.DRAINED)
    assert call.start() not in recording.mock_calls
