"""The dialog of a call that came in, and what its end is called."""

from __future__ import annotations

import pytest

from audio.events import BargeInPolicy, DtmfReceived, PlaybackDone, WordsHeard
from dialer.core.calls.inbound import inbound_ending
from dialer.core.dialog.callback import CallbackDialog, CallbackTurn
from dialer.core.dialog.dialog import DialogEvent
from dialer.core.dialog.script import Transfer
from dialer.core.dialog.script_commands import OpenComplaint, Play, RecordOptOut, ScriptCommand
from dialer.core.dialog.script_run import OPENING
from dialer.core.values.callback_prompts import (
    ASK,
    CHOICE,
    GOODBYE,
    IDENTITY,
    KEPT,
    NO_CALL,
    REASON,
)
from dialer.core.values.callback_prompts import PERSON as PERSON_PROMPT
from dialer.core.values.events import DeadlinePassed, Joined, RefusalKept, TransferFailed
from dialer.core.values.inbound_records import InboundEnding
from dialer.core.values.outcome import Outcome, Reason
from dialer.core.values.targets import Extension

PERSON = Extension("8000", "pbx")


def answered() -> CallbackDialog:
    """The dialog of somebody whom we have called, who hears the opening from time 0."""
    dialog = CallbackDialog(PERSON, listen=6.0)
    dialog.known = True
    dialog.answered(0.0)
    return dialog


def press(dialog: CallbackDialog, digit: str) -> tuple[ScriptCommand, ...]:
    return dialog.handle(DtmfReceived(1, 0.0, digit), 1.0)


def test_who_we_are_is_protected_from_the_callers_voice_and_the_rest_is_ducked() -> None:
    first, *rest = answered().opening().items
    assert first == (IDENTITY, BargeInPolicy.PROTECTED)
    assert {policy for _, policy in rest} == {BargeInPolicy.DUCK}


def test_a_person_is_fetched_once_and_not_while_the_last_words_are_said() -> None:
    dialog = answered()
    assert press(dialog, "0")[-1] == Transfer(PERSON)
    assert press(dialog, "0") == ()
    dialog.handle(TransferFailed(), 2.0)
    assert dialog.turn is CallbackTurn.PARTING
    assert press(dialog, "0") == ()


def test_only_the_end_of_what_is_being_played_counts() -> None:
    dialog = answered()
    press(dialog, "1")
    (kept,) = dialog.handle(RefusalKept(), 2.0)
    assert isinstance(kept, Play)
    assert kept.items[0][0] == KEPT
    assert dialog.handle(PlaybackDone(1, 2.1, kept.play_id - 1, 0, completed=True), 2.1) == ()
    assert dialog.turn is CallbackTurn.PARTING


def test_what_is_kept_stays_kept_and_is_not_asked_for_again() -> None:
    dialog = answered()
    assert press(dialog, "1") == (RecordOptOut(decides=False),)
    dialog.handle(RefusalKept(), 2.0)
    assert press(dialog, "1") == ()
    dialog.handle(RefusalKept(kept=False), 3.0)
    assert dialog.kept


@pytest.mark.parametrize(
    "outcome", [Outcome.of(Reason.HUNG_UP), Outcome.of(Reason.PEER_LOST, q850=41)]
)
def test_who_hangs_up_before_our_answer_gave_up(outcome: Outcome) -> None:
    unanswered = CallbackDialog(None, listen=6.0)
    ending = inbound_ending(outcome, unanswered, turned_away=False, answered=False)
    assert ending is InboundEnding.GAVE_UP


def done(play_id: int) -> PlaybackDone:
    return PlaybackDone(1, 1.0, play_id, 0, completed=True)


@pytest.mark.parametrize(
    "turn,events,seconds",
    [
        (CallbackTurn.SPEAKING, (), 119.0),
        (CallbackTurn.WAITING, (done(OPENING),), 6.0),
        (CallbackTurn.SUPPRESSING, (DtmfReceived(1, 0.0, "1"),), 10.0),
        (CallbackTurn.PARTING, (DtmfReceived(1, 0.0, "1"), RefusalKept()), 15.0),
        (CallbackTurn.CONNECTING, (DtmfReceived(1, 0.0, "0"),), 90.0),
        (CallbackTurn.PARTING, (DtmfReceived(1, 0.0, "0"), TransferFailed()), 15.0),
        (CallbackTurn.JOINED, (DtmfReceived(1, 0.0, "0"), Joined("b")), None),
    ],
)
def test_how_long_each_turn_may_last(
    turn: CallbackTurn, events: tuple[DialogEvent, ...], seconds: float | None
) -> None:
    dialog = answered()
    for event in events:
        dialog.handle(event, 1.0)
    assert dialog.turn is turn
    assert dialog.next_deadline() == (None if seconds is None else 1.0 + seconds)
    if seconds is not None:
        assert dialog.handle(DeadlinePassed(), seconds + 0.999) == ()
        assert dialog.handle(DeadlinePassed(), seconds + 1.0) != ()


def test_the_digits_are_said_twice_and_then_it_is_goodbye() -> None:
    dialog, now, said = answered(), 1.0, []
    play_id = OPENING
    for _ in range(3):
        dialog.handle(PlaybackDone(1, now, play_id, 0, completed=True), now)
        now += 6.0
        for command in dialog.handle(DeadlinePassed(), now):
            if isinstance(command, Play):
                play_id = command.play_id
                said.append([key for key, _ in command.items])
    assert said == [[CHOICE, PERSON_PROMPT], [GOODBYE]]


def unproven(*, known: bool, has_number: bool = True) -> CallbackDialog:
    """The dialog of somebody whose number nobody has verified."""
    dialog = CallbackDialog(PERSON, listen=6.0)
    dialog.known, dialog.attested, dialog.has_number = known, False, has_number
    return dialog


def said(*commands: ScriptCommand) -> list[str]:
    return [key for each in commands if isinstance(each, Play) for key, _ in each.items]


def test_a_forged_number_is_told_nothing_before_a_key() -> None:
    """The same is heard, and the same keys work, whether we have called the number or not."""
    heard = []
    for known in (True, False):
        dialog = unproven(known=known)
        opening = said(dialog.opening())
        dialog.answered(0.0)
        assert press(dialog, "0") == ()
        ended = dialog.handle(PlaybackDone(1, 2.0, OPENING, 0, completed=True), 2.0)
        again = dialog.handle(DeadlinePassed(), 8.0)
        heard.append((opening, ended, said(*again)))
    assert heard[0] == heard[1] == ([IDENTITY, CHOICE, ASK], (), [CHOICE, ASK])


def test_key_2_tells_and_then_all_is_as_for_who_is_verified() -> None:
    dialog = unproven(known=True)
    dialog.answered(0.0)
    assert said(*press(dialog, "2")) == [REASON, CHOICE, PERSON_PROMPT]
    assert press(dialog, "2") == ()
    assert press(dialog, "0")[-1] == Transfer(PERSON)
    stranger = unproven(known=False)
    stranger.answered(0.0)
    assert said(*press(stranger, "2")) == [NO_CALL, CHOICE]
    assert press(stranger, "0") == ()


@pytest.mark.parametrize("known", [True, False])
def test_key_1_counts_for_a_number_that_nobody_has_verified(known: bool) -> None:
    dialog = unproven(known=known)
    dialog.answered(0.0)
    assert press(dialog, "1") == (RecordOptOut(decides=False),)


@pytest.mark.parametrize("known", [True, False])
def test_without_a_number_there_is_nothing_to_tell_and_no_key(known: bool) -> None:
    dialog = unproven(known=known, has_number=False)
    assert said(dialog.opening()) == [IDENTITY]
    dialog.answered(0.0)
    assert press(dialog, "1") == press(dialog, "2") == ()
    assert dialog.keys == ""


def say(dialog: CallbackDialog, words: str) -> tuple[ScriptCommand, ...]:
    return dialog.handle(WordsHeard(1, 1.0, 0.5, words, final=True), 1.0)


def test_a_complaint_is_told_once_and_suppresses() -> None:
    dialog = answered()
    refused = (OpenComplaint(), RecordOptOut(decides=False))
    assert say(dialog, "I will report you") == refused
    assert say(dialog, "I will report you") == ()


@pytest.mark.parametrize("words", ["Never call me again!", "别再给我打电话"])
def test_never_again_in_words_is_as_key_1(words: str) -> None:
    dialog = answered()
    assert say(dialog, words) == (RecordOptOut(decides=False),)
    assert say(dialog, words) == ()
    assert dialog.keys == ""


def test_words_ask_for_a_person_and_for_who_we_are() -> None:
    assert say(answered(), "a person, please")[-1] == Transfer(PERSON)
    (again,) = say(answered(), "are you a robot?")
    assert isinstance(again, Play)
    assert [key for key, _policy in again.items] == [IDENTITY, REASON, CHOICE, PERSON_PROMPT]


def test_who_is_not_attested_asks_why_in_words_once_and_then_hears_who_we_are() -> None:
    dialog = CallbackDialog(PERSON, listen=6.0)
    dialog.known, dialog.attested = True, False
    dialog.answered(0.0)
    (why,) = say(dialog, "why did you call me?")
    assert isinstance(why, Play)
    assert why.items[0][0] == REASON
    (who,) = say(dialog, "who are you?")
    assert isinstance(who, Play)
    assert who.items[0][0] == IDENTITY


@pytest.mark.parametrize("words", ["no", "bye", "hello", "", "wrong number, sorry", "yes"])
def test_a_mere_no_suppresses_nobody_who_has_called_us(words: str) -> None:
    dialog = answered()
    assert say(dialog, words) == ()
    assert dialog.turn is CallbackTurn.SPEAKING


def test_partial_words_and_words_of_whom_we_never_called_mean_nothing() -> None:
    dialog = answered()
    assert dialog.handle(WordsHeard(1, 1.0, 0.5, "never call me", final=False), 1.0) == ()
    stranger = CallbackDialog(PERSON, listen=6.0)
    stranger.answered(0.0)
    assert say(stranger, "never call me again") == ()
