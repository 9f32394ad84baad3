from __future__ import annotations

from dataclasses import replace

import pytest

from audio.events import (
    BargeIn,
    BargeInPolicy,
    DtmfReceived,
    FalseAlarm,
    ItemPlayed,
    PlaybackDone,
    PlaybackStarted,
    SpeechEnded,
    SpeechStarted,
)
from dialer.core.events import DeadlinePassed, Joined, RefusalKept, TransferFailed
from dialer.core.notice_watch import SPOKEN_BY, TELLING
from dialer.core.outcome import Reason
from dialer.core.script import GOODBYE as BYE
from dialer.core.script import Go, Intent, Node, Refuse, Say, Script, Transfer
from dialer.core.script_commands import (
    CallOff,
    EndCall,
    Play,
    RecordOptOut,
    ScriptCommand,
    StartRecording,
    StopRecording,
)
from dialer.core.script_run import (
    GOODBYE_AT_MOST,
    GRACE,
    HEAR_AT_MOST,
    KEEP_AT_MOST,
    PLAY_AT_MOST,
    RINGING,
    TRANSFER_AT_MOST,
    ScriptRun,
)
from dialer.core.targets import Extension
from tests.support.scripts import asking, renewal, script

DUCK, STOP, PROTECTED = BargeInPolicy.DUCK, BargeInPolicy.STOP, BargeInPolicy.PROTECTED


class Talk:
    """A run and its clock, in the words of a conversation."""

    def __init__(
        self, of: Script | None = None, within: float = SPOKEN_BY, *, records: bool = False
    ) -> None:
        self.run = ScriptRun(of or renewal(), within, records=records)
        self.now = 100.0
        assert self.run.answered(self.now) == ()

    def key(self, digit: str) -> tuple[ScriptCommand, ...]:
        return self.run.handle(DtmfReceived(1, self.now, digit), self.now)

    def item(self, item: int, play_id: int = 0) -> tuple[ScriptCommand, ...]:
        return self.run.handle(ItemPlayed(1, self.now, play_id, item), self.now)

    def kept(self) -> tuple[ScriptCommand, ...]:
        return self.run.handle(RefusalKept(), self.now)

    def played(self, play_id: int, *, completed: bool = True) -> tuple[ScriptCommand, ...]:
        if play_id == 0 and completed and self.run.notice_spoken is None:
            assert self.item(0) == ()
        return self.run.handle(PlaybackDone(1, self.now, play_id, 0, completed), self.now)

    def speech(self) -> tuple[ScriptCommand, ...]:
        return self.run.handle(SpeechStarted(1, self.now, self.now - 0.2), self.now)

    def quiet(self) -> tuple[ScriptCommand, ...]:
        return self.run.handle(SpeechEnded(1, self.now, 0.5), self.now)

    def barge_in(self, play_id: int) -> tuple[ScriptCommand, ...]:
        return self.run.handle(BargeIn(1, self.now, self.now - 0.2, play_id, 0), self.now)

    def time_out(self) -> tuple[ScriptCommand, ...]:
        deadline = self.run.next_deadline()
        assert deadline is not None
        self.now = deadline
        return self.run.handle(DeadlinePassed(), self.now)


def at_offer(policy: BargeInPolicy = STOP) -> Talk:
    talk = Talk(renewal(policy))
    assert talk.played(0) == (Play(1, (("nodes.offer", policy),)),)
    return talk


QUEUE = Extension("queue", "pbx.example")


def rings(play_id: int, *words: tuple[str, BargeInPolicy]) -> Play:
    return Play(play_id, (*words, *((RINGING, PROTECTED),) * 18))


def says(node: str, play_id: int, policy: BargeInPolicy = DUCK) -> tuple[Play]:
    return (Play(play_id, ((f"nodes.{node}", policy),)),)


GOODBYE = (RecordOptOut(), *says("goodbye", 1, PROTECTED))


def test_the_opening_is_the_disclosure_with_the_identity_protected() -> None:
    assert ScriptRun(renewal()).opening() == Play(
        0,
        (
            ("disclosure.identity", PROTECTED),
            ("disclosure.purpose", DUCK),
            ("disclosure.recording", DUCK),
            ("disclosure.opt_out", DUCK),
        ),
    )


def test_a_yes_by_key_ends_completed() -> None:
    talk = at_offer()
    assert talk.key("2") == says("done", 2)
    assert talk.played(2) == (EndCall(Reason.COMPLETED),)
    assert talk.run.path == ("offer", "done")
    assert talk.run.keys == "2"
    assert not talk.run.opted_out


def test_a_key_after_the_prompt_counts_as_well() -> None:
    talk = at_offer()
    talk.played(1)
    assert talk.key("2") == says("done", 2)


def test_a_key_that_no_intent_has_takes_otherwise() -> None:
    assert at_offer().key("9") == says("goodbye", 2)


def test_keys_and_speech_before_the_question_are_no_answer() -> None:
    talk = Talk()
    assert talk.key("2") == ()
    assert talk.speech() == ()
    assert talk.quiet() == ()
    assert talk.played(0) == says("offer", 1, STOP)
    assert talk.run.keys == "2"


# Opting out.


def test_key_1_in_the_first_frame_is_heard_and_only_goodbye_follows() -> None:
    talk = Talk()
    assert talk.key("1") == GOODBYE
    assert talk.run.opted_out
    assert talk.played(0, completed=False) == ()
    assert talk.key("2") == talk.key("1") == talk.speech() == talk.quiet() == ()
    assert talk.kept() == ()
    assert talk.played(1) == (EndCall(Reason.OPTED_OUT),)
    assert talk.run.path == ("goodbye",)


def test_the_call_lives_until_the_refusal_is_kept() -> None:
    talk = Talk()
    talk.key("1")
    assert talk.played(1) == ()
    assert talk.key("2") == talk.speech() == talk.quiet() == ()
    talk.now += 3
    assert talk.kept() == (EndCall(Reason.OPTED_OUT),)
    assert talk.kept() == ()


def test_a_store_that_never_answers_does_not_hold_the_callee() -> None:
    talk = Talk()
    talk.key("1")
    talk.now = 102.0
    talk.played(1)
    assert talk.run.next_deadline() == 102.0 + KEEP_AT_MOST
    assert talk.time_out() == (EndCall(Reason.OPTED_OUT),)
    assert talk.kept() == ()


def test_an_intent_may_be_a_refusal() -> None:
    no = replace(asking("offer", BYE), intents=(Intent("no", (), "3", Refuse()),))
    talk = Talk(script(no))
    talk.played(0)
    assert talk.key("3") == (RecordOptOut(), *says("goodbye", 2, PROTECTED))
    assert talk.run.opted_out
    talk.kept()
    assert talk.played(2) == (EndCall(Reason.OPTED_OUT),)


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


def test_key_1_while_a_node_speaks_listens_or_hears() -> None:
    for before in ([], ["played"], ["played", "speech"]):
        talk = at_offer()
        for step in before:
            talk.played(1) if step == "played" else talk.speech()
        assert talk.key("1") == (RecordOptOut(), *says("goodbye", 2, PROTECTED))


def test_key_1_in_the_last_words_still_counts() -> None:
    talk = at_offer()
    talk.key("2")
    assert talk.key("1") == (RecordOptOut(), *says("goodbye", 3, PROTECTED))
    talk.kept()
    assert talk.played(3) == (EndCall(Reason.OPTED_OUT),)


def test_key_1_while_we_hang_up_is_recorded_and_says_nothing() -> None:
    talk = at_offer()
    talk.key("2")
    talk.played(2)
    assert talk.key("1") == (RecordOptOut(),)
    assert talk.key("1") == ()


def test_a_goodbye_that_never_ends_is_hung_up_on() -> None:
    talk = Talk()
    talk.key("1")
    assert talk.run.next_deadline() == 100.0 + GOODBYE_AT_MOST
    talk.kept()
    assert talk.time_out() == (EndCall(Reason.OPTED_OUT),)


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


# Silence.


def test_silence_is_asked_again_so_many_times_then_otherwise() -> None:
    talk = at_offer()
    talk.played(1)
    assert talk.run.next_deadline() == 105.0
    assert talk.time_out() == says("offer", 2, STOP)
    talk.played(2)
    assert talk.time_out() == says("goodbye", 3)
    assert talk.played(3) == (EndCall(Reason.COMPLETED),)
    assert talk.run.path == ("offer", "offer", "goodbye")


def test_silence_without_a_branch_of_its_own_takes_otherwise() -> None:
    talk = Talk(script(asking("a", "goodbye")))
    talk.played(0)
    talk.played(1)
    assert talk.time_out() == says("goodbye", 2)


def test_a_wake_up_before_its_time_does_nothing() -> None:
    talk = at_offer()
    talk.played(1)
    assert talk.run.handle(DeadlinePassed(), 104.9) == ()


# Hanging up, handing over.


def test_last_words_are_not_cut_by_the_callees_voice() -> None:
    talk = at_offer()
    assert talk.key("2") == says("done", 2, DUCK)
    talk.speech()
    assert talk.quiet() == ()
    assert talk.key("5") == ()
    assert talk.played(2) == (EndCall(Reason.COMPLETED),)


def test_a_transfer_that_fails_goes_on_with_otherwise() -> None:
    talk = at_offer()
    assert talk.key("0") == (rings(2), Transfer(QUEUE))
    assert talk.played(1, completed=False) == ()
    assert talk.run.handle(TransferFailed(), 101.0) == says("goodbye", 3)


def test_a_node_that_hands_over_says_its_words_first() -> None:
    moment = Node("moment", Say("one moment"), otherwise=BYE, transfer=Transfer(QUEUE))
    asks = replace(asking("offer", BYE), intents=(Intent("agent", (), "0", Go("moment")),))
    talk = Talk(script(asks, moment))
    talk.played(0)
    assert talk.key("0") == (
        rings(2, ("nodes.moment", BargeInPolicy.DUCK)),
        Transfer(QUEUE),
    )
    assert talk.run.path == ("offer", "moment")
    assert talk.speech() == ()
    assert talk.quiet() == ()
    assert talk.key("0") == ()
    assert talk.run.handle(TransferFailed(), 101.0) == says("goodbye", 3)


def test_an_opt_out_while_a_transfer_is_tried() -> None:
    talk = at_offer()
    talk.key("0")
    assert talk.key("1") == (RecordOptOut(), CallOff(), *says("goodbye", 3, PROTECTED))
    assert talk.run.handle(TransferFailed(), 101.0) == ()


def test_a_transfer_of_which_nothing_comes_is_called_off() -> None:
    talk = at_offer()
    talk.key("0")
    due = talk.run.next_deadline()
    assert due == 100.0 + TRANSFER_AT_MOST
    assert talk.run.handle(DeadlinePassed(), due) == (CallOff(), *says("goodbye", 3))


def test_once_they_are_joined_only_an_opt_out_counts() -> None:
    talk = at_offer()
    talk.key("0")
    assert talk.run.handle(Joined("b"), 101.0) == ()
    assert talk.run.next_deadline() is None
    assert talk.run.handle(TransferFailed(), 102.0) == ()
    assert talk.key("5") == ()
    assert talk.key("1") == (RecordOptOut(), CallOff(), *says("goodbye", 3, PROTECTED))


# Media that fails.


def test_an_opening_cut_by_nobody_sells_nothing_and_ends() -> None:
    talk = Talk()
    talk.item(0)
    assert talk.played(0, completed=False) == ()
    assert talk.run.next_deadline() == 100.0 + GRACE
    assert talk.time_out() == (EndCall(Reason.INTERNAL_ERROR),)


@pytest.mark.parametrize("node", [None, "offer", "done"])
def test_a_prompt_whose_end_is_never_told_ends_the_call(node: str | None) -> None:
    talk = Talk() if node is None else at_offer()
    if node is None:
        talk.item(0)
    if node == "done":
        talk.key("2")
    assert talk.run.next_deadline() == 100.0 + PLAY_AT_MOST
    assert talk.time_out() == (EndCall(Reason.INTERNAL_ERROR),)


def test_nothing_is_heard_before_the_answer() -> None:
    run = ScriptRun(renewal())
    assert run.handle(DtmfReceived(1, 1.0, "1"), 1.0) == ()
    assert run.keys == ""
    assert run.handle(PlaybackStarted(1, 1.0, 0), 1.0) == ()
    assert run.next_deadline() is None


def test_a_second_answered_does_not_start_again() -> None:
    talk = at_offer()
    assert talk.run.answered(200.0) == ()
    assert talk.key("2") == says("done", 2)
