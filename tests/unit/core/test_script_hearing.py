from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audio.events import SpeechEnded, SpeechStarted, WordsHeard
from dialer.core.dialog.meaning import Meaning
from dialer.core.dialog.script import GOODBYE as BYE
from dialer.core.dialog.script import Go, Intent, LongTalk, Node, Say, Script, Silence, Transfer
from dialer.core.dialog.script_commands import (
    CallLater,
    EndCall,
    OpenComplaint,
    Play,
    RecordOptOut,
    ScriptCommand,
)
from dialer.core.dialog.script_hearing import (
    FILLER_WAIT,
    UNDERSTAND_WITHIN,
    WAIT_FOR,
    HearingRun,
)
from dialer.core.dialog.script_run import HEAR_AT_MOST, Turn
from dialer.core.dialog.understanding import understand
from dialer.core.values.events import TransferFailed
from dialer.core.values.outcome import Reason
from tests.support.scripts import DONE, OFFER, renewal, script
from tests.support.talk import DUCK, GOODBYE, PROTECTED, QUEUE, STOP, Talk, rings, says

if TYPE_CHECKING:
    from dialer.core.dialog.script_run import ScriptRun

LEAVE = (RecordOptOut(),)
ANSWERS = {
    "robot": Say("I am a robot."),
    "source": Say("You gave it to us."),
    "wait": Say("I wait."),
    "later": Say("We call you later."),
    "no_later": Say("We cannot call you later."),
    "no_person": Say("Nobody is here."),
}
NOBODY = replace(OFFER, intents=OFFER.intents[:1])


class Words(Talk):
    """A talk in which the callee's words are heard."""

    run: ScriptRun

    def __init__(self, of: Script | None = None, *, later: bool = True) -> None:
        super().__init__(of)
        self.run = HearingRun(of or renewal(), may_call_later=later)
        self.run.answered(self.now)
        self.onset = 0.0

    def begins(self) -> tuple[ScriptCommand, ...]:
        self.now += 0.3
        self.onset = self.now - 0.1
        return self.run.handle(SpeechStarted(1, self.now, self.onset), self.now)

    def ends(self) -> tuple[ScriptCommand, ...]:
        self.now += 1.0
        return self.run.handle(SpeechEnded(1, self.now, 0.6), self.now)

    def words(self, text: str, *, final: bool = True) -> tuple[ScriptCommand, ...]:
        return self.run.handle(WordsHeard(1, self.now, self.onset, text, final), self.now)

    def says(self, text: str) -> tuple[ScriptCommand, ...]:
        """A whole turn; what comes of its words."""
        began, ended = self.begins(), self.ends()
        assert (began, ended) == ((), ())
        self.now += 0.2
        return self.words(text)


def at_offer(of: Script | None = None, *, later: bool = True) -> Words:
    talk = Words(of, later=later)
    talk.played(0)
    return talk


def asked(of: Script | None = None, *, later: bool = True) -> Words:
    """At the offer, its prompt over."""
    talk = at_offer(of, later=later)
    talk.played(1)
    return talk


def again(*before: str, play_id: int = 2, node: str = "offer") -> tuple[Play]:
    return (Play(play_id, (*((key, DUCK) for key in before), (f"nodes.{node}", STOP))),)


# A turn.


def test_an_answer_in_words_is_as_its_key() -> None:
    talk = asked()
    assert talk.says("Yes, please.") == says("done", 2)
    assert talk.run.intents == ("yes",)
    assert talk.run.path == ("offer", "done")


def test_words_are_waited_for_after_the_callee_fell_silent_and_then_it_is_as_today() -> None:
    talk = asked()
    talk.begins()
    assert talk.run.next_deadline() == talk.now + HEAR_AT_MOST
    talk.ends()
    assert talk.run.turn is Turn.UNDERSTANDING
    assert talk.run.next_deadline() == talk.now + UNDERSTAND_WITHIN
    assert talk.time_out() == says(BYE, 2)


def test_a_key_is_heard_while_words_are_waited_for() -> None:
    talk = asked()
    talk.begins()
    talk.ends()
    assert talk.key("2") == says("done", 2)
    assert talk.words("banana") == ()


def test_a_complete_answer_is_not_waited_for() -> None:
    talk = asked()
    talk.begins()
    talk.now += 0.8
    assert talk.words("yes", final=False) == ()
    assert talk.ends() == says("done", 2)
    assert talk.words("yes") == ()


def test_an_answer_of_which_the_end_is_not_known_is_waited_for() -> None:
    talk = asked()
    talk.begins()
    assert talk.words("yes", final=False) == ()
    assert talk.ends() == ()
    assert talk.words("yes, stop calling me")[:1] == LEAVE


def test_a_refusal_understood_after_the_answer_still_counts() -> None:
    talk = asked()
    talk.begins()
    talk.now += 0.8
    talk.words("yes", final=False)
    talk.ends()
    assert talk.words("yes, no, I do not want that")[:1] == LEAVE


def test_what_is_said_in_two_breaths_is_one_answer() -> None:
    slow = script(replace(NOBODY, pause=2.0), DONE)
    talk = asked(slow)
    assert talk.says("the blue one, I") == ()
    assert talk.says("yes, renew it") == says("done", 2)
    talk = asked(slow)
    assert talk.says("maybe, I") == ()
    assert talk.says("yes") == ()
    assert talk.time_out() == again()  # doubt


def test_a_pause_is_waited_for_unless_the_answer_is_complete() -> None:
    slow = script(replace(NOBODY, pause=3.0), DONE)
    talk = asked(slow)
    assert talk.says("the blue one") == ()
    assert talk.time_out() == says(BYE, 2)
    assert asked(slow).says("yes") == says("done", 2)


@pytest.mark.parametrize("filler", ["mm", "嗯", "uh, um"])
def test_a_filler_gives_time_and_is_no_answer(filler: str) -> None:
    talk = asked()
    assert talk.says(filler) == ()
    assert talk.run.next_deadline() == talk.now + FILLER_WAIT
    assert talk.says("yes") == says("done", 2)
    talk = asked()
    talk.says(filler)
    assert talk.time_out() == again()  # silence: offered once more


def test_who_speaks_on_and_on_is_heard_out_for_a_while_only() -> None:
    talk = asked()
    talk.begins()
    assert talk.time_out() == says(BYE, 2)


def test_who_speaks_on_and_on_is_interrupted_where_the_script_asks_for_it() -> None:
    short = Node("short", Say("Briefly, please."), listen=3, otherwise=BYE)
    talk = asked(script(replace(NOBODY, long_talk=LongTalk("short", 8.0)), short, DONE))
    talk.begins()
    assert talk.run.next_deadline() == talk.now + 8.0
    assert talk.time_out() == says("short", 2, STOP)


# What means nothing.


def test_no_match_has_a_count_of_its_own() -> None:
    talk = asked(script(replace(NOBODY, no_match=Silence("offer", 2)), DONE))
    for play_id in (2, 3):
        assert talk.says("banana") == again(play_id=play_id)
        talk.played(play_id)
    assert talk.says("banana") == says(BYE, 4)


def test_without_no_match_unknown_words_are_otherwise_and_doubt_is_asked_again_once() -> None:
    assert asked().says("banana") == says(BYE, 2)
    assert asked().says("") == says(BYE, 2)
    talk = asked()
    assert talk.says("不是不需要") == again()
    talk.played(2)
    assert talk.says("not sure") == says(BYE, 3)


# Refusals.


@pytest.mark.parametrize("text", ["I'm not interested", "别打了", "no", "wrong number", "bye"])
def test_a_refusal_in_words_is_as_key_1(text: str) -> None:
    talk = asked()
    refused = talk.says(text)
    assert refused == (RecordOptOut(), *says(BYE, 2, PROTECTED))
    assert talk.kept() == ()
    assert talk.played(2) == (EndCall(Reason.OPTED_OUT),)


@pytest.mark.parametrize("opened", [False, True])
def test_of_a_turn_whose_end_is_lost_what_was_understood_counts(opened: bool) -> None:
    talk = at_offer() if opened else Words()
    talk.begins()
    assert talk.words("stop calling me", final=False) == ()
    talk.ends()
    assert RecordOptOut() in talk.words("")


def test_a_refusal_over_a_prompt_is_honoured_at_once() -> None:
    talk = at_offer()
    assert talk.says("stop calling me") == (RecordOptOut(), *says(BYE, 2, PROTECTED))


def test_a_refusal_over_the_identity_notice_is_on_record_at_once_and_ends_it_after_it() -> None:
    talk = Words()
    assert talk.says("leave me alone") == LEAVE
    assert talk.run.opted_out
    assert talk.item(0) == says(BYE, 1, PROTECTED)
    assert talk.kept() == ()
    assert talk.played(1) == (EndCall(Reason.OPTED_OUT),)


def test_a_refusal_over_the_rest_of_the_opening_ends_it_at_once() -> None:
    talk = Words()
    talk.item(0)
    assert talk.says("no thanks") == GOODBYE


def test_key_1_after_a_refusal_over_the_notice_does_not_wait_for_its_end() -> None:
    talk = Words()
    talk.says("leave me alone")
    assert talk.key("1") == says(BYE, 1, PROTECTED)
    assert talk.key("1") == ()


def test_a_late_notice_is_not_followed_by_a_goodbye_to_who_refused() -> None:
    talk = Words()
    talk.says("leave me alone")
    assert talk.time_out() == ()
    assert talk.run.turn is Turn.KEEPING
    assert talk.kept() == (EndCall(Reason.OPTED_OUT),)


def test_a_notice_that_breaks_off_is_not_followed_by_a_goodbye_either() -> None:
    talk = Words()
    talk.says("leave me alone")
    assert talk.played(0, completed=False) == ()
    assert talk.time_out() == ()
    assert talk.run.turn is Turn.KEEPING
    assert talk.kept() == (EndCall(Reason.OPTED_OUT),)


def test_a_complaint_is_opened_once_and_is_a_refusal() -> None:
    talk = asked()
    refused = talk.says("I will report you")
    assert refused == (OpenComplaint(), RecordOptOut(), *says(BYE, 2, PROTECTED))
    assert talk.says("I will sue you") == ()


def test_a_complaint_over_the_goodbye_is_opened() -> None:
    talk = asked()
    talk.key("1")
    assert talk.says("I will report you") == (OpenComplaint(),)


def test_a_no_that_the_node_asks_for_is_an_answer_and_no_refusal() -> None:
    no = Intent("no", ("no",), "3", Go("done"))
    talk = asked(script(replace(OFFER, intents=(*OFFER.intents, no)), DONE))
    assert talk.says("nope") == says("done", 2)
    assert not talk.run.opted_out


def test_to_our_parting_a_bye_is_no_refusal_and_a_no_is() -> None:
    talk = asked()
    talk.key("2")
    assert talk.says("thank you, bye") == ()
    assert talk.says("no, stop, I do not want it")[:1] == LEAVE


def test_a_second_no_to_the_parting_that_follows_a_no_is_no_refusal() -> None:
    no = Intent("no", ("no",), "3", Go("done"))
    talk = asked(script(replace(OFFER, intents=(*OFFER.intents, no)), DONE))
    assert talk.says("no") == says("done", 2)
    assert talk.says("no, that is all") == ()
    assert talk.says("stop calling me")[:1] == LEAVE


# Words and prompts.


def test_an_answer_over_a_prompt_counts_at_once_and_a_filler_lets_it_go_on() -> None:
    talk = at_offer(renewal(DUCK))
    assert talk.says("mm") == ()
    assert talk.played(1) == ()
    assert talk.run.turn is Turn.LISTENING
    assert at_offer(renewal(DUCK)).says("yes") == says("done", 2)


@pytest.mark.parametrize("text", ["Okay.", "对对对", "好的", "right, I see"])
def test_a_sign_of_listening_is_no_answer_to_a_question_not_heard_to_its_end(text: str) -> None:
    talk = at_offer(renewal(DUCK))
    assert talk.says(text) == ()
    assert talk.played(1) == ()
    assert talk.run.turn is Turn.LISTENING
    talk = at_offer()
    talk.begins()
    talk.barge_in(1)
    talk.ends()
    assert talk.words(text) == again()  # it was cut: asked again
    if understand(text, OFFER.intents).meaning is Meaning.ANSWER:
        assert asked().says(text) == says("done", 2)


def test_a_plain_yes_answers_a_question_that_it_cuts() -> None:
    talk = at_offer()
    talk.begins()
    talk.barge_in(1)
    talk.ends()
    assert talk.words("yes") == says("done", 2)


def test_what_is_unclear_over_a_prompt_is_taken_up_after_it() -> None:
    talk = at_offer(renewal(DUCK))
    assert talk.says("banana") == ()
    assert talk.played(1) == says(BYE, 2)


def test_words_that_come_after_the_prompt_they_were_said_over_are_waited_for() -> None:
    talk = at_offer(renewal(DUCK))
    talk.begins()
    talk.ends()
    assert talk.played(1) == ()
    assert talk.run.turn is Turn.UNDERSTANDING
    assert talk.words("yes") == says("done", 2)


def test_words_begun_before_the_question_answer_nothing() -> None:
    talk = Words()
    talk.item(0)
    talk.begins()
    talk.played(0)
    talk.ends()
    assert talk.words("yes") == ()
    assert talk.run.turn is Turn.PROMPTING


# Questions.


def test_a_robot_says_that_it_is_one_and_asks_again() -> None:
    assert asked().says("Are you a robot?") == again("disclosure.identity")
    own = replace(renewal(), answers=ANSWERS)
    assert asked(own).says("Are you a robot?") == again("answers.robot")


def test_where_the_number_comes_from_is_answered() -> None:
    assert asked().says("who gave you my number?") == again("disclosure.purpose")
    own = replace(renewal(), answers=ANSWERS)
    talk = asked(own)
    assert talk.says("谁给你我的号码的") == again("answers.source")
    assert talk.run.intents == ("source",)


def test_questions_are_answered_so_often_and_then_it_is_otherwise() -> None:
    talk = asked()
    for play_id in range(2, 6):
        assert talk.says("who is this?") == again("disclosure.identity", play_id=play_id)
        talk.played(play_id)
    assert talk.says("who is this?") == says(BYE, 6)


def test_what_is_asked_during_the_notice_is_answered_after_it() -> None:
    talk = Words()
    assert talk.says("who gave you my number?") == ()
    assert talk.played(0) == again("disclosure.purpose", play_id=1)


def test_a_person_is_fetched_where_the_script_has_one_anywhere() -> None:
    assert asked().says("转人工") == (rings(2), Transfer(QUEUE))
    elsewhere = Node("desk", Say("To the desk."), transfer=Transfer(QUEUE), otherwise=BYE)
    talk = asked(script(NOBODY, elsewhere, DONE))
    assert talk.says("I want to speak to a human") == (rings(2), Transfer(QUEUE))
    assert talk.run.handle(TransferFailed(), talk.now) == says(BYE, 3)


def test_who_asks_for_a_person_is_told_that_there_is_none() -> None:
    alone = script(NOBODY, DONE)
    assert asked(replace(alone, answers=ANSWERS)).says("operator") == again("answers.no_person")
    assert asked(alone).says("operator") == again()


def test_another_time_is_booked_or_refused_and_said_so() -> None:
    own = replace(renewal(), answers=ANSWERS)
    talk = asked(own)
    assert talk.says("call me later") == (CallLater(), Play(2, (("answers.later", DUCK),)))
    assert talk.played(2) == (EndCall(Reason.COMPLETED),)
    assert not talk.run.opted_out
    assert asked(own, later=False).says("晚点再打") == (Play(2, (("answers.no_later", DUCK),)),)
    assert asked().says("I am busy") == says(BYE, 2)


def test_who_asks_us_to_wait_is_waited_for() -> None:
    talk = asked()
    assert talk.says("hold on a second") == ()
    assert talk.run.next_deadline() == talk.now + WAIT_FOR
    assert talk.says("yes") == says("done", 2)
    talk = asked(replace(renewal(), answers=ANSWERS))
    assert talk.says("等一下") == (Play(2, (("answers.wait", DUCK),)),)
    assert talk.played(2) == ()
    assert talk.run.next_deadline() == talk.now + WAIT_FOR
    assert talk.time_out() == again(play_id=3)


def test_while_a_person_is_fetched_only_a_refusal_counts() -> None:
    talk = asked()
    talk.key("0")
    assert talk.says("yes") == talk.says("no") == ()
    assert RecordOptOut() in talk.says("never mind, stop calling me")
