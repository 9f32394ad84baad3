from __future__ import annotations

from dataclasses import replace

import pytest

from audio.events import (
    ItemPlayed,
)
from dialer.core.dialog.notice_watch import SPOKEN_BY, TELLING
from dialer.core.dialog.script import GOODBYE as BYE
from dialer.core.dialog.script import Go, Intent
from dialer.core.dialog.script_commands import EndCall, StartRecording, StopRecording
from dialer.core.dialog.script_run import PLAY_AT_MOST
from dialer.core.values.events import DeadlinePassed, Joined
from dialer.core.values.outcome import Reason
from tests.support.scripts import asking, renewal, script
from tests.support.talk import STOP, Talk, says

# The identity notice in time.


def test_the_end_of_the_notice_is_measured_from_the_answer() -> None:
    talk = Talk()
    talk.now = 102.5
    assert talk.item(0) == ()
    assert talk.run.notice_spoken == 2.5
    assert talk.run.next_deadline() == 100.0 + PLAY_AT_MOST


@pytest.mark.parametrize("within", [SPOKEN_BY, 2.0])
def test_a_notice_whose_end_comes_late_ends_the_call(within: float) -> None:
    talk = Talk(within=within)
    talk.now = 100.0 + within + 0.02
    assert talk.item(0) == (EndCall(Reason.NOTICE_LATE),)
    assert talk.run.notice_spoken == pytest.approx(within + 0.02)
    assert talk.played(0, completed=False) == talk.key("2") == ()
    assert talk.run.next_deadline() is None


def test_a_notice_of_which_nothing_is_told_ends_the_call() -> None:
    talk = Talk()
    assert talk.run.next_deadline() == 100.0 + SPOKEN_BY + TELLING
    assert talk.run.handle(DeadlinePassed(), 100.0 + SPOKEN_BY) == ()
    assert talk.time_out() == (EndCall(Reason.NOTICE_LATE),)
    assert talk.run.notice_spoken is None
    assert talk.run.next_deadline() is None


def test_an_end_in_time_that_is_told_late_is_in_time() -> None:
    """The event carries the instant of the packet; the busy loop comes to it after 3 s."""
    talk = Talk()
    assert talk.run.handle(ItemPlayed(1, 102.99, 0, 0), 102.99) == ()
    talk.now = 103.5
    assert talk.run.handle(DeadlinePassed(), talk.now) == ()


def test_who_refuses_during_the_notice_is_not_cut_off() -> None:
    talk = Talk()
    talk.key("1")
    talk.now = 104.0
    assert talk.run.handle(DeadlinePassed(), talk.now) == ()
    assert talk.item(0) == ()
    talk.kept()
    assert talk.played(1) == (EndCall(Reason.OPTED_OUT),)


# Recording.


def recorded(key: str | None = "9") -> Talk:
    made = renewal()
    disclosure = replace(made.disclosure, stop_recording_key=key)
    return Talk(replace(made, disclosure=disclosure), records=True)


def test_recording_starts_with_the_end_of_its_notice_and_no_sooner() -> None:
    talk = recorded()
    assert talk.item(0) == talk.item(1) == ()
    assert talk.item(2) == (StartRecording(),)
    assert talk.item(3) == ()
    assert talk.played(0) == says("offer", 1, STOP)


def test_where_nothing_is_recorded_the_notice_starts_nothing() -> None:
    talk = Talk()
    assert [talk.item(each) for each in range(4)] == [()] * 4
    assert talk.key("9") == ()


@pytest.mark.parametrize("spoken", [0, 2, 4])
def test_whoever_does_not_want_it_is_not_recorded(spoken: int) -> None:
    talk = recorded()
    for item in range(spoken):
        talk.item(item)
    assert talk.key("9") == (StopRecording(erase=True),)
    assert talk.key("9") == ()
    for item in range(spoken, 4):
        assert talk.item(item) == ()
    assert talk.played(0) == says("offer", 1, STOP)


def test_the_key_answers_no_question() -> None:
    talk = recorded()
    talk.played(0)
    assert talk.key("9") == (StopRecording(erase=True),)
    assert talk.key("2") == says("done", 2)
    assert talk.run.keys == "92"


def test_an_intent_may_say_that_it_is_not_wanted() -> None:
    asks = replace(
        asking("offer", BYE),
        intents=(Intent("dont_record", (), "3", Go("offer"), stop_recording=True),),
    )
    made = script(asks)
    talk = Talk(replace(made, disclosure=renewal().disclosure), records=True)
    talk.played(0)
    assert talk.key("3") == (StopRecording(erase=True), *says("offer", 2, STOP))
    assert talk.key("3") == says("offer", 3, STOP)


def test_a_refusal_does_not_begin_a_recording() -> None:
    talk = recorded()
    talk.item(0)
    talk.key("1")
    assert talk.item(2) == ()


def test_people_who_talk_with_each_other_are_not_recorded() -> None:
    talk = recorded()
    talk.played(0)
    talk.key("0")
    assert talk.run.handle(Joined("b"), 101.0) == (StopRecording(erase=False),)
