from __future__ import annotations

from dataclasses import replace

import pytest

from audio.events import (
    BargeInPolicy,
    DtmfReceived,
    PlaybackStarted,
)
from dialer.core.dialog.script import GOODBYE as BYE
from dialer.core.dialog.script import Go, Intent, Node, Refuse, Say, Transfer
from dialer.core.dialog.script_commands import CallOff, EndCall, Play, RecordOptOut
from dialer.core.dialog.script_run import (
    GOODBYE_AT_MOST,
    GRACE,
    KEEP_AT_MOST,
    PLAY_AT_MOST,
    TRANSFER_AT_MOST,
    ScriptRun,
)
from dialer.core.values.events import DeadlinePassed, Joined, TransferFailed
from dialer.core.values.outcome import Reason
from tests.support.scripts import asking, renewal, script
from tests.support.talk import DUCK, GOODBYE, PROTECTED, QUEUE, STOP, Talk, at_offer, rings, says


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
