from __future__ import annotations

from dataclasses import replace

from audio.events import (
    FalseAlarm,
)
from dialer.core.dialog.script_run import HEAR_AT_MOST
from tests.support.scripts import asking, renewal, script
from tests.support.talk import DUCK, PROTECTED, Talk, at_offer, says

# The callee's voice.


def test_barge_in_stops_the_prompt_and_the_rest_is_heard_out() -> None:
    talk = at_offer()
    talk.speech()
    assert talk.barge_in(1) == ()
    assert talk.played(1, completed=False) == ()
    assert talk.run.next_deadline() == 100.0 + HEAR_AT_MOST
    assert talk.quiet() == says("goodbye", 2)


def test_barge_in_told_after_the_prompts_end_is_the_same() -> None:
    talk = at_offer()
    talk.played(1, completed=False)
    talk.barge_in(1)
    assert talk.quiet() == says("goodbye", 2)


def test_a_barge_in_of_a_prompt_long_replaced_means_nothing() -> None:
    talk = at_offer()
    assert talk.barge_in(0) == ()
    assert talk.quiet() == ()


def test_speech_over_a_ducked_prompt_counts_when_the_prompt_is_over() -> None:
    talk = at_offer(DUCK)
    talk.speech()
    assert talk.quiet() == ()
    assert talk.played(1) == says("goodbye", 2)


def test_speech_over_a_protected_prompt_counts_only_if_it_outlasts_it() -> None:
    talk = at_offer(PROTECTED)
    talk.speech()
    talk.quiet()
    assert talk.played(1) == ()
    assert talk.run.next_deadline() == 105.0
    talk = at_offer(PROTECTED)
    talk.speech()
    assert talk.played(1) == ()
    assert talk.quiet() == says("goodbye", 2)


def test_speech_begun_before_the_question_does_not_answer_it() -> None:
    talk = Talk(renewal(DUCK))
    talk.speech()
    talk.played(0)
    talk.quiet()
    assert talk.played(1) == ()
    assert talk.run.next_deadline() == 105.0


def test_speech_begun_at_the_last_node_does_not_answer_this_one() -> None:
    talk = Talk(script(asking("a", "b"), replace(asking("b", "goodbye"), policy=DUCK)))
    talk.played(0)
    talk.speech()
    assert talk.key("9") == says("b", 2)
    talk.quiet()
    assert talk.played(2) == ()
    assert talk.run.next_deadline() == 103.0


def test_a_cough_means_nothing() -> None:
    talk = at_offer()
    assert talk.run.handle(FalseAlarm(1, 100.0, 1), 100.0) == ()
    talk.played(1)
    assert talk.run.next_deadline() == 105.0


def test_noise_without_end_is_taken_for_said() -> None:
    talk = at_offer()
    talk.played(1)
    talk.speech()
    assert talk.time_out() == says("goodbye", 2)
